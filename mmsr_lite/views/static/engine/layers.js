// The network of one history: node states (paper, section 4.2), HAN-GNN layers in every order of fusion (4.3.2), the
// update gate, and the scores (4.4). Python's nn/nodes.py and nn/han.py are the same; a test compares every number.
// A matrix is {rows, columns, values}; vectors are Float64Array of length D.

const dot = (a, b) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const add = (to, factor, vector) => {
  for (let i = 0; i < to.length; i++) to[i] += factor * vector[i];
  return to;
};
const scaled = (vector, factor) => add(new Float64Array(vector.length), factor, vector);
const norm = (vector) => Math.sqrt(dot(vector, vector));
const rowOf = (matrix, row) => matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);

// matrix * vector; with `from`, the columns from there on alone, as many as the vector has entries. Most of the time goes
// here: four sums at once take a third less of it than one.
function times(matrix, vector, from = 0) {
  const { rows, columns, values } = matrix;
  const count = vector.length;
  const whole = count - (count % 4);
  const result = new Float64Array(rows);
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
  const result = new Float64Array(width);
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

// ---- node states: W [identity ; type ; mean of the positions], positions counted from the end (section 4.2) ----------

function firstStates(model, graph) {
  const { weights, settings, rowOfItem } = model;
  const { merge, items, features, codes, types, positions } = weights;
  const { dim } = settings;
  const mapped = (vector, block) => times(merge, vector, block * dim);
  model.ofTypes ??= types && range(types.rows).map((type) => mapped(rowOf(types, type), 1)); // the same for all histories
  model.ofPositions ??= positions && range(positions.rows).map((place) => mapped(rowOf(positions, place), types ? 2 : 1));
  return graph.nodes.map(({ type, id, positions: spots }) => {
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
  const a = rowOf(layer.relation, relation);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * compared[centre][i] * compared[neighbour][i];
  return leaky(sum, settings.slope);
}

// The numbers that a homogeneous logit is the sum of, before leaky ReLU.
function homogeneousTerms(layer, compared, neighbour, centre, relation) {
  const a = rowOf(layer.relation, relation);
  return [...a].map((weight, i) => weight * compared[centre][i] * compared[neighbour][i]);
}

// Equation 13: the neighbour asks, the centre answers.
function heterogeneousProducts(layer, settings, graph, compared) {
  const query = compared.map((state, n) => times(layer.query[graph.nodes[n].type], state));
  const key = compared.map((state, n) => times(layer.key[graph.nodes[n].type], state));
  const factor = settings.scale ? 1 / Math.sqrt(settings.dim) : 1;
  return {
    logitOf: (neighbour, centre) => leaky(dot(key[centre], query[neighbour]) * factor, settings.slope),
    termsOf: (neighbour, centre) => [...key[centre]].map((value, i) => value * query[neighbour][i] * factor),
  };
}

function attend(graph, family, logitOf) {
  const logits = graph.edges.map(() => null);
  const weights = graph.edges.map(() => null);
  for (const edges of graph.heard[family]) {
    for (const e of edges) {
      const [neighbour, centre, relation] = graph.edges[e];
      logits[e] = logitOf(neighbour, centre, relation);
    }
    softmax(edges.map((e) => logits[e])).forEach((weight, i) => { weights[edges[i]] = weight; });
  }
  return { family, logits, weights };
}

// What each centre takes of its neighbours' vectors; a centre that attends to nobody gathers nothing.
function gather(graph, { family, weights }, vectors) {
  return graph.heard[family].map((edges) => {
    const sum = new Float64Array(vectors[0].length);
    for (const e of edges) add(sum, weights[e], vectors[graph.edges[e][0]]);
    return sum;
  });
}

// ---- one layer ------------------------------------------------------------------------------------------------------

// One path through a layer: its phases with their attention, and the vectors in which it ends.
function walk(layer, settings, graph, families, input, values) {
  const valued = (states) => states.map((state, n) => times(layer.value[graph.nodes[n].type], state));
  let reached = input;
  const phases = families.map((family, phase) => {
    const second = phase === 1;
    let compared = values; // whose products are the homogeneous logits
    if (second && (settings.invasive || family === "homogeneous")) compared = valued(reached);
    const summed = second && settings.invasive ? compared : values; // non-invasive: only the logits see phase 1
    let logitOf = (neighbour, centre, relation) => homogeneousLogit(layer, settings, compared, neighbour, centre, relation);
    let termsOf = (neighbour, centre, relation) => homogeneousTerms(layer, compared, neighbour, centre, relation);
    if (family === "heterogeneous") {
      ({ logitOf, termsOf } = heterogeneousProducts(layer, settings, graph, settings.hohe_reads_input ? input : reached));
    }
    const attention = attend(graph, family, logitOf);
    reached = gather(graph, attention, summed);
    return { ...attention, termsOf };
  });
  return { phases, end: reached };
}

// The update gate's logits of both paths (equation 16).
function gateLogits({ first, second, separate }, hohe, heho) {
  const hidden = (parts) => {
    const sum = Float64Array.from(rowOf(first.bias, 0));
    parts.forEach((part, i) => add(sum, 1, times(first.weight, part, i * part.length)));
    return sum.map((value) => Math.max(0, value));
  };
  const out = (parts) => [...times(second.weight, hidden(parts))].map((value, i) => value + second.bias.values[i]);
  return separate ? [...out([hohe]), ...out([heho])] : out([hohe, heho]);
}

// Everything that one layer does; `forced(n)` gives the shares of a forced gate, or null.
function runLayer(layer, settings, graph, input, forced) {
  const values = input.map((state, n) => times(layer.value[graph.nodes[n].type], state));
  const paths = {};
  for (const [path, families] of Object.entries(settings.paths)) {
    paths[path] = walk(layer, settings, graph, families, input, values);
  }
  const ends = Object.values(paths).map(({ end }) => end);
  const seen = { input, paths, beta: null, gateLogits: null };
  let merged = ends[0];
  if (settings.merge === "gate") {
    seen.gateLogits = graph.nodes.map((_, n) => gateLogits(layer.gate, ends[0][n], ends[1][n]));
    seen.beta = seen.gateLogits.map((logits, n) => forced(n) ?? softmax(logits));
    merged = seen.beta.map(([late, early], n) => add(scaled(ends[0][n], late), early, ends[1][n]));
  } else if (settings.merge === "linear") {
    merged = graph.nodes.map((_, n) => {
      const sum = Float64Array.from(rowOf(layer.join.bias, 0));
      ends.forEach((end, i) => add(sum, 1, times(layer.join.weight, end[n], i * settings.dim)));
      return sum;
    });
  }
  seen.output = settings.residual ? merged.map((end, n) => add(scaled(end, 1), 1, input[n])) : merged;
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
  const factor = stateFactor(model, states[graph.last]);
  const state = scaled(states[graph.last], factor);
  const scores = times(model.table, state);
  scores[0] = -Infinity;
  return { layers, factor, state, scores };
}

// With cosine scores, no part of the paper, the last state is brought to one length.
function stateFactor({ settings }, state) {
  return settings.cosine ? Math.sqrt(settings.cosine) / Math.max(norm(state), 1e-12) : 1;
}
