// The panel of numbers of one node: what it is, its flow, its gate, its attention; and the picture as a table.

const MOST_THUMBS = 12;
const MOST_SUMMANDS = 12; // of a softmax that is written out
const MOST_TERMS = 6; // of a product that is written out, the largest ones

// A line with a name at the left, a number at the right, and perhaps a note between them.
function pair(parent, left, right, value, note = "") {
  const line = html(parent, "div", { class: "pair" });
  html(line, "span", { title: left }, left);
  if (note) html(line, "small", {}, note);
  html(line, "span", { "data-value": value }, right);
  return line;
}

// A bar whose parts are as long as their values.
function splitBar(picture, parent, values, names) {
  const whole = sum(values.map(Math.abs)) || 1;
  const line = html(parent, "div", { class: "split", "aria-hidden": true });
  values.forEach((value, i) => {
    const width = `${(100 * Math.abs(value)) / whole}%`;
    html(line, "i", { style: { width, background: lookOf(picture, names[i], i).colour } });
  });
}

// A small picture of an item, or an empty frame.
function thumb(parent, item) {
  const src = safePicture(item.picture);
  const title = clean(item.title);
  if (src) html(parent, "img", { class: "thumb", src, alt: title, title });
  else html(parent, "div", { class: "thumb", title });
}

// A table; returns a function that adds a row. `looks` gives the head of a column more attributes, `mark` a cell. A cell is
// a text, or a function that writes into it; so is `write` for the first cell, where the name alone is too little.
function grid(parent, head, looks = () => ({})) {
  const table = html(parent, "table");
  const heads = html(html(table, "thead"), "tr");
  const body = html(table, "tbody");
  head.forEach((name, i) => html(heads, "th", { key: i, scope: "col", ...looks(i) }, name));
  const fill = (cell, content) => typeof content === "function" && content(cell);
  const textOf = (content) => (typeof content === "function" ? undefined : content);
  return (name, cells, { kind = null, mark = () => ({}), row = { key: "row" }, write = name } = {}) => {
    const line = html(body, "tr", { ...row, class: kind });
    fill(html(line, "th", { scope: "row", title: name }, textOf(write)), write);
    cells.forEach((cell, i) => fill(html(line, "td", { key: i, ...mark(i) }, textOf(cell)), cell));
  };
}

// Arithmetic that opens on demand; what was opened stays so.
function arithmetic(picture, parent, name, summary, fill) {
  const open = picture.opened.has(name);
  const box = html(parent, "details", { key: name, class: "sums", open });
  html(box, "summary", {}, summary);
  let isFilled = false;
  const show = () => {
    if (box.open) picture.opened.add(name);
    else picture.opened.delete(name);
    if (!box.open || isFilled) return;
    isFilled = true;
    fill(html(box, "div", { class: "formula" }));
  };
  put(box, { on: { toggle: show } });
  if (open) show();
}

function fillNodePanel(picture, n) {
  const { panel, record, state } = picture;
  const { items, positions } = record.nodes[n];
  html(panel, "h3", {}, nameOf(picture, n));
  html(panel, "div", { class: "quiet" }, `${typeOf(picture, n)} · position ${positions.join(", ")}`);
  const meaning = codeMeaning(record, n);
  if (meaning) html(panel, "div", { class: "meaning" }, meaning);
  const thumbs = html(panel, "div", { class: "thumbs" });
  items.slice(0, MOST_THUMBS).forEach((item) => thumb(thumbs, entryOf(record, item)));
  if (record.nodes[n].type === 0) fillTexts(picture, record.nodes[n].id);
  if (state.edge !== null) html(panel, "p", { class: "why" }, `${aboutEdge(picture, state.edge)}. ${whyEdge(picture, state.edge)}`);
  fillFlow(picture, n);
  fillGate(picture, n);
  fillAttention(picture, n);
  const { norms } = record.layers[state.layer] ?? {};
  if (norms) html(panel, "h4", {}, "Length of its state");
  for (const [name, values] of Object.entries(norms ?? {})) {
    pair(panel, clean(name, 20), three(values?.[n]), values?.[n]);
  }
}

