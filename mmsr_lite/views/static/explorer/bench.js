// What if: the clean run pinned, the changed run beside it, and the change against a band of random ones.

const CHANGES = { // what a change is called, and which fields it needs
  shuffle: ["shuffle the order", "rate"],
  mismatch: ["mismatch: items trade codes", "modality", "rate"],
  noise: ["noise: codes of other items", "modality", "rate"],
  swap: ["swap codes of the chosen item with", "modality", "other"],
  drop: ["drop codes", "modality", "of"],
  remove: ["remove the chosen item"],
  node: ["remove the chosen node"],
  edge: ["remove the chosen edge"],
  relation: ["remove a relation", "relation"],
  gate: ["force the gate", "to", "of"],
};
const FIELDS = ["modality", "rate", "other", "relation", "to", "of"];
const MEASURES = { rank: 1, score: 3, probability: 4, beta: 3 }; // and how many decimals they have
const CHOSEN = "!"; // the option that means the chosen node or item

function benchPanel(desk) {
  const { picture } = desk;
  const bench = desk.section("bench", "What if");
  const on = {}; // the controls by name
  const heading = html(bench, "h3", {});
  term(picture, heading, "what-if", "What if");
  const first = html(bench, "p", { class: "first", hidden: true });
  const form = html(bench, "div", { class: "form", hidden: !desk.ask });
  const problem = html(bench, "p", { class: "problem", role: "alert", hidden: true });
  const result = html(bench, "div", { class: "result", "aria-live": "polite" });
  makeForm();

  function makeForm() {
    const field = (key, tag, attributes, name) => {
      on[key] = labelled(picture, form, name, tag, attributes, choiceChanged);
    };
    field("kind", "select", {}, "change");
    setOptions(on.kind, Object.entries(CHANGES).map(([name, [text]]) => [name, text]));
    field("modality", "select", {}, "in");
    field("relation", "select", {}, "named");
    field("to", "select", {}, "to");
    field("of", "select", {}, "of");
    field("rate", "input", { type: "number", min: 0.1, max: 1, step: 0.1, value: 1 }, "rate");
    field("other", "input", { type: "number", min: 1, value: 1 }, "position");
    field("repeats", "input", { type: "number", min: 1, max: 200, value: 20 }, "repeats");
    on.run = pressButton(form, "compare", "compare the changed history with the clean one", run, { class: "main" });
    form.append(problem); // an error stands beside the button that made it
    setOptions(on.to, [["hohe"], ["heho"], ["half"]]);
  }

  // A verdict of another choice is no verdict of this one.
  function choiceChanged() {
    result.classList.add("stale");
    problem.hidden = true;
    paint();
  }

  function paint() {
    const { node_types: types, relations } = picture.record;
    const kind = on.kind.value;
    const named = (names) => names.map((name) => [name, clean(name, 20)]);
    setOptions(on.modality, [["", "every modality"], ...named(types.slice(1))]);
    setOptions(on.relation, named([...relations, ...FAMILIES]));
    const gates = [["", "all nodes"], ...named(types), [CHOSEN, "the chosen node"]];
    setOptions(on.of, kind === "gate" ? gates : [["", "every item"], [CHOSEN, "the chosen item"]]);
    const needed = CHANGES[kind].slice(1);
    for (const key of FIELDS) on[key].parentElement.hidden = !needed.includes(key);
    on.run.disabled = kind === "edge" && picture.state.edge === null;
    paintFirst();
  }

  // A first experiment that this world suggests; Python writes it.
  function paintFirst() {
    const experiment = picture.record.draft?.experiment;
    first.hidden = !experiment || !desk.ask;
    if (first.hidden || first.dataset.question === experiment.question) return; // a button that is replaced loses its press
    const question = clean(experiment.question, 240);
    put(first, { "data-question": experiment.question });
    patch(first, () => {
      html(first, "b", {}, "Try this first: ");
      say(first, `${question} `);
      pressButton(first, "try it", `try it: ${question}`, () => compare(experiment.change));
    });
  }

  // The change that the form describes.
  function change() {
    const { record: { nodes, edges, node_types: types }, state } = picture;
    const named = (n) => [types[nodes[n].type], nodes[n].id];
    const kind = on.kind.value;
    const isChosen = on.of.value === CHOSEN;
    const [type, id] = named(desk.focus());
    const values = {
      modality: on.modality.value || null,
      rate: Number(on.rate.value),
      other: Number(on.other.value),
      relation: on.relation.value,
      to: on.to.value,
    };
    const wanted = { do: kind };
    for (const key of CHANGES[kind].slice(1)) if (key in values) wanted[key] = values[key];
    if (kind === "gate") Object.assign(wanted, isChosen ? { type, id } : { type: on.of.value || null });
    if (kind === "node") Object.assign(wanted, { type, id });
    if (kind === "swap" || kind === "remove" || (kind === "drop" && isChosen)) wanted.position = desk.spot();
    if (kind === "edge") {
      const [neighbour, centre] = edges[state.edge];
      wanted.neighbour = named(neighbour);
      wanted.centre = named(centre);
    }
    return wanted;
  }

  function run() {
    compare(change());
  }

  function compare(wanted) {
    problem.hidden = true;
    put(result, { "aria-busy": true });
    desk.ask({ do: "what_if", change: wanted, repeats: Number(on.repeats.value) });
  }

  // An error leaves the last verdict in grey, and stands beside the button.
  function fail(error) {
    put(result, { "aria-busy": null });
    result.classList.add("stale");
    problem.hidden = false;
    problem.textContent = clean(error, 300);
  }

  function paintResult() {
    const found = desk.message.what_if;
    put(result, { "aria-busy": null });
    result.classList.remove("stale");
    problem.hidden = true;
    patch(result, () => writeResult(found));
  }

  function writeResult(found) {
    const invitation = "A change is held against a grey band: what random changes of the same kind do.";
    html(result, "p", { class: found ? "verdict" : "quiet" }, found ? clean(found.sentence, 500) : invitation);
    if (!found) return;
    if (found.seeds) sayAgreement(picture, html(result, "p", { class: "seeds", "data-seeds": "what if" }), found.seeds);
    for (const [name, digits] of Object.entries(MEASURES)) {
      if (found.measures[name]) drawBand(picture, result, name, digits, found.measures[name]);
    }
    const runs = [["clean", "the clean run"], ["changed", "the changed run"]];
    radio(picture, result, "all panels show", runs, desk.shown, (which) => desk.showRun(which));
    const addRow = grid(result, ["best items", "clean", "changed"]);
    const shownRank = (value) => (value === null || value === undefined ? "–" : rank(value));
    for (const { title, clean: before, changed } of found.top.slice(0, 10)) {
      addRow(clean(title), [before, changed].map(shownRank), { kind: before === changed ? null : "moved" });
    }
  }

  // The radio follows when another panel goes back to the clean run.
  function paintShown() {
    for (const input of result.querySelectorAll("input[type='radio']")) input.checked = input.value === desk.shown;
  }
  return { paint, paintResult, paintShown, fail };
}

