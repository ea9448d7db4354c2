// The trace: everything that the model does with one history, the same record that Python's explain/trace.py writes.

// ---- cards: what records say of items and nodes ----------------------------------------------------------------------

function itemCard({ data, rowOfItem }, item) {
  const row = rowOfItem(item);
  const picture = data.items.picture[row];
  return { item, item_id: data.items.id[row], title: data.items.title[row], picture: picture === null ? null : data.pictures[picture] };
}

function stepsOf(model, graph) {
  return graph.nodesAt.map((here, at) => {
    const item = graph.history[at];
    const texts = Object.entries(model.data.items.texts).map(([name, column]) => [name, column[model.rowOfItem(item)]]);
    const codes = Object.fromEntries(model.modalities.map((name) => [name, []]));
    for (const n of [...here].sort((a, b) => a - b)) {
      const { type, id } = graph.nodes[n];
      if (type > 0) codes[model.nodeTypes[type]].push(id);
    }
    return { ...itemCard(model, item), position: at + 1, texts: Object.fromEntries(texts), codes, node: here[0] };
  });
}

function nodeCards(model, graph) {
  return graph.nodes.map(({ type, id, positions }) => {
    const name = type === 0 ? model.titleOf(id) || itemCard(model, id).item_id : `${model.nodeTypes[type]} code ${id}`;
    const items = [...new Set(positions.map((position) => graph.history[position - 1]))];
    return { type, id, label: name, positions, items };
  });
}

// ---- the trace: everything that the model does with one history ------------------------------------------------------

// The rank of a row, 1 being best; rows of one score share the mean of their places.
function rankOf(scores, row) {
  let [above, equal] = [0, 0];
  for (let other = 1; other < scores.length; other++) {
    if (scores[other] > scores[row]) above += 1;
    else if (scores[other] === scores[row]) equal += 1;
  }
  return above + (equal + 1) / 2;
}

function probabilities(scores) {
  let most = -Infinity;
  for (const score of scores) most = Math.max(most, score);
  const powers = new Float64Array(scores.length);
  let total = 0;
  for (let row = 0; row < scores.length; row++) {
    powers[row] = Math.exp(scores[row] - most);
    total += powers[row];
  }
  for (let row = 0; row < scores.length; row++) powers[row] /= total;
  return powers;
}

// The rows of the best items, the best first.
function bestRows(scores, count) {
  const best = [];
  for (let row = 1; row < scores.length; row++) {
    if (best.length === count && scores[row] <= scores[best.at(-1)]) continue;
    let place = best.length;
    while (place > 0 && scores[best[place - 1]] < scores[row]) place -= 1;
    best.splice(place, 0, row);
    if (best.length > count) best.pop();
  }
  return best;
}

// What the last state is the sum of: what each path and the residual connection of the last layer brought.
function partsOf(model, graph, { layers, factor }) {
  const seen = layers.at(-1);
  const layer = model.weights.layers.at(-1);
  const parts = Object.entries(seen.paths).map(([path, { end }], number) => (
    [path, shareOf(layer, seen, number, graph.last, end(graph.last))]));
  if (layer.join) parts.push(["bias", rowOf(layer.join.bias, 0)]);
  if (model.settings.residual) parts.push(["residual", seen.input(graph.last)]);
  return parts.map(([name, vector]) => [name, scaled(vector, factor)]);
}

// What a record says of a layer. Of the last layer the answer needs few nodes: the others are computed when a panel asks.
function layerFields(graph, seen, removed) {
  const fields = {};
  const betaOf = (n) => (removed[n] ? null : seen.beta(n));
  computeLater(fields, "attention", () => {
    const paths = Object.entries(seen.paths).map(([path, { phases }]) => [path, phases.map((phase) => {
      const { family, weights, logits } = wholeAttention(graph, phase);
      return { family, weights, logits };
    })]);
    return Object.fromEntries(paths);
  });
  computeLater(fields, "norms", () => {
    const normsOf = (stateOf) => ofAll(graph, (n) => norm(stateOf(n)));
    const ends = Object.entries(seen.paths).map(([path, { end }]) => [path, normsOf(end)]);
    return { input: normsOf(seen.input), ...Object.fromEntries(ends), output: normsOf(seen.output) };
  });
  computeLater(fields, "beta", () => seen.beta && ofAll(graph, betaOf));
  computeLater(fields, "gate_logits", () => seen.gateLogits && ofAll(graph, seen.gateLogits));
  return fields;
}

const shortRow = (vector) => [...vector].map((value) => Number(value.toFixed(5)));

