// Other seeds: how many models say of a history what the shown one says, where they differ in their seed alone. Python's
// explain/other_seeds.py gives the same; both begin with the shown model.

const NEAR = 1e-5; // numbers of one model that differ by less than this share of the largest differ by rounding alone
const PROBABILITY_ROUNDING = 1e-4; // a change of a probability by a smaller share is none
const MORE_FLOW = { // larger order -> in words
  early: "more flow comes by early fusion than by late fusion, signs aside",
  late: "more flow comes by late fusion than by early fusion, signs aside",
  neither: "as much flow comes by early fusion as by late fusion, signs aside",
};

// What a model says of a history: the place that brings most to the score of `target`, the order of fusion whose paths
// bring more, whatever their sign, and the path that the last gate gives more.
function saidOf(model, { graph, run }, target) {
  const parts = nodeContributions(model, graph, run, rowOf(model.table, model.rowOfItem(target))); // (N, 6)
  const places = new Map(); // "type position" -> its flow; a node at several positions gives each an equal part
  graph.nodes.forEach(({ type, positions }, n) => {
    const share = parts[n].reduce((a, b) => a + b, 0) / positions.length;
    for (const position of positions) {
      const key = `${type} ${position}`;
      places.set(key, (places.get(key) ?? 0) + share);
    }
  });
  const sizeOf = (name) => {
    const group = FLOW_GROUPS.indexOf(name);
    return parts.reduce((size, own) => size + Math.abs(own[group]), 0);
  };
  const beta = run.layers.at(-1).beta?.(graph.last);
  return {
    first: placeInWords(model, graph.history, firstPlace(places, graph.history.length)),
    order: largerOrder(sizeOf("crossed, then time"), sizeOf("time, then crossed")),
    path: beta && (beta[1] - beta[0] > NEAR ? "heho" : "hohe"),
  };
}

// The place with the greatest flow, of equal ones the first; the last item's own node is left out where there are others.
function firstPlace(places, last) {
  let others = [...places].filter(([key]) => key !== `0 ${last}`);
  if (!others.length) others = [...places];
  const largest = Math.max(...[...places.values()].map(Math.abs));
  const least = Math.max(...others.map(([, value]) => value)) - NEAR * largest;
  return others.find(([, value]) => value >= least)[0];
}

function placeInWords(model, history, key) {
  const [type, position] = key.split(" ").map(Number);
  const { title, item_id: id } = itemCard(model, history[position - 1]);
  const whose = `“${title || id}” (position ${position})`;
  return type === 0 ? whose : `the ${model.nodeTypes[type]} of ${whose}`;
}

function largerOrder(early, late) {
  if (Math.abs(early - late) <= NEAR * Math.max(early, late)) return "neither";
  return early > late ? "early" : "late";
}

// How many models say what the first one says.
function agreements(said) {
  const aside = "brings most to the score of the next item, the last item itself aside";
  const found = [agreement("first by flow", said.map(({ first }) => first), (place) => `${place} ${aside}`)];
  const orders = said.map(({ order }) => order);
  if (orders.some((order) => order !== "neither")) found.push(agreement("larger order", orders, (order) => MORE_FLOW[order]));
  const paths = said.map(({ path }) => path);
  if (paths.every(Boolean)) {
    found.push(agreement("larger beta", paths, (path) => `${path} has the larger β at the last item, in the last layer`));
  }
  return found;
}

// How many models move the probability of the watched item the way the first one does; `records` are of one what-if.
function agreementOnChange(records) {
  const { watched } = records[0];
  const clause = (sign) => `the change ${sign} the probability of “${watched.title || watched.item_id}”`;
  return agreement("what if", records.map(signOf), clause);
}

function signOf({ measures: { probability: { clean, changed, delta } } }) {
  if (Math.abs(delta) <= PROBABILITY_ROUNDING * Math.max(clean, changed)) return "does not change";
  return delta > 0 ? "raises" : "lowers";
}

// Whether changes name a code by its number, which is another code in every other model.
function namesCodes(changes) {
  const ends = changes.flatMap(({ type, id, centre, neighbour }) => [[type, id], centre, neighbour]);
  return ends.some((end) => end && end[0] !== "item" && end[1] !== null && end[1] !== undefined);
}

function agreement(about, answers, clause) {
  const [says] = answers;
  const of = answers.length;
  const countOf = (answer) => answers.filter((other) => other === answer).length;
  const count = countOf(says);
  let sentence = `${count} of ${of} models ${count === 1 ? "says" : "say"} so: ${clause(says)}.`;
  const most = answers.reduce((best, answer) => (countOf(answer) > countOf(best) ? answer : best));
  if (countOf(most) > count) sentence += ` ${countOf(most)} say that ${clause(most)}.`;
  return { about, says, answers, count, of, sentence };
}
