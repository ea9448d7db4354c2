// A tour of six steps over the learner's own history: by buttons or keys, skipped at any time, and remembered.

const TOUR_KEY = "mmsr-lite-tour"; // in the browser's storage: that it was taken or skipped

function tourPanel(desk) {
  const { picture } = desk;
  const button = pressButton(picture.tools, "tour", "A tour of six steps through this history", () => go(0), { class: "tour-button" });
  const layer = html(null, "div", { class: "mmsr tour-layer" });
  const card = html(layer, "div", { class: "tour", role: "dialog", "aria-label": "Tour", hidden: true, on: { keydown } });
  let step = null;
  if (!isRemembered()) button.classList.add("fresh"); // a newcomer sees where to begin

  function steps() {
    const { record } = picture;
    const first = clean(record.history[0].title, 30);
    const last = clean(record.history.at(-1).title, 30);
    const code = record.nodes.findIndex(({ type }) => type > 0);
    const meaning = code < 0 ? "" : ` Here ${nameOf(picture, code)} is “${codeMeaning(record, code)}”.`;
    const goal = watchedItem(record);
    const flow = goal && flowOfItem(record, goal.item);
    const groups = record.flow?.groups ?? [];
    const part = (name) => signed(flow.groups[groups.indexOf(name)], 2);
    const hasGate = record.layers.some(({ beta }) => beta);
    const both = hasGate || record.layers.length < 2 ? "" : " Over several layers a model of one order has some paths of the other, too.";
    const parts = flow
      ? `Of the score of ${clean(goal.title, 30)}, early fusion brings ${part(EARLY_GROUP)} and late fusion ${part(LATE_GROUP)}.${both}`
      : "This record holds no flow.";
    const told = record.target?.rank <= RIGHT ? "right" : "wrong";
    const place = record.target
      ? `The next item, ${clean(record.target.title, 30)}, has rank ${rank(record.target.rank)}: ${told}, since right is a rank of ${RIGHT} or better.`
      : "";
    const gate = hasGate ? "The gate weighs two paths for each node." : "This model has one path, so there is no gate to weigh two.";
    const experiment = record.draft?.experiment?.question;
    return [
      [".strip", "The history", `${count(record.history.length, "interaction")}, from ${first} to ${last}. Time reads from left to right. Choose an item to follow it through all panels.`],
      [".stage", "The MSGraph", `Each item is a node in the middle lane, each code of a modality one in a lane of its own.${meaning}`],
      [".legend", "Two kinds of attention", "Arcs in a lane are homogeneous: along time. Lines between lanes are heterogeneous: between an item and its codes. Phase, above, changes between the two."],
      [".panel", "Gate and flow", `${gate} What reaches the answer is the flow. ${parts}`],
      [".answers", "The answer", `${place} Each bar is the sum that makes a score; the table below it has all numbers.`],
      [".bench", "What if", experiment && desk.ask ? `Now change something. ${clean(experiment, 200)}` : "A change is held against random changes of the same kind: only outside their band it says something."],
    ];
  }

  function go(number) {
    const all = steps();
    step = number;
    if (number === null || number >= all.length) {
      finish();
      return;
    }
    const [mark, title, text] = all[number];
    picture.root.querySelectorAll(".toured").forEach((one) => one.classList.remove("toured"));
    const spoken = picture.root.querySelector(mark);
    spoken?.classList.add("toured");
    spoken?.scrollIntoView({ block: "start" });
    (document.fullscreenElement ?? document.body).append(layer);
    put(layer, { "data-theme": picture.root.dataset.theme });
    card.hidden = false;
    card.replaceChildren();
    html(card, "b", { id: `${picture.id}-tour` }, `${number + 1} of ${all.length} · ${title}`);
    html(card, "p", {}, text);
    const keys = html(card, "div", { class: "keys" });
    pressButton(keys, "back", "Step before (left arrow)", () => go(Math.max(0, number - 1)), { disabled: number === 0 });
    const isLast = number === all.length - 1;
    const next = pressButton(keys, isLast ? "done" : "next", isLast ? "End the tour (Enter)" : "Next step (right arrow)", () => go(number + 1), { class: "main" });
    if (!isLast) pressButton(keys, "skip", "Skip the tour (Escape)", finish);
    next.focus({ preventScroll: true });
  }

  function keydown(event) {
    if (event.key === "ArrowRight") go(step + 1);
    else if (event.key === "ArrowLeft") go(Math.max(0, step - 1));
    else if (event.key === "Escape") finish();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function finish() {
    picture.root.querySelectorAll(".toured").forEach((one) => one.classList.remove("toured"));
    card.hidden = true;
    layer.remove();
    button.classList.remove("fresh");
    remember();
    button.focus({ preventScroll: true });
  }
  return { destroy: () => layer.remove() };
}

// A page from a disk or in a sandboxed frame may have no storage; then the tour is offered again.
function isRemembered() {
  try {
    return localStorage.getItem(TOUR_KEY) !== null;
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(TOUR_KEY, "taken");
  } catch {
    // not remembered
  }
}
