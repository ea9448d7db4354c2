// What if: one history changed on purpose, beside the clean run and against a band of random changes of the same kind.
// Python's explain/what_if.py writes the same record; both draw from the same random numbers, so the bands are equal.

const BAND = [0.05, 0.95]; // the quantiles between which a delta is nothing special

// `asked` is {history, target, user, truth}; `changes` are a change or several.
function whatIfRecord(model, asked, change, repeats, seed = 0) {
  const changes = (Array.isArray(change) ? change : [change]).map(filled);
  if (!changes.length) throw new EngineError("there is no change to make; give one such as 'shuffle'");
  if (changes.some((one) => one.do === "gate") && model.settings.merge !== "gate") {
    throw new EngineError(`${model.card.label} has no update gates to force; give an MMSR with fusion 'adaptive'`);
  }
  const plain = runEdited(model, new EditedHistory(asked.history, model));
  const clean = traceRecord(model, plain, asked);
  const goal = clean.target ?? clean.answer.top[0];
  const edges = namedEdges(clean);
  const fresh = () => new EditedHistory(asked.history, model, edges);
  const changing = fresh();
  const told = applyChanges(changing, changes, new SharedRandom(seed, 0));
  const others = otherChoices(fresh(), changes);
  const exact = Boolean(others?.length) && others.length <= repeats;
  const runs = [fresh(), changing, ...otherRuns(fresh, changes, others, repeats, seed)];
  for (const run of runs) run.history = run.history.slice(-model.settings.max_history);
  const done = runs.map((run, i) => (i === 0 ? plain : runEdited(model, run)));
  refuseMissingEdges(model, runs[1], done[1]);
  const changed = traceRecord(model, done[1], { target: goal.item });
  changed.user = clean.user;
  if (clean.target === null) changed.target = null;
  const record = {
    schema: "mmsr-lite/what-if/1",
    changes,
    told,
    repeats: runs.length - 2,
    seed,
    exact,
    watched: { item: goal.item, item_id: goal.item_id, title: goal.title },
    clean,
    changed,
    measures: measuresOf(model, done, model.rowOfItem(goal.item), exact),
    nodes: changedNodes(model, clean, changed, done),
    ...changedEdges(clean, changed),
    top: bestOfBoth(model, clean, changed, done),
  };
  return { ...record, sentence: sentenceOf(record) };
}

// The history after all other choices, or after `repeats` random changes, none of which is the tested one.
function otherRuns(fresh, changes, others, repeats, seed) {
  const draw = (number) => new SharedRandom(seed, number);
  if (!others?.length) {
    return range(repeats).map((number) => {
      const run = fresh();
      repeatAtRandom(run, changes, draw(number + 1));
      return run;
    });
  }
  let chosen = others;
  if (others.length > repeats) {
    const places = draw(0).permutation(range(others.length)).slice(0, repeats);
    chosen = places.sort((a, b) => a - b).map((place) => others[place]);
  }
  return chosen.map((other, number) => {
    const run = fresh();
    applyChanges(run, [other], draw(number + 1));
    return run;
  });
}

// Each edge of a trace as {centre, neighbour, relation}, nodes as [type, id].
function namedEdges(record) {
  const nodes = record.nodes.map(({ type, id }) => [record.node_types[type], id]);
  return record.edges.map(([neighbour, centre, relation]) => (
    { centre: nodes[centre], neighbour: nodes[neighbour], relation: RELATIONS[relation] }));
}

function refuseMissingEdges(model, edited, { whole }) {
  const named = (n) => `${model.nodeTypes[whole.nodes[n].type]} ${whole.nodes[n].id}`;
  const there = new Set(whole.edges.map(([neighbour, centre]) => `${named(centre)} <- ${named(neighbour)}`));
  for (const [centre, neighbour] of edited.cut) {
    if (there.has(`${centre.join(" ")} <- ${neighbour.join(" ")}`)) continue;
    throw new EngineError(`${quoted(centre)} does not attend to ${quoted(neighbour)}; give the two ends of an edge of the graph`);
  }
}

// ---- measures: both runs, the delta, and its band --------------------------------------------------------------------

function measuresOf(model, done, watched, exact) {
  const over = (value, isProbability = false) => measured(done.map(value), isProbability, exact);
  const measures = {
    beta: null,
    rank: over(({ run }) => rankOf(run.scores, watched)),
    score: over(({ run }) => run.scores[watched]),
    probability: over(({ run }) => probabilities(run.scores)[watched], true),
  };
  if (model.settings.merge === "gate") measures.beta = over(meanLate);
  return measures;
}

// The mean share of hohe over the gates of all layers and nodes that are not taken out.
function meanLate({ graph, run, removed }) {
  const late = run.layers.flatMap(({ beta }) => ofAll(graph, beta).filter((_, n) => !removed[n]).map(([share]) => share));
  return late.reduce((a, b) => a + b, 0) / late.length;
}

