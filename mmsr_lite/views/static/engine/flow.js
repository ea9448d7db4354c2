// The flow: what a score is exactly the sum of, attention and gates held as they are ("What beta weighs" in the
// documentation). Python's explain/contributions.py says what the groups are; a test compares every number.

const FLOW_GROUPS = ["own identity", "own codes", "shared codes", "crossed, then time", "time, then crossed", "time alone"];
const [STILL, CROSSED, TIMED, CROSSED_TIMED, TIMED_CROSSED] = [0, 1, 2, 3, 4]; // what a path has done so far
const ALL_DONE = [STILL, CROSSED, TIMED, CROSSED_TIMED, TIMED_CROSSED];
const AFTER_STEP = { // what it has done after one more step to another node
  heterogeneous: [CROSSED, CROSSED, TIMED_CROSSED, CROSSED_TIMED, TIMED_CROSSED],
  homogeneous: [TIMED, CROSSED_TIMED, TIMED, CROSSED_TIMED, TIMED_CROSSED],
};

// The phases of a path whose sums reach the state: non-invasive, phase 1 steers the attention alone.
const summedPhases = (settings, phases) => (settings.invasive ? phases : phases.slice(-1));

// What a person sees as the last item's own: its node and its codes.
function ownNodes(graph) {
  const own = new Set();
  for (const here of graph.nodesAt) if (here[0] === graph.last) here.forEach((n) => own.add(n));
  return own;
}

// The part of a node's first state that is the features of its item (the departure `item_features`): it has crossed already.
function featurePart(model, node) {
  const { features, merge } = model.weights;
  return features && node.type === 0 ? times(merge, rowOf(features, model.rowOfItem(node.id))) : null;
}

// ---- forwards: the last item's state as a sum over groups, which any item's vector turns into its score -------------

// A part of a state: 5 * (1 where its source is not the last item's own) + what its path has done, or CONSTANT.
const CONSTANT = 10;

function groupVectors(model, graph, run) {
  const { settings, weights } = model;
  const own = ownNodes(graph);
  const [{ input }] = run.layers;
  let parts = kept(graph.nodes.length, (n) => {
    const begin = own.has(n) ? 0 : 5;
    const crossed = featurePart(model, graph.nodes[n]);
    if (!crossed) return new Map([[begin + STILL, input(n)]]);
    return new Map([[begin + STILL, add(scaled(input(n), 1), -1, crossed)], [begin + CROSSED, crossed]]);
  });
  run.layers.forEach((seen, index) => {
    const layer = weights.layers[index];
    const before = parts;
    const valued = partsValued(layer, graph, before); // which all paths of the layer share
    const ends = Object.values(seen.paths).map(({ phases }) => {
      let [reached, values] = [before, valued];
      for (const phase of summedPhases(settings, phases)) {
        reached = stepForward(graph, phase, values);
        values = partsValued(layer, graph, reached);
      }
      return reached;
    });
    parts = kept(graph.nodes.length, (n) => { // of the nodes whose states reach the answer; nobody asks for the others
      const joined = settings.residual ? copied(before(n)) : new Map();
      ends.forEach((end, number) => {
        for (const [kind, vector] of end(n)) addShare(joined, kind, layer, seen, number, n, vector);
      });
      if (layer.join) addPart(joined, CONSTANT, 1, rowOf(layer.join.bias, 0));
      return joined;
    });
  });
  const last = parts(graph.last);
  const zero = new Float64Array(settings.dim);
  const sum = (done) => add(scaled(last.get(done) ?? zero, run.factor), run.factor, last.get(5 + done) ?? zero);
  const ofOwn = scaled(last.get(CROSSED) ?? zero, run.factor);
  const ofOthers = scaled(last.get(5 + CROSSED) ?? zero, run.factor);
  const groups = [sum(STILL), ofOwn, ofOthers, sum(CROSSED_TIMED), sum(TIMED_CROSSED), sum(TIMED)];
  return { groups, rest: scaled(last.get(CONSTANT) ?? zero, run.factor) };
}

const copied = (parts) => new Map([...parts].map(([kind, vector]) => [kind, scaled(vector, 1)]));

// Add to a part, in place: the vectors of `parts` are its own.
function addPart(parts, kind, factor, vector) {
  const known = parts.get(kind);
  if (known) add(known, factor, vector);
  else parts.set(kind, scaled(vector, factor));
}

// Add what becomes of the end of a path when the paths are joined.
function addShare(parts, kind, layer, seen, number, n, vector) {
  if (seen.beta) addPart(parts, kind, seen.beta(n)[number], vector);
  else addPart(parts, kind, 1, shareOf(layer, seen, number, n, vector));
}

// What becomes of the end of a path when the paths are joined: beta's share, its part of the linear map, or all of it.
function shareOf(layer, seen, number, n, vector) {
  if (seen.beta) return scaled(vector, seen.beta(n)[number]);
  if (layer.join) return times(layer.join.weight, vector, number * vector.length);
  return vector;
}

