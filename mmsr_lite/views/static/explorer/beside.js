// Two panes on one history: another model, another seed, or the history before its edits, with the same layout and one
// selection. What differs is drawn: edges and nodes that one has alone, attention that is larger, beta, flow, ranks.

const CLEARLY = 0.05; // difference of attention that is marked
const MOST_ROWS = 6;
const LONGEST_NAME = 80; // letters of a model's name
const LONGER = 60; // letters that a sentence may get by an edit

function besidePanel(desk) {
  const { picture } = desk;
  let other = null; // the second pane
  let shown = null; // what it shows: { name, record }
  const chooser = makeChooser();
  const pane = html(null, "section", { class: "other", "aria-label": "Beside it", hidden: true });
  const differences = html(null, "section", { class: "differences", "aria-label": "What differs", tabindex: 0, hidden: true });
  picture.stage.after(pane, differences);
  const caption = html(null, "p", { class: "pane-name", hidden: true });
  picture.stage.prepend(caption);
  const verdict = html(null, "p", { class: "lead roomy", role: "status", hidden: true }); // the first thing to read
  (picture.root.querySelector(".builder") ?? picture.bar).after(verdict); // below what opens it: that stays where it is

  function makeChooser() {
    if (!desk.ask) return null;
    const change = ({ value }) => desk.ask({ do: "beside", model: value || null });
    const select = labelled(picture, picture.root.querySelector(".builder"), "beside", "select", {}, change);
    select.parentElement.classList.add("chooses");
    return select;
  }

  function nameOfMain() {
    const { draft, model } = picture.record;
    return clean(desk.message.name ?? draft?.models?.[draft.model] ?? model?.label, LONGEST_NAME) || "this model";
  }

  // What stands beside has changed, or the record itself has.
  function show(beside) {
    shown = beside ?? null;
    const isOn = shown !== null;
    picture.root.classList.toggle("two", isOn);
    pane.hidden = !isOn;
    differences.hidden = !isOn;
    caption.hidden = !isOn;
    paintVerdict();
    if (!isOn) {
      other?.destroy();
      other = null;
      unmark(picture);
      picture.placeOf = layout;
      pane.replaceChildren();
      return;
    }
    caption.textContent = clean(nameOfMain(), 40);
    arrange();
    if (other) other.update({ record: shown.record, selection: mapped(picture, shown.record) });
    else openPane();
    pane.querySelector(".pane-name").textContent = clean(shown.name, 40);
  }

  function openPane() {
    const name = html(pane, "p", { class: "pane-name" });
    const place = html(pane, "div", { class: "pane" });
    name.textContent = clean(shown.name, 40);
    const onselect = (selection) => {
      const wanted = { node: sameNode(other.picture.record, selection.node, picture.record), layer: selection.layer };
      if (selection.position) wanted.position = selection.position;
      picture.choose(wanted);
    };
    const { style, theme, placeOf } = picture;
    other = mount(place, shown.record, { style, theme, placeOf, selection: mapped(picture, shown.record), onselect });
    const leastOf = () => picture.room ?? null; // lanes of both panes are of one height
    Object.assign(other.picture, { keepsRoom: picture.keepsRoom, leastOf });
    other.picture.onpaint = () => markBoth(picture, other.picture);
  }

  // Both panes have one layout where both are of one history.
  function arrange() {
    const isShared = shown && sameHistory(picture.record, shown.record);
    picture.placeOf = isShared ? sharedLayout(picture.record, shown.record) : layout;
    if (other) other.picture.placeOf = picture.placeOf;
  }

  function renew() {
    if (shown) arrange();
  }

  function paint() {
    if (chooser) {
      const names = picture.record.draft?.beside ?? [];
      setOptions(chooser, [["", "nothing"], ...names.map((name) => [name, clean(name, 30)])]);
      setValue(chooser, shown && names.includes(shown.name) ? shown.name : "");
      put(chooser, { disabled: names.length === 0 }); // an edit gives it a choice, and moves nothing
    }
    paintVerdict();
    if (!shown) return;
    caption.textContent = clean(nameOfMain(), 40);
    if (other) {
      const theme = other.picture.theme === picture.theme ? {} : { theme: picture.theme };
      other.update({ selection: mapped(picture, shown.record), ...theme });
    }
    paintDifferences();
  }

  let longest = { of: null }; // sentences about this user and pair: their place is kept while the history is edited

  function paintVerdict() {
    const isShown = shown !== null && sameHistory(picture.record, shown.record);
    const names = [nameOfMain(), shown?.name];
    const says = isShown ? sayVerdict(picture.record, shown.record, names) || sayBoth(picture.record, shown.record, names) : "";
    const of = [picture.record.user?.index, ...names].join("\n");
    if (of !== longest.of) longest = { of, says: "", difference: "" };
    if (says.length > longest.says.length) longest.says = says;
    verdict.hidden = says === "";
    put(verdict, { "data-room": desk.ask && longest.says ? longest.says : null });
    if (verdict.textContent !== says) verdict.textContent = says;
  }

  let told = []; // for what the differences were written

  // They follow both records, the layer, and the family of attention; another node changes nothing here.
  function paintDifferences() {
    const [one, two] = [picture.record, shown.record];
    const names = [nameOfMain(), shown.name];
    const { layer, path } = picture.state;
    const now = [one, two, layer, path, attentionAt(one, picture.state).family, ...names];
    if (now.every((value, i) => value === told[i])) return;
    told = now;
    patch(differences, () => writeDifferences(one, two, names));
  }

  function writeDifferences(one, two, names) {
    html(differences, "h3", {}, "What differs");
    const says = sayDifferences(one, two, names);
    if (says.length > longest.difference.length) longest.difference = `${says} ${"0 ".repeat(LONGER / 2)}`;
    const room = desk.ask ? longest.difference : null;
    html(differences, "p", { class: "verdict roomy", "data-sentence": "beside", "data-room": room }, says);
    const columns = html(differences, "div", { class: "columns" });
    const column = () => html(columns, "div", { tabindex: 0 }); // a wide table is scrolled by keys
    writeFlows(picture, column(), one, two, names);
    writeGates(picture, column(), one, two, names);
    writeEdges(picture, column(), one, two, names);
    drawRanks(column(), one, two, names);
  }
  return { show, paint, renew, destroy: () => other?.destroy() };
}

