// In the panel of a node: the attention that it gives, by family, relation and neighbour, and how it came about.

const MOST_SUMMANDS = 12; // of a softmax that is written out
const MOST_TERMS = 6; // of a product that is written out, the largest ones

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
