// The explorer around the picture: edit the history, read the gate, walk the stages, ask "what if", see the answer. Follows msgraph.js in
// one module. `ask(request)` reaches Python, which answers with another record or through `receive`; in a saved page nobody is asked.

const CHANGES = { // of the bench: what it is called, and which fields it needs
  shuffle: ["shuffle the order", "rate"], mismatch: ["mismatch: items trade codes", "modality", "rate"], noise: ["noise: codes of other items", "modality", "rate"],
  swap: ["swap codes of the chosen item with", "modality", "other"], drop: ["drop codes", "modality", "of"], remove: ["remove the chosen item"],
  node: ["remove the chosen node"], edge: ["remove the chosen edge"], relation: ["remove a relation", "relation"], gate: ["force the gate", "to", "of"] };
const PACES = { slow: 3200, normal: 1600, fast: 700 }, FAMILIES = ["homogeneous", "heterogeneous"];

const explorer = ({ ask = null, message = {} }) => (kit) => {
  let timer = null, pause = 0, pace = "normal", shown = "clean", own = kit.record, flowed = null, answered = null;
  const { root, bar, body, panel, choose, lookOf, nameOf, grid } = kit, on = {}; // on: the controls by name
  const section = (name, label) => html(body, "section", { class: name, "aria-label": label, tabindex: 0 });
  const press = (parent, text, label, act, more = {}) => html(parent, "button", { type: "button", "aria-label": label, title: label, on: { click: act }, ...more }, text);
  const field = (parent, key, tag, attributes, act = () => {}, name = key) => (on[key] =
    html(html(parent, "label", { class: "field" }, `${name} `), tag, { ...attributes, on: { change: ({ target }) => act(target) } }));
  const options = (select, list) => {
    const old = select.value;
    select.replaceChildren(...list.map(([value, text = value]) => html(null, "option", { value, selected: value === old }, text)));
  };
  const focus = () => kit.state.node ?? kit.record.history.at(-1).node; // the node that the panels speak of
  const spot = () => kit.state.position ?? kit.record.nodes[focus()].positions.at(-1); // and its position
  const signed = (value, digits) => `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;

  // -- history: the controls that ask for an edit
  root.classList.add("explorer");
  const builder = html(null, "div", { class: "builder", role: "group", "aria-label": "Edit the history" });
  if (ask) bar.after(builder);
  const move = (position, to) => ask({ do: "move", position, to });
  const learn = () => ask({ do: "codes", codes: +on.codes.value, codes_per_item: +on.codes_per_item.value });
  field(builder, "user", "input", { size: 7 }, ({ value }) => ask({ do: "user", user: value.trim() }));
  const chosen = html(builder, "span", { class: "group", role: "group", "aria-label": "The chosen item" });
  on.spot = html(chosen, "span", { class: "quiet" });
  on.earlier = press(chosen, "←", "Move the chosen item earlier (Alt and left arrow)", () => move(spot(), spot() - 1));
  on.later = press(chosen, "→", "Move the chosen item later (Alt and right arrow)", () => move(spot(), spot() + 1));
  on.remove = press(chosen, "×", "Remove the chosen item (Delete)", () => ask({ do: "remove", position: spot() }));
  const search = () => { clearTimeout(pause); pause = setTimeout(() => ask({ do: "find", words: on.find.value }), 120); };
  const find = html(builder, "span", { class: "find" }), wanted = { type: "search", placeholder: "search to add or swap", autocomplete: "off" };
  on.find = html(find, "input", { ...wanted, "aria-label": "Search the catalogue", on: { input: search, focus: search } });
  const hits = html(find, "div", { class: "found", hidden: true });
  const close = ({ key, relatedTarget }) => { if (key ? key === "Escape" : !find.contains(relatedTarget)) hits.hidden = true; };
  put(find, { on: { keydown: close, focusout: close } });
  for (const name of FAMILIES) field(builder, name, "input", { type: "checkbox" }, () => ask({ do: "families", families: FAMILIES.filter((one) => on[one].checked) }));
  field(builder, "codes", "input", { type: "number", min: 1 }, learn, "C");
  field(builder, "codes_per_item", "input", { type: "number", min: 1 }, learn, "k");
  for (const name of ["undo", "redo"]) on[name] = press(builder, name, name, () => ask({ do: name }));
  press(builder, "save page", "save page: one HTML file that opens offline", () => ask({ do: "page" }));
  on.note = html(builder, "span", { class: "note", role: "status" });
  function found(items) {
    hits.replaceChildren();
    hits.hidden = false;
    if (!items.length) html(hits, "p", { class: "quiet" }, "No item has these words.");
    for (const item of items) {
      const row = html(hits, "div", { class: "hit" }), name = clean(item.title, 40), after = kit.state.position ?? kit.record.history.length;
      kit.thumb(row, item);
      html(row, "span", {}, name);
      press(row, "add", `add ${name} after position ${after}`, () => ask({ do: "add", item: item.item, position: after + 1 }));
      press(row, "swap", `swap ${name} in at position ${spot()}`, () => ask({ do: "replace", position: spot(), item: item.item }));
    }
  }
  function step(group, i) { // an item of the strip: drag it, Delete removes it, Alt and arrows move it
    let from = null, far = 0;
    const drop = () => {
      const to = between(1, i + 1 + Math.round(far / kit.place.column), kit.record.history.length);
      [from, far] = [put(group, { transform: null }) && null, 0];
      if (to !== i + 1) move(i + 1, to);
    };
    if (ask) put(group, { on: { pointerup: drop, pointercancel: drop,
      pointerdown: ({ clientX, pointerId }) => { from = clientX; group.setPointerCapture(pointerId); },
      pointermove: ({ clientX }) => { if (from !== null && Math.abs(far = clientX - from) > 5) put(group, { transform: `translate(${far} 0)` }); },
      keydown: ({ altKey, key }) => {
        if (altKey && /^Arrow(Left|Right)$/.test(key)) move(i + 1, key === "ArrowLeft" ? i : i + 2);
        if (key === "Delete") ask({ do: "remove", position: i + 1 });
      } } });
  }
  function paintBuilder() {
    const { draft = {}, user, history } = kit.record, here = spot();
    if (document.activeElement !== on.user) on.user.value = clean(user?.id, 30);
    on.spot.textContent = `position ${here}`;
    [on.earlier.disabled, on.later.disabled, on.remove.disabled] = [here <= 1, here >= history.length, history.length <= 1];
    for (const name of FAMILIES) on[name].checked = draft.families?.includes(name) ?? true;
    for (const key of ["codes", "codes_per_item"]) put(on[key], { disabled: !draft[key] }).value = draft[key] ?? "";
    [on.undo.disabled, on.redo.disabled] = [!draft.undo, !draft.redo];
    put(on.note, { class: message.error ? "note error" : "note" }).textContent = clean(message.error ?? draft.note, 300);
  }

  // -- gate lens: beta of every node in every layer, then the numbers of one node
  function mix(late) {
    const [from, to] = kit.style.beta.slice(late < 0.5 ? 0 : 1);
    return `color-mix(in srgb, ${to} ${(200 * late - (late < 0.5 ? 0 : 100)).toFixed(1)}%, ${from})`;
  }
  function lens() {
    const { record: { layers, node_types: types, history }, state, place: { unit, lanes } } = kit, gated = layers.some(({ beta }) => beta);
    const label = 66 * unit, tall = 13 * unit, wide = kit.wide - 36 * unit, central = { "dominant-baseline": "central" };
    html(panel, "h3", {}, "Gate lens");
    const scale = html(panel, "div", { class: "scale" }, gated ? "β early (heho)" : "This model has no update gate.");
    if (gated) html(scale, "i", { style: { background: `linear-gradient(90deg, ${[0, 0.5, 1].map(mix).join(", ")})` } }).after("late (hohe)");
    for (const { type, members } of gated ? lanes : []) {
      const cell = Math.min(26 * unit, (wide - label) / members.length), high = layers.length * (tall + 2), name = clean(types[type], 9);
      const map = svg(panel, "svg", { class: "heat", width: wide, height: high + 6, role: "img", "aria-label": `Gates of type ${name}; the table has the numbers` });
      svg(map, "text", { x: 0, y: high / 2, ...central }, name);
      layers.forEach(({ beta }, layer) => {
        const y = layer * (tall + 2);
        svg(map, "text", { class: layer === state.layer ? "now" : "quiet", x: label - 12 * unit, y: y + tall / 2, ...central }, layer + 1);
        members.forEach((n, i) => {
          if (!beta?.[n]) return;
          const asked = layer < layers.length - 1 || n === history.at(-1).node, [late, early] = beta[n]; // last pooling, section 4.4
          const says = [nameOf(n), `layer ${layer + 1}: hohe ${three(late)}, heho ${three(early)}${asked ? "" : "; no score depends on this gate"}`];
          const on = { click: () => choose({ node: n, layer }), pointerenter: (event) => kit.show(event, says), pointerleave: kit.hide };
          svg(map, "rect", { class: n === focus() ? "cell chosen" : "cell", "data-cell": `${n}/${layer}`, "data-value": late, style: { fill: mix(late) }, on,
            x: label + i * cell, y: asked ? y : y + 0.35 * tall, width: Math.max(cell - 1.5, 1), height: asked ? tall : 0.3 * tall, rx: 2 });
        });
      });
    }
    kit.fillNode(focus());
  }

  // -- step through: each stage is one of the package's probes
  const rail = section("rail", "Step through the model"), list = () => kit.record.stages ?? [];
  const go = (by) => choose({ stage: between(0, by === 0 ? 0 : (kit.state.stage ?? -1) + by, list().length - 1) });
  function play(start) {
    clearInterval(timer);
    timer = start ? setInterval(() => (kit.state.stage === list().length - 1 ? play(false) : go(1)), PACES[pace]) : null;
    start ? go(kit.state.stage === list().length - 1 ? 0 : 1) : paintRail();
  }
  function paintRail() {
    const stages = list(), now = stages[kit.state.stage], held = rail.contains(document.activeElement) ? document.activeElement.dataset.rail : null;
    rail.replaceChildren();
    const keys = html(rail, "div", { class: "keys", role: "group", "aria-label": "Play" }), [sign, does] = timer ? ["❚❚", "Pause"] : ["▶", "Play the stages"];
    [["|◀", "First stage", () => go(0)], ["◀", "Stage before", () => go(-1)], [sign, does, () => play(!timer)], ["▶|", "Next stage", () => go(1)]]
      .forEach(([text, label, act], i) => press(keys, text, label, act, { "data-rail": `key ${i}` }));
    const slow = html(keys, "select", { "aria-label": "Pace", "data-rail": "pace", on: { change: () => { pace = slow.value; if (timer) play(true); } } });
    options(slow, Object.keys(PACES).map((name) => [name]));
    slow.value = pace;
    const row = html(rail, "ol", { class: "stages" });
    stages.forEach(({ stage, layer, path, phase }, i) => {
      const first = layer !== undefined && stages[i - 1]?.layer !== layer, place = html(row, "li", first ? { class: "first" } : {});
      if (first) html(place, "small", {}, `layer ${layer + 1}`);
      const name = path ? `${path} ${phase + 1}` : stage, whole = [name, path && stage, layer !== undefined && `layer ${layer + 1}`].filter(Boolean).join(", ");
      press(place, name, whole, () => choose({ stage: i }), { "aria-current": i === kit.state.stage ? "step" : null, "data-rail": i, "data-path": path });
    });
    put(root, { "data-stage": now?.stage });
    if (now?.path && now !== flowed) flow();
    flowed = now;
    const line = html(rail, "div", { class: "now", "aria-live": "polite" });
    if (now?.row) vector(line, now.row);
    html(line, "span", {}, now ? kit.style.stages[now.stage] + (now.phase ? " The logits read phase 1." : "") : kit.style.stages.none);
    if (now) html(line, "code", {}, `${now.probe ?? ""} (${now.shape.join(", ")})`);
    rail.querySelector(`[data-rail="${held}"]`)?.focus();
  }
  function flow() { // what the shown node hears runs along its edges, once
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const { path, source, centre, value } of kit.edges) {
      if (centre !== focus() || source === centre || !value) continue;
      const style = { offsetPath: `path("${path.getAttribute("d")}")`, fill: path.style.stroke };
      const dot = svg(path.parentNode, "circle", { class: "token", r: 2 + 6 * Math.sqrt(value), style });
      dot.animate({ offsetDistance: ["0%", "100%"] }, { duration: PACES[pace] * 0.7, easing: "ease-in-out" }).onfinish = () => dot.remove();
    }
  }
  function vector(parent, row) { // the state of the last item's node, a bar a value
    const most = Math.max(...row.map(Math.abs)) || 1, wide = Math.max(1.2, 160 / row.length), says = `the last item's state: ${row.length} values up to ${three(most)}`;
    const box = svg(parent, "svg", { class: "vector", width: wide * row.length, height: 30, role: "img", "aria-label": says });
    row.map((value) => (14 * value) / most).forEach((value, i) => svg(box, "rect", { class: value < 0 ? "minus" : "plus", x: i * wide, width: wide * 0.8,
      y: 15 - Math.max(0, value), height: Math.max(0.4, Math.abs(value)) }));
  }

  // -- answer: the split of each score by the paths of the last layer; paths of earlier layers lie within its parts
  const answer = section("answers", "Answer");
  function paintAnswer() {
    const { answer: { parts, top }, target } = kit.record, rows = target && !top.some(({ item }) => item === target.item) ? [...top, target] : top;
    const splits = rows.map((item) => item.parts ?? [item.score]), sum = (values, sign) => values.reduce((all, value) => all + Math.max(0, sign * value), 0);
    const [up, down] = [1, -1].map((sign) => Math.max(1e-9, ...splits.map((values) => sum(values, sign)))), share = (value) => `${(100 * value) / (up + down)}%`;
    answer.replaceChildren();
    const says = [target ? `the next item, ${clean(target.title, 30)}, has rank ${rank(target.rank)}` : "", rows[0]?.parts ? "the split is of the last layer alone" : ""];
    html(html(answer, "h3", {}, "Answer"), "small", {}, says.filter(Boolean).join("; "));
    const row = grid(answer, ["item", "split", "score", ...(rows[0]?.parts ? parts : [])]);
    answer.querySelectorAll("th:nth-child(n+4)").forEach((head, i) => put(head, { class: "part", style: { borderColor: lookOf(parts[i], i).colour } }));
    rows.forEach((item, r) => {
      const hit = item.item === target?.item, values = [null, item.score, ...(item.parts ?? [])], name = `${r < top.length ? r + 1 : rank(target.rank)}. ${clean(item.title)}`;
      const first = row(name + (hit ? " ✓" : ""), values.map((value) => value?.toFixed(2) ?? ""), hit ? "hit" : null, (c) => ({ "data-value": values[c] }));
      const bars = html(first.nextSibling, "div", { class: "signed", "aria-hidden": true }), ends = [down, down];
      kit.thumb(first, item);
      first.prepend(first.lastChild);
      splits[r].forEach((value, p) => {
        const left = value < 0 ? (ends[0] += value) : (ends[1] += value) - value;
        html(bars, "i", { style: { left: share(left), width: share(Math.abs(value)), background: lookOf(parts[p] ?? "score", p).colour } });
      });
      html(bars, "b", { style: { left: share(down) } });
    });
  }

  // -- what if: the clean run pinned, the changed run beside it, the change against a band of random ones
  const bench = section("bench", "What if");
  html(bench, "h3", {}, "What if");
  const form = html(bench, "div", { class: "form", hidden: !ask }), result = html(bench, "div", { class: "result", "aria-live": "polite" });
  options(field(form, "kind", "select", {}, paintBench, "change"), Object.entries(CHANGES).map(([name, [text]]) => [name, text]));
  for (const [key, name] of Object.entries({ modality: "in", relation: "named", to: "to", of: "of" })) field(form, key, "select", {}, undefined, name);
  field(form, "rate", "input", { type: "number", min: 0.1, max: 1, step: 0.1, value: 1 });
  field(form, "other", "input", { type: "number", min: 1, value: 1 }, undefined, "position");
  field(form, "repeats", "input", { type: "number", min: 1, max: 200, value: 20 });
  on.run = press(form, "compare", "compare the changed history with the clean one", run, { class: "main" });
  options(on.to, [["hohe"], ["heho"], ["half"]]);
  function paintBench() {
    const { node_types: types, relations } = kit.record, kind = on.kind.value, named = (names) => names.map((name) => [name, clean(name, 20)]);
    options(on.modality, [["", "every modality"], ...named(types.slice(1))]);
    options(on.relation, named([...relations, ...FAMILIES]));
    options(on.of, kind === "gate" ? [["", "all nodes"], ...named(types), ["!", "the chosen node"]] : [["", "every item"], ["!", "the chosen item"]]);
    for (const key of ["modality", "rate", "other", "relation", "to", "of"]) on[key].parentElement.hidden = !CHANGES[kind].includes(key, 1);
    on.run.disabled = kind === "edge" && kit.state.edge === null;
  }
  function run() {
    const { record: { nodes, edges, node_types: types }, state } = kit, kind = on.kind.value, of = on.of.value, name = (n) => [types[nodes[n].type], nodes[n].id];
    const [type, id] = name(focus()), values = { modality: on.modality.value || null, rate: +on.rate.value, other: +on.other.value, relation: on.relation.value, to: on.to.value };
    const change = { do: kind, ...Object.fromEntries(CHANGES[kind].slice(1).filter((key) => key in values).map((key) => [key, values[key]])) };
    if (kind === "gate") Object.assign(change, of === "!" ? { type, id } : { type: of || null });
    if (kind === "node") Object.assign(change, { type, id });
    if (["swap", "remove"].includes(kind) || (kind === "drop" && of)) change.position = spot();
    if (kind === "edge") [change.neighbour, change.centre] = edges[state.edge].slice(0, 2).map(name);
    put(result, { "aria-busy": true });
    ask({ do: "what_if", change, repeats: +on.repeats.value });
  }
  function band(name, digits, { clean: before, changed, delta, band: [low, high], outside, draws }) {
    const all = [0, delta, ...draws], least = Math.min(...all), x = (value) => 6 + (148 * (value - least)) / (Math.max(...all) - least || 1);
    const row = html(result, "div", { class: outside ? "band outside" : "band", "data-measure": name, "data-value": delta }, name);
    const box = svg(row, "svg", { width: 160, height: 22, role: "img", "aria-label": `random changes: ${signed(low, digits)} to ${signed(high, digits)}` });
    svg(box, "rect", { class: "grey", x: x(low) - 1, width: x(high) - x(low) + 2, y: 4, height: 14, rx: 3 });
    for (const [value, kind] of [...draws.map((draw) => [draw, "draw"]), [0, "zero"]]) svg(box, "path", { class: kind, d: `M${x(value)} ${kind === "draw" ? "7v8" : "1v20"}` });
    svg(box, "circle", { class: "dot", cx: x(delta), cy: 11, r: 5 });
    html(row, "span", {}, `${before.toFixed(digits)} → ${changed.toFixed(digits)}`);
    html(row, "b", {}, signed(delta, digits));
  }
  function paintResult() {
    const now = message.what_if;
    put(result, { "aria-busy": null }).replaceChildren();
    html(result, "p", { class: now ? "verdict" : "quiet" }, now ? clean(now.sentence, 500) : "A change is held against a grey band: what random changes of the same kind do.");
    if (!now) return;
    for (const [name, digits] of [["rank", 1], ["score", 3], ["probability", 4], ["beta", 3]]) if (now.measures[name]) band(name, digits, now.measures[name]);
    kit.radio(result, "all panels show", [["clean", "the clean run"], ["changed", "the changed run"]], shown, (which) => {
      shown = which;
      kit.display(which === "clean" ? own : now.changed);
    });
    const row = grid(result, ["best items", "clean", "changed"]), shownRank = (value) => (value == null ? "–" : rank(value));
    for (const { title, clean: before, changed } of now.top.slice(0, 10)) row(clean(title), [before, changed].map(shownRank), before === changed ? null : "moved");
  }

  function receive(now) { // what Python says beside the record
    const before = message;
    message = now;
    if (now.found && now.found !== before.found) found(now.found);
    if (now.page && now.page !== before.page) {
      const href = URL.createObjectURL(new Blob([now.page], { type: "text/html" }));
      html(null, "a", { href, download: "mmsr-explorer.html" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 1000);
    }
    if (now.what_if !== before.what_if || now.error) { shown = "clean"; paintResult(); }
    paintBuilder();
  }
  paintResult();
  return { step, receive,
    paint() { paintBuilder(); lens(); paintRail(); if (answered !== kit.record) paintAnswer(answered = kit.record); paintBench(); },
    renew(record) { if (record !== message.what_if?.changed) [own, shown] = [record, "clean"]; },
    destroy() { clearInterval(timer); clearTimeout(pause); } };
};