// The same node in another trace, or null.
function sameNode(record, n, other) {
  if (n === null || n === undefined) return null;
  const found = nodeWithKey(other, keyOfNode(record, n));
  return found < 0 ? null : found;
}

// The selection of the first pane as the second one's: the same node, position, layer and family of attention.
function mapped(picture, record) {
  const { state } = picture;
  const { family } = attentionAt(picture.record, state);
  const layer = Math.min(state.layer, record.layers.length - 1);
  const paths = record.layers[layer]?.attention ?? {};
  const path = state.path in paths ? state.path : Object.keys(paths)[0] ?? null;
  const phase = Math.max(0, (paths[path] ?? []).findIndex((one) => one.family === family));
  const node = sameNode(picture.record, state.node, record);
  return { node, position: node === null ? null : state.position, edge: null, layer, path, phase, stage: null };
}

// Mark in both panes what the other lacks, and where this one attends more.
function markBoth(one, two) {
  const names = [one, two].map(({ record }) => edgesByName(record));
  [one, two].forEach((picture, side) => {
    const other = side ? one : two;
    if (!picture.drawn || !other.drawn) return;
    for (const [name, i] of names[side]) {
      const edge = picture.drawn.edges[i];
      const twin = other.drawn.edges[names[1 - side].get(name)];
      const isAlone = twin === undefined;
      const isMore = !isAlone && edge.value !== null && edge.value - (twin.value ?? 0) > CLEARLY;
      if (isAlone) showEdge(picture, edge);
      put(edge.path, { "data-alone": isAlone && "", "data-more": isMore && "" });
    }
    picture.drawn.nodes.forEach(({ group }, n) => {
      put(group, { "data-alone": sameNode(picture.record, n, other.record) === null && "" });
    });
  });
}

// Nothing stands beside any more.
function unmark(picture) {
  for (const { path } of picture.drawn?.edges ?? []) put(path, { "data-alone": null, "data-more": null });
  for (const { group } of picture.drawn?.nodes ?? []) put(group, { "data-alone": null });
}

function writeFlows(picture, parent, one, two, names) {
  const item = watchedItem(one);
  const flows = [one, two].map((record) => item && flowOfItem(record, item.item));
  html(parent, "h4", {}, `What the score of ${clean(item?.title, 24)} is the sum of`);
  if (!flows[0] || !flows[1]) {
    html(parent, "p", { class: "quiet" }, "One of the two holds no flow.");
    return;
  }
  const most = Math.max(1e-9, ...flows.flatMap(({ groups }) => groups.map(Math.abs)));
  flows.forEach((flow, side) => {
    flowBars(picture, parent, one.flow.groups, flow.groups, most, clean(names[side], 30), `beside ${side}`);
  });
}

