// What differs between two traces: nodes and edges by name, ranks, the flow of one score, and all in a sentence.
// Python's views/differences.py has the same `sayDifferences` and `sayVerdict`; a test compares them.

const RIGHT = 5; // the ranks that count as right, as in HR@5
const ORDERS = { heho: "early", hohe: "late", early: "early", late: "late" }; // order of fusion in a record -> in words

// Whether two traces are of the same items in the same order.
function sameHistory(one, two) {
  const items = (record) => record.history.map(({ item }) => item).join();
  return items(one) === items(two);
}

// "source centre" of each edge by the names of its nodes -> its index.
function edgesByName(record) {
  const name = ([source, centre]) => `${keyOfNode(record, source)}\n${keyOfNode(record, centre)}`;
  return new Map(record.edges.map((edge, i) => [name(edge), i]));
}

// Attention of one family in a layer, along `path` where the record has it, else along its only one.
function familyWeights(record, { layer, path }, family) {
  const paths = record.layers[Math.min(layer, record.layers.length - 1)]?.attention ?? {};
  const phases = paths[path] ?? Object.values(paths)[0] ?? [];
  return phases.find((phase) => phase.family === family)?.weights ?? [];
}

// The ranks of the items that either trace puts among its best; null where a trace does not say.
function ranksOfBoth(one, two) {
  const items = new Map();
  [one, two].forEach((record, side) => {
    const ranked = record.answer.top.map((item, i) => [item, i + 1]);
    if (record.target) ranked.push([record.target, record.target.rank]);
    for (const [item, place] of ranked) {
      if (!items.has(item.item)) items.set(item.item, { item: item.item, title: item.title, ranks: [null, null] });
      items.get(item.item).ranks[side] = place;
    }
  });
  return [...items.values()];
}

// The group of paths whose part of the watched item's score differs most.
function mostDifferentGroup(one, two) {
  const item = watchedItem(one)?.item;
  const flows = [one, two].map((record) => flowOfItem(record, item));
  if (flows.includes(null)) return null;
  let best = 0;
  const delta = (i) => Math.abs(flows[1].groups[i] - flows[0].groups[i]);
  one.flow.groups.forEach((_, i) => {
    if (delta(i) > delta(best)) best = i;
  });
  const name = one.flow.groups[best];
  return { name, values: flows.map(({ groups }) => groups[best]), delta: delta(best) };
}

// The order of fusion of a record's model: "early" or "late"; null where it has both, or none.
function orderOf({ model }) {
  const fusion = (model.fusion ?? "").replace(/-invasive$/, "");
  return Object.hasOwn(ORDERS, fusion) ? ORDERS[fusion] : null;
}

// Which of two models is right about what came next where the other one is wrong, and why, where a world knows.
function sayVerdict(one, two, names) {
  const ends = [one.target, two.target];
  if (!ends[0] || !ends[1] || ends[0].item !== ends[1].item) return "";
  const isRight = ends.map((end) => end.rank <= RIGHT);
  if (isRight[0] === isRight[1]) return "";
  const orders = [one, two].map(orderOf);
  const areBothOrders = !orders.includes(null) && orders[0] !== orders[1];
  const called = areBothOrders ? orders.map((order) => `${order} fusion`) : names.map((name) => clean(name, 30));
  const [right, wrong] = isRight[0] ? called : [called[1], called[0]];
  const title = clean(ends[0].title, 40);
  const places = ends.map((end, side) => `rank ${rank(end.rank)} in ${called[side]}`);
  const sentence = `${right} is right here and ${wrong} is wrong: what came next, ${title}, has ${places.join(" and ")}.`;
  const says = sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
  const loser = orders[isRight[0] ? 1 : 0];
  return loser !== null && one.truth?.loser === loser ? `${says} Why: ${clean(one.truth.reason, 300)}` : says;
}

// Where both are right about what came next, or both are wrong: the ranks, as long as a verdict, which an edit may bring.
function sayBoth(one, two, names) {
  const ends = [one.target, two.target];
  if (!ends[0] || !ends[1] || ends[0].item !== ends[1].item) return "";
  const called = names.map((name) => clean(name, 30));
  const places = ends.map((end, side) => `rank ${rank(end.rank)} in ${called[side]}`);
  const are = ends[0].rank <= RIGHT ? "right" : "wrong";
  return `${called.join(" and ")} are both ${are} here: what came next, ${clean(ends[0].title, 40)}, has ${places.join(" and ")}.`;
}

function sayDifferences(one, two, names) {
  const [a, b] = names.map((name) => clean(name, 30));
  const says = [];
  const target = one.target && two.target && one.target.item === two.target.item ? clean(one.target.title, 40) : null;
  if (target !== null && one.target.rank === two.target.rank) {
    says.push(`Both rank the next item, ${target}, ${rank(one.target.rank)}`);
  } else if (target !== null) {
    says.push(`${a} ranks the next item, ${target}, ${rank(one.target.rank)}, and ${b} ranks it ${rank(two.target.rank)}`);
  } else {
    const [first, second] = [one, two].map((record) => clean(record.answer.top[0]?.title, 40));
    says.push(`${a} puts ${first} first, and ${b} puts ${second} first`);
  }
  const group = mostDifferentGroup(one, two);
  if (group) {
    const what = FLOW_NAMES[group.name] ? `${FLOW_NAMES[group.name]} (${group.name})` : group.name;
    const [was, now] = group.values.map((value) => signed(value, 2));
    says.push(`of its score the part that differs most is ${what}, ${was} against ${now}`);
  }
  const tops = [one, two].map((record) => record.answer.top.map(({ item }) => item));
  const shared = tops[0].filter((item) => tops[1].includes(item)).length;
  says.push(`${shared} of the first ${count(tops[0].length, "item")} are the same`);
  const edges = [one, two].map(edgesByName);
  const alone = (mine, other) => [...mine.keys()].filter((name) => !other.has(name)).length;
  const onlyOne = alone(edges[0], edges[1]) + alone(edges[1], edges[0]);
  if (onlyOne) says.push(`${count(onlyOne, "edge")} ${onlyOne === 1 ? "is" : "are"} in one graph alone`);
  return `${says.join("; ")}.`;
}

// A layout that both traces share: that of all nodes which either has.
function sharedLayout(one, two) {
  const types = one.node_types.length >= two.node_types.length ? one.node_types : two.node_types;
  const nodes = new Map();
  for (const record of [one, two]) {
    record.nodes.forEach((node, n) => {
      const key = keyOfNode(record, n);
      const before = nodes.get(key)?.positions ?? [];
      const positions = [...new Set([...before, ...node.positions])].sort((a, b) => a - b);
      nodes.set(key, { type: types.indexOf(record.node_types[node.type]), positions });
    });
  }
  const keys = [...nodes.keys()];
  const whole = { history: one.history, node_types: types, nodes: [...nodes.values()] };
  const placeOf = (record, width, unit, least) => {
    const place = layout(whole, width, unit, least);
    const own = record.nodes.map((_, n) => keys.indexOf(keyOfNode(record, n))); // n -> its place in the whole
    const kept = place.lanes.filter(({ type }) => record.node_types.includes(types[type]));
    const lanes = kept.map((lane) => ({
      ...lane,
      type: record.node_types.indexOf(types[lane.type]),
      members: lane.members.map((member) => own.indexOf(member)).filter((n) => n >= 0),
    }));
    const spots = own.map((i) => ({ ...place.nodes[i], lane: kept.indexOf(place.lanes[place.nodes[i].lane]) }));
    return { ...place, lanes, nodes: spots };
  };
  return Object.assign(placeOf, { whole });
}
