// The controls of the history: user, add, swap, move, remove, families of relations, C and k, undo. Each asks for an edit.

const FAMILIES = ["homogeneous", "heterogeneous"];
const SEARCH_PAUSE = 120; // milliseconds after a letter until a search begins
const DRAG_FROM = 5; // pixels that make a drag of a press
const HOLD = 350; // milliseconds after which a finger that rests on an item drags it; one that moves before swipes

function historyPanel(desk) {
  const { picture } = desk;
  const on = {}; // the controls by name
  const builder = html(null, "div", { class: "builder", role: "group", "aria-label": "Edit the history" });
  if (desk.ask) picture.bar.after(builder);
  const now = () => picture.record;
  const move = (position, to) => {
    picture.held = { step: to - 1 }; // the focus goes with the item
    desk.ask({ do: "move", position, to });
  };
  const removeAt = (position) => {
    picture.held = { step: position - 1 };
    desk.ask({ do: "remove", position });
  };
  const learnCodes = () => {
    desk.ask({ do: "codes", codes: Number(on.codes.value), codes_per_item: Number(on.codes_per_item.value) });
  };

  on.model = labelled(picture, builder, "model", "select", {}, ({ value }) => desk.ask({ do: "model", model: Number(value) }));
  on.model.parentElement.classList.add("models");
  on.user = labelled(picture, builder, "user", "input", { size: 7 }, ({ value }) => desk.ask({ do: "user", user: value.trim() }));
  const chosen = html(builder, "span", { class: "group", role: "group", "aria-label": "The chosen item" });
  on.spot = html(chosen, "span", { class: "quiet" });
  const spot = () => desk.spot();
  on.earlier = pressButton(chosen, "←", "Move the chosen item earlier (Alt and left arrow)", () => desk.ask({ do: "move", position: spot(), to: spot() - 1 }));
  on.later = pressButton(chosen, "→", "Move the chosen item later (Alt and right arrow)", () => desk.ask({ do: "move", position: spot(), to: spot() + 1 }));
  on.remove = pressButton(chosen, "×", "Remove the chosen item (Delete)", () => desk.ask({ do: "remove", position: spot() }));
  const search = makeSearch(desk, builder);
  for (const name of FAMILIES) {
    const sendFamilies = () => desk.ask({ do: "families", families: FAMILIES.filter((one) => on[one].checked) });
    on[name] = labelled(picture, builder, name, "input", { type: "checkbox" }, sendFamilies);
  }
  on.codes = labelled(picture, builder, "C", "input", { type: "number", min: 1 }, learnCodes, "codebook");
  on.codes_per_item = labelled(picture, builder, "k", "input", { type: "number", min: 1 }, learnCodes, "code");
  on.undo = pressButton(builder, "undo", "undo (Ctrl and Z)", () => desk.ask({ do: "undo" }));
  on.redo = pressButton(builder, "redo", "redo (Ctrl and Y)", () => desk.ask({ do: "redo" }));
  pressButton(builder, "save page", "save page: one HTML file that opens offline", () => desk.ask({ do: "page" }));
  on.note = html(builder, "span", { class: "note", role: "status" });

  // Ctrl+Z and Ctrl+Y anywhere in the explorer, but in a field of text, which has its own.
  const keydown = (event) => {
    if (!desk.ask || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (event.target.matches("input:not([type='checkbox']):not([type='radio'])")) return;
    const key = event.key.toLowerCase();
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (key !== "z" && !isRedo) return;
    const button = isRedo ? on.redo : on.undo;
    if (!button.disabled) desk.ask({ do: isRedo ? "redo" : "undo" });
    event.preventDefault();
    event.stopPropagation();
  };
  picture.root.addEventListener("keydown", keydown);

  function paint() {
    const { draft = {}, user, history } = now();
    const here = spot();
    const models = draft.models ?? [];
    on.model.parentElement.hidden = models.length < 2;
    setOptions(on.model, models.map((name, i) => [i, clean(name, 30)]));
    setValue(on.model, draft.model ?? 0);
    if (document.activeElement !== on.user) setValue(on.user, clean(user?.id, 30));
    setText(on.spot, `position ${here}`);
    put(on.earlier, { disabled: here <= 1 });
    put(on.later, { disabled: here >= history.length });
    put(on.remove, { disabled: history.length <= 1 });
    for (const name of FAMILIES) on[name].checked = draft.families?.includes(name) ?? true;
    for (const key of ["codes", "codes_per_item"]) setValue(put(on[key], { disabled: !draft[key] }), draft[key] ?? "");
    put(on.undo, { disabled: !draft.undo });
    put(on.redo, { disabled: !draft.redo });
    const { error } = desk.message;
    const isOurs = error && desk.asked !== "what_if"; // an error of a comparison stands beside its button
    const effect = desk.effect();
    const says = clean(isOurs ? error : draft.note || effect, 300);
    put(on.note, { class: isOurs ? "note error" : "note" });
    setText(on.note, says);
    put(builder, { "data-says": says !== "" }); // a style sheet could ask for it, which the browser would do after each text
  }
  const step = (group, i) => desk.ask && makeDraggable(desk, group, i, move, removeAt);
  return { paint, step, found: search.found, destroy: search.destroy };
}

// A control with its name before it; `word` is its term in the glossary.
function labelled(picture, parent, name, tag, attributes, act = () => {}, word = name) {
  const label = html(parent, "label", { class: "field" });
  term(picture, label, word, name);
  say(label, " ");
  return html(label, tag, { ...attributes, on: { change: ({ target }) => act(target) } });
}

function pressButton(parent, text, label, act, more = {}) {
  return html(parent, "button", { type: "button", "aria-label": label, title: label, on: { click: act }, ...more }, text);
}

// Fill a select, where its choices are new ones; what was chosen stays chosen.
function setOptions(select, choices) {
  if (isUnchanged(select, [JSON.stringify(choices)])) return;
  const before = select.value;
  const options = choices.map(([value, text = value]) => html(null, "option", { value, selected: value === before }, text));
  select.replaceChildren(...options);
}

// ---- search in titles, ids and texts -----------------------------------------------------------------------------------

function makeSearch(desk, builder) {
  const { picture } = desk;
  let pause = null;
  const box = html(builder, "span", { class: "find" });
  const ask = () => {
    clearTimeout(pause);
    pause = setTimeout(() => desk.ask({ do: "find", words: field.value }), SEARCH_PAUSE);
  };
  const says = "Search the catalogue: titles, ids and texts";
  const look = { type: "search", placeholder: "search to add or swap", autocomplete: "off", "aria-label": says };
  const field = html(box, "input", { ...look, on: { input: ask, click: ask } });
  const hits = html(box, "div", { class: "found", hidden: true });
  const close = () => {
    clearTimeout(pause);
    if (!hits.hidden) hits.hidden = true;
  };
  const keydown = ({ key }) => key === "Escape" && close();
  const focusout = ({ relatedTarget }) => !box.contains(relatedTarget) && close();
  put(box, { on: { keydown, focusout } });
  const outside = ({ target }) => !box.contains(target) && close();
  picture.root.addEventListener("pointerdown", outside);

  function found(items) {
    hits.hidden = false;
    patch(hits, () => {
      if (!items.length) html(hits, "p", { class: "quiet" }, "No item has these words.");
      for (const item of items) addHit(item);
    });
  }
  function addHit(item) {
    const row = html(hits, "div", { class: "hit" });
    const name = clean(item.title, 40);
    const after = picture.state.position ?? picture.record.history.length;
    const edit = (request) => {
      close();
      field.focus({ preventScroll: true });
      desk.ask(request);
    };
    thumb(row, item);
    html(row, "span", {}, name);
    pressButton(row, "add", `add ${name} after position ${after}`, () => edit({ do: "add", item: item.item, position: after + 1 }));
    pressButton(row, "swap", `swap ${name} in at position ${desk.spot()}`, () => edit({ do: "replace", position: desk.spot(), item: item.item }));
  }
  return { found, destroy: () => clearTimeout(pause) };
}

// ---- an item of the strip: a mouse drags it, Delete removes it, Alt and arrows move it ------------------------------------
// A finger swipes the strip; one that rests on an item first drags it.

function makeDraggable(desk, group, i, move, removeAt) {
  const { picture } = desk;
  let from = null;
  let far = 0;
  let marker = null;
  let hold = null; // the timer of a finger that rests, and where it went down
  const goal = () => {
    const columns = Math.round(far / (picture.place.column * picture.zoom));
    return between(1, i + 1 + columns, picture.record.history.length);
  };
  const grasp = (event) => {
    if (event.pointerType === "touch" && hold === null) {
      const { pointerId, clientX } = event;
      hold = { timer: setTimeout(() => lift(pointerId, clientX), HOLD), clientX };
    } else if (event.pointerType !== "touch") {
      lift(event.pointerId, event.clientX);
    }
  };
  const lift = (pointerId, clientX) => {
    from = clientX;
    group.setPointerCapture(pointerId);
    if (hold) group.classList.add("dragged");
  };
  const release = () => {
    clearTimeout(hold?.timer);
    hold = null;
  };
  const keepStill = (event) => from !== null && event.preventDefault(); // the strip, while an item is dragged
  const drag = ({ clientX }) => {
    if (hold && from === null && Math.abs(clientX - hold.clientX) > DRAG_FROM) release();
    if (from === null) return;
    far = clientX - from;
    if (Math.abs(far) <= DRAG_FROM) return;
    put(group, { style: { translate: `${far / picture.zoom}px 0` } });
    group.classList.add("dragged");
    marker ??= svg(picture.drawn.strip, "path", { class: "landing" });
    const { place } = picture;
    const to = goal();
    const edge = to > i + 1 ? 0.5 : -0.5; // after the item that makes room, or before it
    const x = to === i + 1 ? place.at(to) : place.at(to + edge);
    put(marker, { d: `M${x} ${18 * place.unit}v${place.box + 8 * place.unit}`, "data-to": to });
  };
  const drop = () => {
    release();
    if (from === null) return;
    const to = goal();
    put(group, { style: { translate: "" } });
    group.classList.remove("dragged");
    marker?.remove();
    [from, far, marker] = [null, 0, null];
    if (to !== i + 1) move(i + 1, to);
  };
  const keydown = ({ altKey, key }) => {
    const { length } = picture.record.history;
    if (altKey && key === "ArrowLeft" && i > 0) move(i + 1, i);
    if (altKey && key === "ArrowRight" && i + 1 < length) move(i + 1, i + 2);
    if (key === "Delete") removeAt(i + 1);
  };
  put(group, { on: { touchmove: keepStill, contextmenu: (event) => hold && event.preventDefault(), pointerdown: grasp, pointermove: drag, pointerup: drop, pointercancel: drop, keydown } });
}
