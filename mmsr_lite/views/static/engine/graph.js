// The MSGraph of one history (paper, section 4.1), and the same with edges taken away. Python's graph/msgraph.py builds
// the same graph; nodes stand by type, then first position, then id; edges by the centre that attends, then the neighbour.

const RELATIONS = ["self", "out", "in", "both", "match"]; // an edge holds an index of these
const [SELF, OUT, IN, BOTH, MATCH] = RELATIONS.keys();
const FAMILIES = { homogeneous: ["out", "in", "both"], heterogeneous: ["match"] }; // what a switch or a what-if cuts
const LISTENS = { homogeneous: [SELF, OUT, IN, BOTH], heterogeneous: [SELF, MATCH] }; // what a phase goes along

// `codesOf(modality, item)` gives the codes of an item, none where it lacks the modality; modalities count from 0.
function buildGraph(history, modalities, codesOf, globalAttention) {
  const byKey = new Map();
  const carried = history.map((item, at) => { // at each position: the item and its codes, as [type, id]
    const here = [[0, item]];
    for (let m = 0; m < modalities; m++) {
      for (const code of new Set(codesOf(m, item))) here.push([m + 1, code]);
    }
    for (const [type, id] of here) {
      const key = `${type} ${id}`;
      if (!byKey.has(key)) byKey.set(key, { type, id, positions: [] });
      const { positions } = byKey.get(key);
      if (positions.at(-1) !== at + 1) positions.push(at + 1);
    }
    return here;
  });
  const nodes = [...byKey.values()];
  nodes.sort((a, b) => a.type - b.type || a.positions[0] - b.positions[0] || a.id - b.id);
  const place = new Map(nodes.map((node, n) => [`${node.type} ${node.id}`, n]));
  const nodesAt = carried.map((here) => here.map(([type, id]) => place.get(`${type} ${id}`)));
  const graph = { history, nodes, nodesAt, edges: edgesOf(nodes, nodesAt, globalAttention) };
  graph.last = nodesAt.at(-1)[0];
  return withNeighbours(graph);
}

function edgesOf(nodes, nodesAt, globalAttention) {
  const count = nodes.length;
  const before = new Uint8Array(count * count); // 1 at centre * count + neighbour: the centre comes directly before
  const relations = new Int8Array(count * count).fill(-1); // of each centre and neighbour, -1 for none
  for (let at = 1; at < nodesAt.length; at++) {
    for (const centre of nodesAt[at - 1]) {
      for (const neighbour of nodesAt[at]) {
        if (centre !== neighbour && nodes[centre].type === nodes[neighbour].type) before[centre * count + neighbour] = 1;
      }
    }
  }
  for (const here of nodesAt) {
    for (const centre of here) {
      for (const neighbour of here) {
        if (nodes[centre].type !== nodes[neighbour].type) relations[centre * count + neighbour] = MATCH;
      }
    }
  }
  const edges = [];
  for (let centre = 0; centre < count; centre++) {
    for (let neighbour = 0; neighbour < count; neighbour++) {
      const isBefore = before[centre * count + neighbour];
      const isAfter = before[neighbour * count + centre];
      let relation = relations[centre * count + neighbour];
      if (centre === neighbour) relation = SELF;
      else if (isBefore && isAfter) relation = BOTH;
      else if (isBefore) relation = OUT;
      else if (isAfter) relation = IN;
      else if (globalAttention && nodes[centre].type === 0 && nodes[neighbour].type > 0) relation = MATCH; // section 5.4
      if (relation >= 0) edges.push([neighbour, centre, relation]);
    }
  }
  return edges;
}

// For each centre the edges (by index) that each family of attention goes along.
function withNeighbours(graph) {
  graph.heard = {};
  for (const [family, relations] of Object.entries(LISTENS)) {
    graph.heard[family] = graph.nodes.map(() => []);
    graph.edges.forEach(([, centre, relation], e) => {
      if (relations.includes(relation)) graph.heard[family][centre].push(e);
    });
  }
  return graph;
}

// The same graph with only the edges that `keeps` (neighbour, centre, relation) wants; nodes stay where they are.
function cutGraph(graph, keeps) {
  return withNeighbours({ ...graph, edges: graph.edges.filter((edge) => keeps(...edge)) });
}
