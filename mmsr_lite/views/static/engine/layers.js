// The network of one history: node states (paper, section 4.2), HAN-GNN layers in every order of fusion (4.3.2), the
// update gate, and the scores (4.4). Python's nn/nodes.py and nn/han.py are the same; a test compares every number.
// A matrix is {rows, columns, values}; vectors are Float64Array of length D.

// A vector of zeros. A browser keeps each short array in memory of its own, which takes longer to get than to fill, so that
// many vectors share the memory of one array.
const SHARED = 8192; // numbers
let memory = new Float64Array(SHARED);
let used = 0;
function zeros(count) {
  if (count > SHARED / 16) return new Float64Array(count);
  if (used + count > SHARED) [memory, used] = [new Float64Array(SHARED), 0];
  used += count;
  return memory.subarray(used - count, used);
}

const dot = (a, b) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const add = (to, factor, vector) => {
  for (let i = 0; i < to.length; i++) to[i] += factor * vector[i];
  return to;
};
const scaled = (vector, factor) => add(zeros(vector.length), factor, vector);
const norm = (vector) => Math.sqrt(dot(vector, vector));
const rowOf = (matrix, row) => matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);

// matrix * vector; with `from`, the columns from there on alone, as many as the vector has entries. Most of the time goes
// here: four sums at once take a third less of it than one.
function times(matrix, vector, from = 0) {
  const { rows, columns, values } = matrix;
  const count = vector.length;
  const whole = count - (count % 4);
  const result = zeros(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * columns + from;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < whole; i += 4) {
      a += values[at + i] * vector[i];
      b += values[at + i + 1] * vector[i + 1];
      c += values[at + i + 2] * vector[i + 2];
      d += values[at + i + 3] * vector[i + 3];
    }
    for (let i = whole; i < count; i++) a += values[at + i] * vector[i];
    result[row] = a + b + c + d;
  }
  return result;
}

// vector * matrix; with `from` and `width`, the columns from there on alone.
function timesTransposed(vector, matrix, from = 0, width = matrix.columns) {
  const { rows, columns, values } = matrix;
  const result = zeros(width);
  for (let row = 0; row < rows; row++) {
    const share = vector[row];
    let at = row * columns + from;
    for (let i = 0; i < width; i++) {
      result[i] += share * values[at];
      at += 1;
    }
  }
  return result;
}

const leaky = (value, slope) => (value < 0 ? slope * value : value);