// What an item's texts say, and what it lacks.
function fillTexts({ panel, record }, item) {
  const entry = entryOf(record, item);
  for (const [name, text] of Object.entries(entry.texts ?? {})) {
    if (!text) continue;
    const line = html(panel, "p", { class: "text" });
    html(line, "small", {}, clean(name, 20));
    say(line, ` ${clean(text, 240)}`);
  }
  const missing = missingModalities(record, entry);
  if (missing.length) html(panel, "p", { class: "text lacking" }, `missing: ${clean(missing.join(", "), 60)}`);
}

// ---- flow: the exact bar of early and late ------------------------------------------------------------------------------

// What this node brings to the score of the watched item, by group of paths, and the whole score below it.
function fillFlow(picture, n) {
  const { panel, record } = picture;
  const item = watchedItem(record);
  const flow = item && flowOfItem(record, item.item);
  if (!flow) return;
  const { groups } = record.flow;
  const heading = html(panel, "h4", {});
  term(picture, heading, "early fusion", "Early and late");
  say(heading, `: what reaches the score of ${clean(item.title, 24)}`);
  const most = Math.max(1e-9, ...flow.groups.map(Math.abs), ...(flow.nodes?.[n] ?? []).map(Math.abs));
  if (flow.nodes) flowBars(picture, panel, groups, flow.nodes[n], most, "from this node", "node");
  flowBars(picture, panel, groups, flow.groups, most, "from all nodes", "score");
  keepSeedLine(picture, "larger order");
  arithmetic(picture, panel, "flow", "The score as a sum", (box) => {
    const terms = [...flow.groups, ...(flow.rest ? [flow.rest] : [])];
    const names = [...groups, ...(flow.rest ? ["bias"] : [])];
    typeset(box, `score of ${clean(item.title, 24)} = ${three(item.score)}`);
    names.forEach((name, i) => typeset(box, `${signed(terms[i])}  ${FLOW_NAMES[name] ? `${FLOW_NAMES[name]} (${name})` : name}`));
    typeset(box, `sum = ${three(sum(terms))}`);
    typeset(box, "attention and gates are held as they are; then the sum is exact");
  });
}

// A row a group of paths, a signed bar from the line in the middle.
function flowBars(picture, parent, groups, values, most, name, key) {
  const box = html(parent, "div", { class: "flow", role: "group", "aria-label": name });
  html(box, "small", {}, name);
  groups.forEach((group, i) => {
    const row = html(box, "div", { class: "flow-row", "data-flow": `${key}/${group}`, "data-value": values[i] });
    const show = (event) => showTip(picture, event, [group, FLOW_SAYS[group] ?? "", signed(values[i], 4)].filter(Boolean));
    put(row, { on: { pointerenter: show, pointerleave: () => hideTip(picture) } });
    html(row, "span", {}, FLOW_NAMES[group] ?? group);
    const bar = html(row, "div", { class: "flow-bar", "aria-hidden": true });
    const half = (50 * Math.abs(values[i])) / most;
    const left = values[i] < 0 ? 50 - half : 50;
    html(bar, "i", { style: { left: `${left}%`, width: `${half}%`, background: lookOf(picture, group, i).colour } });
    html(row, "b", {}, signed(values[i]));
  });
}

// How many models of other seeds say so: a line that the explorer keeps.
function keepSeedLine({ panel, more }, about) {
  const line = more?.seedLine?.(about);
  if (line) keep(panel, line);
}

// ---- gate: its own number, and how it came about ---------------------------------------------------------------------------

// Whether a gate was forced: then its number is not the softmax of its logits.
function gateSaid(record, layer, n) {
  const { beta, gate_logits: logits } = record.layers[layer];
  if (!beta?.[n] || !logits?.[n]) return null;
  const most = Math.max(...logits[n]);
  const powers = logits[n].map((logit) => Math.exp(logit - most));
  const said = powers.map((power) => power / sum(powers));
  return { said, isForced: Math.abs(said[0] - beta[n][0]) > 1e-3 };
}