// One measure: its change as a dot on the band of the random changes, each of which is a stroke.
function drawBand(picture, parent, name, digits, measure) {
  const { clean: before, changed, delta, band: [low, high], outside, draws } = measure;
  const all = [0, delta, ...draws];
  const least = Math.min(...all);
  const range = Math.max(...all) - least || 1;
  const x = (value) => 6 + (148 * (value - least)) / range;
  const row = html(parent, "div", { class: outside ? "band outside" : "band", "data-measure": name, "data-value": delta });
  term(picture, row, GLOSSARY_OF_MEASURE[name] ?? name, name);
  const says = `random changes: ${signed(low, digits)} to ${signed(high, digits)}`;
  const box = svg(row, "svg", { viewBox: "0 0 160 22", role: "img", "aria-label": says });
  svg(box, "rect", { class: "grey", x: x(low) - 1, width: x(high) - x(low) + 2, y: 4, height: 14, rx: 3 });
  for (const draw of draws) svg(box, "path", { class: "draw", d: `M${x(draw)} 7v8` });
  svg(box, "path", { class: "zero", d: `M${x(0)} 1v20` });
  svg(box, "circle", { class: "dot", cx: x(delta), cy: 11, r: 5 });
  const shortest = (value) => String(Number(value.toFixed(digits)));
  html(row, "span", {}, `${shortest(before)} → ${shortest(changed)}`);
  html(row, "b", {}, signed(delta, digits));
}
const GLOSSARY_OF_MEASURE = { probability: "softmax" };