function softmax(values) {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = values.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

// What there is of each of `count` nodes, as a function of the node: computed when it is first asked for, then kept. A score
// asks for a few nodes of the last layer; the others are computed when somebody looks at them.
function kept(count, compute) {
  const known = new Array(count).fill(undefined);
  return (n) => (known[n] ??= compute(n));
}

// The values of all nodes.
const ofAll = (graph, valueOf) => graph.nodes.map((_, n) => valueOf(n));

// ---- node states: W [identity ; type ; mean of the positions], positions counted from the end (section 4.2) ----------

function firstStates(model, graph) {
  const { weights, settings, rowOfItem } = model;
  const { merge, items, features, codes, types, positions } = weights;
  const { dim } = settings;
  const mapped = (vector, block) => times(merge, vector, block * dim);
  model.ofTypes ??= types && range(types.rows).map((type) => mapped(rowOf(types, type), 1)); // the same for all histories
  model.ofPositions ??= positions && range(positions.rows).map((place) => mapped(rowOf(positions, place), types ? 2 : 1));
  return kept(graph.nodes.length, (n) => {
    const { type, id, positions: spots } = graph.nodes[n];
    const row = type === 0 ? rowOfItem(id) : id;
    const state = mapped(rowOf(type === 0 ? items : codes[type - 1], row), 0);
    if (type === 0 && features) add(state, 1, mapped(rowOf(features, row), 0)); // the departure `item_features`
    if (types) add(state, 1, model.ofTypes[type]);
    for (const spot of positions ? spots : []) {
      add(state, 1 / spots.length, model.ofPositions[graph.history.length - spot]);
    }
    return state;
  });
}

// ---- attention: for each edge of a family a logit, then a softmax over what a centre attends to --------------------------

// Equation 12: a_r . (V_i * V_j).
function homogeneousLogit(layer, settings, compared, neighbour, centre, relation) {
  const { columns, values } = layer.relation;
  const [one, other] = [compared(centre), compared(neighbour)];
  const from = relation * columns;
  let sum = 0;
  for (let i = 0; i < columns; i++) sum += values[from + i] * one[i] * other[i];
  return leaky(sum, settings.slope);
}

// The numbers that a homogeneous logit is the sum of, before leaky ReLU.
function homogeneousTerms(layer, compared, neighbour, centre, relation) {
  const a = rowOf(layer.relation, relation);
  return [...a].map((weight, i) => weight * compared(centre)[i] * compared(neighbour)[i]);
}

// Equation 13: the neighbour asks, the centre answers.
function heterogeneousProducts(layer, settings, graph, compared) {
  const mapped = (maps) => kept(graph.nodes.length, (n) => times(maps[graph.nodes[n].type], compared(n)));
  const [query, key] = [mapped(layer.query), mapped(layer.key)];
  const factor = settings.scale ? 1 / Math.sqrt(settings.dim) : 1;
  return {
    logitOf: (neighbour, centre) => leaky(dot(key(centre), query(neighbour)) * factor, settings.slope),
    termsOf: (neighbour, centre) => [...key(centre)].map((value, i) => value * query(neighbour)[i] * factor),
  };
}

// The attention of one phase. `attend(centre)` computes the logits and weights of a centre, where nobody has asked for them
// before, and gives its edges; what `logits` and `weights` hold of centres that were not asked for is null.
function attentionOf(graph, family, logitOf) {
  const { edges, heard } = graph;
  const logits = new Array(edges.length).fill(null);
  const weights = new Array(edges.length).fill(null);
  const isDone = new Uint8Array(graph.nodes.length);
  function attend(centre) {
    const own = heard[family][centre];
    if (isDone[centre]) return own;
    isDone[centre] = 1;
    let most = -Infinity;
    for (const e of own) {
      const [neighbour, , relation] = edges[e];
      logits[e] = logitOf(neighbour, centre, relation);
      most = Math.max(most, logits[e]);
    }
    let total = 0;
    for (const e of own) {
      weights[e] = Math.exp(logits[e] - most);
      total += weights[e];
    }
    for (const e of own) weights[e] /= total;
    return own;
  }
  return { family, logits, weights, attend };
}

// The attention of one phase, of all centres.
function wholeAttention(graph, phase) {
  for (let centre = 0; centre < graph.nodes.length; centre++) phase.attend(centre);
  return phase;
}

// What each centre takes of its neighbours' vectors; a centre that attends to nobody gathers nothing.
function gather(graph, { weights, attend }, vectorOf, dim) {
  return kept(graph.nodes.length, (centre) => {
    const sum = zeros(dim);
    for (const e of attend(centre)) add(sum, weights[e], vectorOf(graph.edges[e][0]));
    return sum;
  });
}

// ---- one layer ------------------------------------------------------------------------------------------------------

// The states of nodes through the value maps of their types.
function valuesOf(layer, graph, stateOf) {
  return kept(graph.nodes.length, (n) => times(layer.value[graph.nodes[n].type], stateOf(n)));
}

// One path through a layer: its phases with their attention, and the vectors in which it ends.
function walk(layer, settings, graph, families, input, values) {
  let reached = input;
  const phases = families.map((family, phase) => {
    const second = phase === 1;
    let compared = values; // whose products are the homogeneous logits
    if (second && (settings.invasive || family === "homogeneous")) compared = valuesOf(layer, graph, reached);
    const summed = second && settings.invasive ? compared : values; // non-invasive: only the logits see phase 1
    let logitOf = (neighbour, centre, relation) => homogeneousLogit(layer, settings, compared, neighbour, centre, relation);
    let termsOf = (neighbour, centre, relation) => homogeneousTerms(layer, compared, neighbour, centre, relation);
    if (family === "heterogeneous") {
      ({ logitOf, termsOf } = heterogeneousProducts(layer, settings, graph, settings.hohe_reads_input ? input : reached));
    }
    const attention = attentionOf(graph, family, logitOf);
    reached = gather(graph, attention, summed, settings.dim);
    return { ...attention, termsOf };
  });
  return { phases, end: reached };
}

// The update gate's logits of both paths (equation 16).
function gateLogits({ first, second, separate }, hohe, heho) {
  const hidden = (parts) => {
    const sum = scaled(rowOf(first.bias, 0), 1);
    parts.forEach((part, i) => add(sum, 1, times(first.weight, part, i * part.length)));
    for (let i = 0; i < sum.length; i++) sum[i] = Math.max(0, sum[i]);
    return sum;
  };
  const out = (parts) => [...times(second.weight, hidden(parts))].map((value, i) => value + second.bias.values[i]);
  return separate ? [...out([hohe]), ...out([heho])] : out([hohe, heho]);
}

// Everything that one layer does, as functions of a node; `forced(n)` gives the shares of a forced gate, or null.
function runLayer(layer, settings, graph, input, forced) {
  const values = valuesOf(layer, graph, input);
  const paths = {};
  for (const [path, families] of Object.entries(settings.paths)) {
    paths[path] = walk(layer, settings, graph, families, input, values);
  }
  const ends = Object.values(paths).map(({ end }) => end);
  const seen = { input, paths, beta: null, gateLogits: null };
  const count = graph.nodes.length;
  let merged = ends[0];
  if (settings.merge === "gate") {
    seen.gateLogits = kept(count, (n) => gateLogits(layer.gate, ends[0](n), ends[1](n)));
    seen.beta = kept(count, (n) => forced(n) ?? softmax(seen.gateLogits(n)));
    merged = (n) => {
      const [late, early] = seen.beta(n);
      return add(scaled(ends[0](n), late), early, ends[1](n));
    };
  } else if (settings.merge === "linear") {
    merged = (n) => {
      const sum = scaled(rowOf(layer.join.bias, 0), 1);
      ends.forEach((end, i) => add(sum, 1, times(layer.join.weight, end(n), i * settings.dim)));
      return sum;
    };
  }
  seen.output = settings.residual ? kept(count, (n) => add(scaled(merged(n), 1), 1, input(n))) : kept(count, merged);
  return seen;
}

// The whole network: what each layer saw, and the scores of all items of the page, by row; row 0 is padding.
function runModel(model, graph, forced = () => null) {
  const layers = [];
  let states = firstStates(model, graph);
  model.weights.layers.forEach((layer, index) => {
    const seen = runLayer(layer, model.settings, graph, states, (n) => forced(index, n));
    layers.push(seen);
    states = seen.output;
  });
  const last = states(graph.last);
  const factor = stateFactor(model, last);
  const state = scaled(last, factor);
  const scores = times(model.table, state);
  scores[0] = -Infinity;
  return { layers, factor, state, scores };
}

// With cosine scores, no part of the paper, the last state is brought to one length.
function stateFactor({ settings }, state) {
  return settings.cosine ? Math.sqrt(settings.cosine) / Math.max(norm(state), 1e-12) : 1;
}