function fillGate(picture, n) {
  const { panel, record, state } = picture;
  if (betaOf(picture, n)) {
    const heading = html(panel, "h4", {});
    term(picture, heading, "update gate", "Gate");
    say(heading, " ");
    term(picture, heading, "beta", "β");
    say(heading, ", its own number: it weighs two paths, and is no share of early or late");
  }
  record.layers.forEach(({ beta }, layer) => {
    if (!beta?.[n]) return;
    const [hohe, heho] = beta[n];
    pair(panel, `heho ${three(heho)}`, `hohe ${three(hohe)}`, hohe, `layer ${layer + 1}`);
    splitBar(picture, panel, [heho, hohe], ["heho", "hohe"]);
  });
  if (betaOf(picture, n)) keepSeedLine(picture, "larger beta");
  const gate = record.layers[state.layer] && gateSaid(record, state.layer, n);
  if (!gate) return;
  const logits = record.layers[state.layer].gate_logits[n].map(three).join(", ");
  const [hohe, heho] = betaOf(picture, n).map(three);
  html(panel, "h4", {}, `Equations 16 and 17 · layer ${state.layer + 1}`);
  const box = html(panel, "div", { class: "formula" });
  typeset(box, "β = softmax(MLP([h_hohe ; h_heho]))");
  if (gate.isForced) {
    const said = gate.said.map(three).join(", ");
    const short = betaOf(picture, n).map((share) => String(Number(share.toFixed(3)))).join(", ");
    html(box, "div", { class: "forced" }, `forced to (${short}); the gate itself said (${said}) = softmax(${logits})`);
  } else {
    typeset(box, `= softmax(${logits}) = (${hohe}, ${heho})`);
  }
  typeset(box, `h′ = ${hohe} · h_hohe + ${heho} · h_heho`);
}

// ---- attention that a node gives, by family, relation and neighbour -------------------------------------------------------

function fillAttention(picture, n) {
  const attention = picture.record.layers[picture.state.layer]?.attention ?? {};
  const phases = Object.values(attention).flat();
  const families = new Set(phases.map((phase) => phase.family));
  for (const family of families) fillFamily(picture, n, attention, family);
}

function fillFamily(picture, n, attention, family) {
  const { panel, record, state } = picture;
  const paths = Object.keys(attention);
  const phaseOf = (path) => attention[path].find((phase) => phase.family === family);
  const all = paths.map((path) => phaseOf(path)?.weights ?? []);
  const mine = [];
  record.edges.forEach(([source, centre, relation], edge) => {
    if (centre !== n) return;
    const weights = all.map((some) => some[edge] ?? null);
    if (weights.some((weight) => weight !== null)) mine.push({ source, centre, relation, edge, weights });
  });
  if (!mine.length) return;

  const heading = html(panel, "h4", {});
  term(picture, heading, "attention", "Attention");
  say(heading, " it gives · ");
  term(picture, heading, family);
  const numbered = paths.map((path) => `${path} ${attention[path].findIndex((phase) => phase.family === family) + 1 || ""}`);
  const addRow = grid(panel, ["to", ...numbered]);
  const shown = attentionAt(record, state).family === family ? paths.indexOf(state.path) : -1;
  record.relations.forEach((name, relation) => {
    const group = mine.filter((edge) => edge.relation === relation);
    if (group.length) fillRelation(picture, n, { addRow, all, group, name, relation, shown });
  });
  paths.forEach((path) => writeSoftmax(picture, n, path, family, phaseOf(path), mine));
}

// A line for the sum of a relation, and below it one for each neighbour.
function fillRelation(picture, n, { addRow, all, group, name, relation, shown }) {
  const { state } = picture;
  const mark = (values, kind) => (i) => ({ "data-value": values[i], class: kind === "sub" && i === shown ? "chosen" : null });
  const totals = all.map((weights, i) => (weights.length ? sum(group.map((edge) => edge.weights[i] ?? 0)) : null));
  const title = clean(name, 20);
  const named = (cell) => {
    swatch(picture, cell, relation);
    say(cell, title);
  };
  addRow(title, totals.map(three), { kind: "sum", mark: mark(totals, "sum"), row: { key: "sum" }, write: named });
  if (group[0].source === n) return; // the self-loop has one edge
  group.sort((a, b) => b.weights[Math.max(shown, 0)] - a.weights[Math.max(shown, 0)]);
  group.forEach(({ source, weights, edge }) => {
    const isPicked = state.edge === edge;
    const kind = isPicked ? "sub picked" : "sub";
    const click = () => picture.choose({ edge: isPicked ? null : edge, node: n });
    const look = { type: "button", class: "link", "data-to": edge, "aria-pressed": String(isPicked), title: whyEdge(picture, edge) };
    const linked = (cell) => {
      html(cell, "button", { ...look, on: { click } }, nameOf(picture, source));
      const meaning = codeMeaning(picture.record, source);
      if (meaning) html(cell, "small", { class: "meaning" }, meaning);
    };
    addRow(nameOf(picture, source), weights.map(three), { kind, mark: mark(weights, "sub"), write: linked });
  });
}

