// What is selected in a record, the attention that belongs to it, and the picture in words. Python's selection.py has the
// same functions, for a saved page has no Python; tests compare them.

// The selection `before` with what is asked for, brought within what the record has. A position, node or edge replaces
// the other two; an edge brings the node that attends, a position its item. A stage of the walk brings layer, path and
// phase, and goes when one of these changes.
function resolveSelection(record, before = {}, asked = before) {
  const isAsked = (...names) => names.some((name) => name in asked);
  const wish = { ...before };
  if (isAsked("position", "node", "edge")) Object.assign(wish, { position: null, node: null, edge: null });
  if (isAsked("layer", "path", "phase")) wish.stage = null;
  Object.assign(wish, asked);

  const stages = record.stages ?? [];
  const stage = stages[wish.stage] ? wish.stage : null;
  const step = stages[stage] ?? {};
  const layer = between(0, step.layer ?? wish.layer ?? 0, Math.max(0, record.layers.length - 1));
  const attention = record.layers[layer]?.attention ?? {};
  const path = [step.path, wish.path].find((name) => name in attention) ?? Object.keys(attention)[0] ?? null;
  const phase = between(0, step.phase ?? wish.phase ?? 0, (attention[path]?.length || 1) - 1);

  const edge = record.edges[wish.edge] ? wish.edge : null;
  const place = record.history[wish.position - 1];
  let node = record.nodes[wish.node] ? wish.node : place?.node ?? null;
  if (edge !== null) node = record.edges[edge][1];
  const isThere = place && record.nodes[node]?.positions.includes(wish.position);
  return { user: record.user?.index ?? null, position: isThere ? wish.position : null, node, edge, layer, path, phase, stage };
}

// The edge with the largest weight among those that fit(source, centre); null when there is none.
function heaviest(record, weights, fits) {
  let best = null;
  record.edges.forEach(([source, centre], edge) => {
    const weight = weights[edge] ?? null;
    if (weight === null || !fits(source, centre)) return;
    if (best === null || weight > weights[best]) best = edge;
  });
  return best;
}

// Family and weights of the selected layer, order and phase; an aggregator without attention has no weights.
function attentionAt(record, { layer, path, phase }) {
  const { family = "", weights } = record.layers[layer]?.attention[path]?.[phase] ?? {};
  return { family, weights: weights ?? [] };
}

// The picture in up to four sentences.
function describe(record, at) {
  const kinds = record.node_types.map((name, type) => {
    const number = record.nodes.filter((node) => node.type === type).length;
    return count(number, `${name} node`);
  });
  const size = `MSGraph of ${count(record.history.length, "interaction")}`;
  const sentences = [`${size}: ${kinds.join(", ")} and ${count(record.edges.length, "edge")}.`];
  if (record.target) {
    sentences.push(`The next item, ${clean(record.target.title)}, has rank ${rank(record.target.rank)}.`);
  }

  const { family, weights } = attentionAt(record, at);
  const order = family ? `, order ${at.path}, phase ${at.phase + 1} (${family})` : "";
  const where = `In layer ${at.layer + 1}${order}`;
  const best = heaviest(record, weights, (source, centre) => source !== centre);
  if (best === null) {
    sentences.push(`${where} no node attends to another.`);
  } else {
    const [source, centre] = record.edges[best].map((end) => clean(record.nodes[end]?.label));
    const most = three(weights[best]);
    sentences.push(`${where} the largest attention between two nodes is ${most}: ${centre} attends to ${source}.`);
  }

  const beta = record.layers[at.layer]?.beta?.filter(Boolean);
  if (beta) {
    const late = three(mean(beta.map(([hohe]) => hohe)));
    sentences.push(`The gate of this layer gives ${late} to the path hohe on average.`);
  }
  return sentences.join(" ");
}

// "item 3" and the like: what is the same node in another record.
function keyOfNode(record, n) {
  const node = record.nodes[n];
  return `${record.node_types[node.type]}\n${node.id}`;
}

// The node of `record` that has this key, or -1.
function nodeWithKey(record, key) {
  return record.nodes.findIndex((_, n) => keyOfNode(record, n) === key);
}

// ---- flow: what a score is the sum of, exact and signed, by the order in which paths follow time and cross types --------

const EARLY_GROUP = "crossed, then time";
const LATE_GROUP = "time, then crossed";
const FLOW_NAMES = { [EARLY_GROUP]: "early", [LATE_GROUP]: "late" };
const FLOW_SAYS = { // what paths of a group do, for a learner
  "own identity": "the last item itself, which the path never leaves",
  "own codes": "a code of the last item, mixed in without a step in time",
  "shared codes": "another node, across types alone: items that share a code",
  [EARLY_GROUP]: "crossed, then time: a modality is mixed in first, then carried along the history (early fusion)",
  [LATE_GROUP]: "time, then crossed: a type's own sequence is read first, then mixed in (late fusion)",
  "time alone": "along the history within the items, never mixed",
};

// The flow of one item's score; null where the record holds none.
function flowOfItem(record, item) {
  return record.flow?.items.find((one) => one.item === item) ?? null;
}

// The item of which the panels speak: the one that came next, else the best one.
function watchedItem(record) {
  return record.target ?? record.answer.top[0] ?? null;
}