// What the heads of two columns say in whole, which have room for a part of a name.
const wholeNames = (names) => (i) => (names[i - 1] ? { title: clean(names[i - 1], LONGEST_NAME) } : {});

// Mean beta of each type in both, and the nodes whose gates differ most.
function writeGates(picture, parent, one, two, names) {
  const layer = picture.state.layer;
  html(parent, "h4", {}, `β of the path hohe, layer ${layer + 1}`);
  const betas = [one, two].map((record) => record.layers[Math.min(layer, record.layers.length - 1)]?.beta ?? null);
  if (!betas[0] || !betas[1]) {
    const without = names.filter((_, side) => !betas[side]).map((name) => clean(name, 30));
    html(parent, "p", { class: "quiet" }, `${without.join(" and ")}: no update gate, so there is no β to compare.`);
    return;
  }
  const rows = one.nodes.map((_, n) => {
    const twin = sameNode(one, n, two);
    return { n, before: betas[0][n]?.[0] ?? null, after: twin === null ? null : betas[1][twin]?.[0] ?? null };
  });
  const both = rows.filter(({ before, after }) => before !== null && after !== null);
  both.sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
  const addRow = grid(parent, ["node", ...names.map((name) => clean(name, 14)), "difference"], wholeNames(names));
  for (const { n, before, after } of both.slice(0, MOST_ROWS)) {
    const values = [before, after, after - before];
    addRow(nameOf(picture, n), [three(before), three(after), signed(after - before)], { mark: (i) => ({ "data-value": values[i] }) });
  }
}

// The edges whose attention differs most, in the family that is shown.
function writeEdges(picture, parent, one, two, names) {
  const { family } = attentionAt(one, picture.state);
  html(parent, "h4", {}, `Attention, ${family || "none"}`);
  const weights = [one, two].map((record) => familyWeights(record, picture.state, family));
  const theirs = edgesByName(two);
  const rows = [];
  for (const [name, i] of edgesByName(one)) {
    const j = theirs.get(name);
    const [before, after] = [weights[0][i] ?? null, j === undefined ? null : weights[1][j] ?? null];
    if (before !== null || after !== null) rows.push({ i, before, after, delta: (after ?? 0) - (before ?? 0) });
  }
  rows.sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
  const addRow = grid(parent, ["who attends to whom", ...names.map((name) => clean(name, 14)), "difference"], wholeNames(names));
  for (const { i, before, after, delta } of rows.slice(0, MOST_ROWS)) {
    const values = [before, after, delta];
    const cells = [three(before), three(after), signed(delta)];
    const pick = () => picture.choose({ edge: i });
    const linked = (cell) => html(cell, "button", { type: "button", class: "link", on: { click: pick } }, aboutEdge(picture, i));
    addRow(aboutEdge(picture, i), cells, { mark: (c) => ({ "data-value": values[c] }), write: linked });
  }
}

// The best items of both as lines from rank to rank.
function drawRanks(parent, one, two, names) {
  html(parent, "h4", {}, "Ranks that move");
  const rows = ranksOfBoth(one, two).filter(({ ranks }) => ranks.some((place) => place !== null && place <= 10));
  const shown = rows.slice(0, 14);
  const low = 11.5; // where an item stands that is not among the first ten
  const y = (place) => 10 + 15 * (Math.min(place ?? low, low) - 1);
  const said = shown.map(({ title, ranks }) => `${clean(title, 30)} ${ranks.map((place) => (place === null ? "beyond 10" : rank(place))).join(" to ")}`);
  const heads = html(parent, "div", { class: "slope-names" }); // above the picture, where long names wrap
  for (const name of names.map((one) => clean(one, LONGEST_NAME))) html(heads, "span", { title: name }, name);
  const box = svg(parent, "svg", { class: "slopes", width: 300, height: 194, viewBox: "0 0 300 194", role: "img", "aria-label": said.join("; ") });
  for (const { item, title, ranks } of shown) {
    const isTarget = item === one.target?.item;
    const [from, to] = ranks.map(y);
    const kind = isTarget ? "target" : from === to ? "same" : "moves";
    svg(box, "path", { class: kind, d: `M128 ${from}L172 ${to}`, "data-item": item });
    const written = (place) => `${place === null ? ">10" : rank(place)}. ${clean(title, 15)}`;
    const write = (place, where) => {
      if (place === null || place > 10) return;
      const text = svg(box, "text", { class: kind, ...where });
      svg(text, "title", {}, clean(title));
      say(text, written(place));
    };
    write(ranks[0], { x: 122, y: from + 4, "text-anchor": "end" });
    write(ranks[1], { x: 178, y: to + 4 });
  }
}