// How the weights of one path came about: the product of each edge, its exponential, and the share of that in the sum.
function writeSoftmax(picture, n, path, family, phase, mine) {
  if (!phase?.logits || !phase.weights) return;
  const edges = mine.filter(({ edge }) => phase.weights[edge] !== null && phase.logits[edge] !== null);
  if (edges.length === 0) return;
  const layer = picture.state.layer;
  arithmetic(picture, picture.panel, `softmax ${path} ${family}`, `The softmax of ${path} with its numbers`, (box) => {
    const rule = family === "heterogeneous" ? "e_ij = LeakyReLU(k_i · q_j), the neighbour asks" : "e_ij: the centre i looks at the neighbour j";
    typeset(box, `${rule}; a_ij = exp(e_ij) / sum of exp(e_ij)`);
    const powers = edges.map(({ edge }) => Math.exp(phase.logits[edge]));
    const whole = sum(powers);
    const order = edges.map((_, i) => i).sort((a, b) => powers[b] - powers[a]);
    for (const i of order.slice(0, MOST_SUMMANDS)) {
      const { edge, source } = edges[i];
      const whom = source === n ? "itself" : nameOf(picture, source);
      const marks = { "data-softmax": `${layer}/${path}/${edge}`, "data-value": powers[i] / whole };
      const line = typeset(box, `exp(${three(phase.logits[edge])}) / ${three(whole)} = ${three(powers[i] / whole)}  ${whom}`, marks);
      const number = picture.record.layers[layer].attention[path].indexOf(phase);
      writeProduct(picture, box, line, { layer, path, phase: number, edge });
    }
    if (edges.length > MOST_SUMMANDS) typeset(box, `and ${edges.length - MOST_SUMMANDS} smaller ones`);
  });
}

// The product of one edge, term by term, where somebody answers; asked for with a button.
function writeProduct(picture, box, line, asked) {
  const { ask, found } = picture.more?.products ?? {};
  if (!ask) return;
  const key = Object.values(asked).join("/");
  const product = found.get(key);
  if (!product) {
    const says = "the product that is e_ij, term by term";
    html(line, "button", { type: "button", class: "link", "data-product": key, title: says, on: { click: () => ask(asked) } }, "product");
    return;
  }
  const largest = product.terms.map((_, d) => d).sort((a, b) => Math.abs(product.terms[b]) - Math.abs(product.terms[a]));
  const shown = largest.slice(0, MOST_TERMS).sort((a, b) => a - b);
  const rest = product.sum - sum(shown.map((d) => product.terms[d]));
  const written = shown.map((d) => `${signed(product.terms[d])} (${d + 1})`).join(" ");
  const others = product.terms.length - shown.length;
  const tail = others > 0 ? ` ${signed(rest)} (${count(others, "other term")})` : "";
  const leak = product.sum < 0 ? `; below zero leaky ReLU takes ${product.slope} of it: ${three(product.logit)}` : "";
  const says = `e = ${written}${tail} = ${three(product.sum)}${leak}`;
  html(box, "div", { class: "terms", "data-terms": key, "data-value": product.logit }, says);
}

// ---- the picture as a table ------------------------------------------------------------------------------------------------

function fillTable(picture) {
  const { numbers } = picture;
  patch(numbers, () => {
    html(numbers, "summary", {}, "The picture as a table");
    if (numbers.open) writeTable(picture, html(numbers, "div", { tabindex: 0 }));
  });
}

function writeTable(picture, parent) {
  const { record, state } = picture;
  const head = ["node", "type", "positions", "β hohe", "β heho", "attends most to", "attention"];
  const { weights } = attentionAt(record, state);
  const addRow = grid(parent, head);
  record.nodes.forEach(({ positions }, n) => {
    const best = heaviest(record, weights, (_, centre) => centre === n);
    const most = best === null ? "–" : nameOf(picture, record.edges[best][0]);
    const beta = betaOf(picture, n);
    const cells = [typeOf(picture, n), positions.join(", "), three(beta?.[0]), three(beta?.[1]), most, three(weights[best])];
    const named = (cell) => {
      say(cell, nameOf(picture, n));
      const meaning = codeMeaning(record, n);
      if (meaning) html(cell, "small", { class: "meaning" }, meaning);
    };
    addRow(nameOf(picture, n), cells, { write: named });
  });
}