// The band of all other choices, `exact`, is their whole range, and the place among them is known.
function measured(values, isProbability, exact) {
  const [clean, changed] = values;
  const delta = changed - clean;
  const draws = values.slice(2).map((value) => value - clean);
  const [low, high] = (exact ? [0, 1] : BAND).map((share) => quantile(draws, share));
  // A delta is outside of the band only when it is so by more than runs differ by rounding.
  const rounding = isProbability ? 1e-4 * Math.max(clean, changed) : 1e-5 * Math.max(1, Math.abs(clean));
  const all = [delta, ...draws];
  const larger = draws.filter((draw) => Math.abs(draw) > Math.abs(delta) + rounding).length;
  return {
    ...(exact ? { place: 1 + larger } : {}),
    clean, changed, delta, band: [low, high], draws,
    outside: !(low - rounding <= delta && delta <= high + rounding),
    alike: Math.max(...all) - Math.min(...all) <= rounding,
  };
}

// ---- what differs, node by node, edge by edge, item by item ----------------------------------------------------------

// Every key of two lists with its place in both, null where it is not.
function placesOf(clean, changed) {
  const places = new Map(clean.map((key, place) => [key, { key, clean: place, changed: null }]));
  changed.forEach((key, place) => {
    if (!places.has(key)) places.set(key, { key, clean: null, changed: null });
    places.get(key).changed = place;
  });
  return [...places.values()];
}

const differenceOf = (one, two) => (one === null || two === null || one === undefined || two === undefined ? null : two - one);

function changedNodes(model, clean, changed, done) {
  const keysOf = (record) => record.nodes.map(({ type, id }) => `${type} ${id}`);
  const lateOf = ({ graph, run, removed }) => { // node -> its share of hohe in each layer
    const late = new Map();
    graph.nodes.forEach(({ type, id }, n) => {
      if (!removed[n]) late.set(`${type} ${id}`, run.layers.map(({ beta }) => beta(n)[0]));
    });
    return late;
  };
  const gated = model.settings.merge === "gate";
  const lates = gated ? done.map(lateOf) : [];
  return placesOf(keysOf(clean), keysOf(changed)).map(({ key, clean: before, changed: after }) => {
    const [type, id] = key.split(" ").map(Number);
    if (!gated) return { type, id, clean: before, changed: after, beta: null };
    const draws = lates.slice(2).filter((late) => late.has(key)).map((late) => late.get(key));
    const beta = range(model.layers).map((layer) => {
      const was = before === null ? null : clean.layers[layer].beta[before]?.[0] ?? null;
      const now = after === null ? null : changed.layers[layer].beta[after]?.[0] ?? null;
      const own = lates[0].get(key);
      const deltas = own && draws.map((late) => late[layer] - own[layer]);
      const band = deltas?.length ? BAND.map((share) => quantile(deltas, share)) : null;
      return { clean: was, changed: now, delta: differenceOf(was, now), band };
    });
    return { type, id, clean: before, changed: after, beta };
  });
}

function changedEdges(clean, changed) {
  const keysOf = (record) => namedEdges(record).map(({ centre, neighbour }) => `${centre.join(" ")} <- ${neighbour.join(" ")}`);
  const places = placesOf(keysOf(clean), keysOf(changed));
  const attention = clean.layers.map((was, layer) => {
    const now = changed.layers[layer];
    const byPath = Object.entries(was.attention).map(([path, phases]) => [path, phases.map(({ weights }, phase) => (
      places.map((place) => differenceOf(
        place.clean === null ? null : weights[place.clean],
        place.changed === null ? null : now.attention[path][phase].weights[place.changed],
      ))))]);
    return Object.fromEntries(byPath);
  });
  return { edges: places.map(({ clean: before, changed: after }) => ({ clean: before, changed: after })), attention };
}

// The best items of both runs with both ranks, by the new one.
function bestOfBoth(model, clean, changed, done) {
  const cards = new Map([...clean.answer.top, ...changed.answer.top].map((card) => [card.item, card]));
  const rows = [...cards.values()].map(({ item, item_id, title }) => {
    const [before, after] = done.slice(0, 2).map(({ run }) => rankOf(run.scores, model.rowOfItem(item)));
    return { item, item_id, title, clean: before, changed: after };
  });
  return rows.sort((a, b) => a.changed - b.changed);
}

// What the change does to the rank, or, where no run moves that, to the probability.
function sentenceOf({ told, watched, measures, repeats, exact }) {
  const stays = [measures.rank.delta, ...measures.rank.draws].every((delta) => delta === 0);
  const [name, scale, unit] = stays ? ["probability", 100, " %"] : ["rank", 1, ""];
  const { clean, changed, band, alike, outside, place } = measures[name];
  const phrases = told.join("; ");
  const title = watched.title || watched.item_id;
  const sentence = `${phrases[0].toUpperCase()}${phrases.slice(1)}: the ${name} of “${title}” goes from `
    + `${threeDigits(scale * clean)}${unit} to ${threeDigits(scale * changed)}${unit}`;
  if (alike) return `${sentence}; every change of this kind does the same, so there is no band to hold it against.`;
  const [low, high] = band.map((end) => threeDigits(scale * end, true));
  if (exact) {
    const number = repeats + 1;
    const among = { 1: "the largest", [number]: "the smallest" }[place] ?? `number ${place} by size`;
    return `${sentence}, ${among} of all ${number} changes of this kind; the others give ${low} to ${high}${unit}.`;
  }
  return `${sentence}, which is ${outside ? "outside" : "inside"} the band of ${repeats} random changes of the same kind (${low} to ${high}${unit}).`;
}