function stagesOf(model, graph, { layers }) {
  const { settings } = model;
  const [length, count] = [graph.history.length, graph.nodes.length];
  const stages = [];
  const stage = (name, shape, probe = null, vector = null, at = {}) => (
    stages.push({ stage: name, probe, shape, row: vector && shortRow(vector), ...at }));
  stage("build", [length, graph.nodes.filter(({ type }) => type === 0).length]);
  stage("codes", [length, model.codes.reduce((sum, { k }) => sum + k, 0)]);
  layers.forEach((seen, layer) => {
    const name = `layers.${layer}.probes`;
    stage("input", [count, settings.dim], `${name}.input`, seen.input(graph.last), { layer });
    for (const [path, { phases, end }] of Object.entries(seen.paths)) {
      phases.forEach(({ family }, phase) => {
        const vector = phase === phases.length - 1 ? end(graph.last) : null;
        stage(family, [count, count], `${name}.${path}_${phase + 1}_weights`, vector, { layer, path, phase });
      });
    }
    const gated = settings.merge === "gate";
    stage(settings.merge, [count, gated ? 2 : settings.dim], `${name}.${gated ? "beta" : "output"}`, seen.output(graph.last), { layer });
  });
  stage("pool", [settings.dim], `layers.${layers.length - 1}.probes.output`, layers.at(-1).output(graph.last));
  stage("score", [model.rows - 1]);
  return stages;
}

// A field that is computed when it is first read: the panels read the parts of one item, and they take long.
function computeLater(record, name, compute) {
  const keep = (value) => Object.defineProperty(record, name, { value, enumerable: true, writable: true });
  const get = () => keep(compute())[name];
  Object.defineProperty(record, name, { get, set: keep, enumerable: true, configurable: true });
}

const sevenDigits = (value) => Number(value.toPrecision(7));

function flowOf(model, graph, run, rows) {
  const { groups, rest } = groupVectors(model, graph, run);
  const whole = new Set([rows[0], rows.at(-1)]);
  const items = [...new Set(rows)].map((row) => {
    const readout = rowOf(model.table, row);
    const fields = {
      item: model.itemAt(row),
      groups: groups.map((vector) => sevenDigits(dot(vector, readout))),
      rest: sevenDigits(dot(rest, readout)),
    };
    if (whole.has(row)) {
      const parts = () => nodeContributions(model, graph, run, readout).map((own) => own.map(sevenDigits));
      computeLater(fields, "nodes", parts);
    }
    return fields;
  });
  return { groups: FLOW_GROUPS, items };
}

// The graph of an edited history with what is cut from it, and what the model does with it.
function runEdited(model, edited) {
  const { history, gone, cut, relations } = edited;
  const whole = buildGraph(history, model.modalities.length, (m, item) => edited.codesOf(m, item), model.settings.global_attention);
  const keyOf = (n) => `${model.nodeTypes[whole.nodes[n].type]} ${whole.nodes[n].id}`;
  const cutPairs = new Set(cut.map(([centre, neighbour]) => `${centre.join(" ")} <- ${neighbour.join(" ")}`));
  const isCut = (neighbour, centre, relation) => relations.has(RELATIONS[relation]) || gone.has(keyOf(centre))
    || gone.has(keyOf(neighbour)) || cutPairs.has(`${keyOf(centre)} <- ${keyOf(neighbour)}`);
  const isPlain = !gone.size && !cut.length && !relations.size;
  const graph = isPlain ? whole : cutGraph(whole, (...edge) => !isCut(...edge));
  const forced = (layer, n) => {
    const { type, id } = graph.nodes[n];
    const mine = edited.gates.filter((gate) => (gate.layer ?? layer) === layer && (gate.id ?? id) === id
      && (gate.type ?? model.nodeTypes[type]) === model.nodeTypes[type]);
    return mine.length ? FORCED[mine.at(-1).to] : null;
  };
  const removed = graph.nodes.map((_, n) => gone.has(keyOf(n)));
  return { graph, whole, removed, run: runModel(model, graph, forced) };
}

// The trace record of a history, edited or not.
function traceRecord(model, done, { target = null, user = null, truth = null, top = 10 }) {
  const { graph, run, removed } = done;
  const { scores } = run;
  const parts = partsOf(model, graph, run);
  const chance = probabilities(scores);
  const rows = bestRows(scores, Math.min(top, scores.length - 1));
  if (target !== null) rows.push(model.rowOfItem(target));
  const ranked = rows.map((row) => ({
    ...itemCard(model, model.itemAt(row)),
    score: scores[row],
    probability: chance[row],
    parts: parts.map(([, vector]) => dot(vector, rowOf(model.table, row))),
  }));
  const goal = target === null ? null : { ...ranked.pop(), rank: rankOf(scores, model.rowOfItem(target)) };
  const nodes = nodeCards(model, graph);
  const layers = run.layers.map((seen) => layerFields(graph, seen, removed));
  removed.forEach((isRemoved, n) => {
    if (isRemoved) nodes[n].removed = true;
  });
  return {
    schema: "mmsr-lite/trace/1",
    dataset: { name: model.data.dataset.name, items: model.rows - 1 }, // ranks are among the items that the page holds
    model: model.card,
    user,
    relations: RELATIONS,
    target: goal,
    node_types: model.nodeTypes,
    history: stepsOf(model, graph),
    nodes,
    edges: graph.edges,
    layers,
    stages: stagesOf(model, graph, run),
    flow: flowOf(model, graph, run, rows),
    answer: { parts: parts.map(([name]) => name), top: ranked },
    truth,
  };
}