// The parts of nodes through the value maps, as [kind, vector].
function partsValued(layer, graph, partsOf) {
  return kept(graph.nodes.length, (n) => {
    const map = layer.value[graph.nodes[n].type];
    return [...partsOf(n)].map(([kind, vector]) => [kind, times(map, vector)]);
  });
}

// One weighted sum of values: each part of a neighbour's state arrives with one more step in its path.
function stepForward(graph, { family, weights, attend }, valued) {
  const after = AFTER_STEP[family];
  return kept(graph.nodes.length, (centre) => {
    const result = new Map();
    for (const e of attend(centre)) {
      const neighbour = graph.edges[e][0];
      for (const [kind, vector] of valued(neighbour)) {
        let then = kind;
        if (neighbour !== centre && kind !== CONSTANT) then = 5 * Math.floor(kind / 5) + after[kind % 5];
        if (!result.has(then)) result.set(then, zeros(vector.length));
        add(result.get(then), weights[e], vector);
      }
    }
    return result;
  });
}

// ---- backwards: the contribution of each node to one score ----------------------------------------------------------

// (N, 6) for a vector whose product with the last item's state is the score.
function nodeContributions(model, graph, run, readout) {
  const { settings, weights } = model;
  // adjoint[n]: 5 * done + end -> what a unit of value at node n is worth to a path that has `done` so far and ends as `end`
  let adjoint = graph.nodes.map(() => new Map());
  for (let done = 0; done < 5; done++) adjoint[graph.last].set(6 * done, scaled(readout, run.factor));
  const begins = weights.features ? [STILL, CROSSED] : [STILL];
  for (let index = run.layers.length - 1; index >= 0; index--) {
    const layer = weights.layers[index];
    const seen = run.layers[index];
    const result = adjoint.map((own) => (settings.residual ? copied(own) : new Map()));
    Object.values(seen.paths).forEach(({ phases }, number) => {
      let reaching = adjoint.map((own, n) => {
        const shares = [...own].map(([key, vector]) => [key, shareBack(layer, seen, number, n, vector)]);
        return new Map(shares);
      });
      const steps = [...summedPhases(settings, phases)].reverse();
      steps.forEach((phase, i) => {
        const isFirstOfAll = index === 0 && i === steps.length - 1; // of a path: it begins there, and has done nothing
        reaching = stepBack(layer, graph, phase, reaching, isFirstOfAll ? begins : ALL_DONE);
      });
      reaching.forEach((own, n) => {
        for (const [key, vector] of own) addPart(result[n], key, 1, vector);
      });
    });
    adjoint = result;
  }
  const own = ownNodes(graph);
  return graph.nodes.map((node, n) => {
    const crossed = featurePart(model, node);
    const state = run.layers[0].input(n);
    const still = crossed ? add(scaled(state, 1), -1, crossed) : state;
    const byEnd = range(5).map((end) => {
      const fromStill = adjoint[n].get(5 * STILL + end);
      const fromCrossed = crossed && adjoint[n].get(5 * CROSSED + end);
      return (fromStill ? dot(fromStill, still) : 0) + (fromCrossed ? dot(fromCrossed, crossed) : 0);
    });
    const [ofOwn, ofOthers] = own.has(n) ? [byEnd[CROSSED], 0] : [0, byEnd[CROSSED]];
    return [byEnd[STILL], ofOwn, ofOthers, byEnd[CROSSED_TIMED], byEnd[TIMED_CROSSED], byEnd[TIMED]];
  });
}

function shareBack(layer, seen, number, n, vector) {
  if (seen.beta) return scaled(vector, seen.beta(n)[number]);
  if (layer.join) return timesTransposed(vector, layer.join.weight, number * vector.length, vector.length);
  return vector;
}

// One weighted sum of values backwards: to the neighbours, by what the step adds to the path, through the value maps.
// `wanted` is what a path may have done before the step.
function stepBack(layer, graph, { family, weights, attend }, adjoint, wanted) {
  const after = AFTER_STEP[family];
  const result = adjoint.map(() => new Map());
  const collect = (n, key, factor, vector) => {
    if (!result[n].has(key)) result[n].set(key, zeros(vector.length));
    add(result[n].get(key), factor, vector);
  };
  adjoint.forEach((own, centre) => {
    if (!own.size) return;
    for (const e of attend(centre)) {
      const neighbour = graph.edges[e][0];
      for (const [key, vector] of own) {
        const [then, end] = [Math.floor(key / 5), key % 5];
        for (const done of wanted) {
          const reached = neighbour === centre ? done : after[done];
          if (reached === then) collect(neighbour, 5 * done + end, weights[e], vector);
        }
      }
    }
  });
  return result.map((own, n) => {
    const map = layer.value[graph.nodes[n].type];
    return new Map([...own].map(([key, vector]) => [key, timesTransposed(vector, map)]));
  });
}
