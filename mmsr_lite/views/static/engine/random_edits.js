// Changes of the same kind as a person's, which a what-if is held against: each choice drawn anew, or, where a person made
// one choice among few, every other choice once. Python's explain/random_edits.py is the same.

function repeatAtRandom(edited, changes, rng) {
  for (const change of changes) {
    try {
      applyChanges(edited, [redrawn(edited, change, rng)], rng);
    } catch (error) { // what this history leaves no room for changes nothing
      if (!(error instanceof EngineError)) throw error;
    }
  }
  edited.gone.delete(`item ${edited.history.at(-1)}`);
}

function redrawn(edited, change, rng) {
  const { length } = edited.history;
  const fresh = { ...change };
  const places = rng.permutation(range(length)).map((place) => place + 1);
  const [one, two] = [places[0], places[Math.min(1, length - 1)]];
  for (const [name, place] of Object.entries({ position: one, other: two, to: two })) {
    if (isWhole(fresh[name])) fresh[name] = place;
  }
  if ("item" in fresh) fresh.item = edited.catalogue.itemAt(rng.integers(1, edited.catalogue.rows));
  if (fresh.id !== null && fresh.id !== undefined) {
    const isLast = ([type, id]) => fresh.do === "node" && type === "item" && id === edited.history.at(-1);
    const nodes = edited.nodes.filter((node) => node[0] === fresh.type && !isLast(node));
    fresh.id = nodes.length ? rng.choice(nodes)[1] : null;
  }
  if ("centre" in fresh) [fresh.centre, fresh.neighbour] = otherEdge(edited, fresh, rng);
  return fresh;
}

// An edge of the same relation between nodes of the same types; the same edge where there is no other.
function otherEdge(edited, { centre, neighbour }, rng) {
  const pairs = edgesAlike(edited, centre, neighbour);
  return rng.choice(pairs.length ? pairs : [[centre, neighbour]]);
}

const isSameNode = (a, b) => a[0] === b[0] && a[1] === b[1];

// [centre, neighbour] of all edges of the same relation between nodes of the same types, this one among them.
function edgesAlike(edited, centre, neighbour) {
  const own = edited.edges.filter((edge) => isSameNode(edge.centre, centre) && isSameNode(edge.neighbour, neighbour));
  const relations = own.length ? own.map(({ relation }) => relation) : RELATIONS;
  const alike = edited.edges.filter((edge) => relations.includes(edge.relation)
    && edge.centre[0] === centre[0] && edge.neighbour[0] === neighbour[0]
    && edited.has(...edge.centre) && edited.has(...edge.neighbour));
  return alike.map((edge) => [edge.centre, edge.neighbour]);
}

// Every other choice that a person could have made in place of the one that is tested; null where they cannot be counted.
function otherChoices(edited, changes) {
  if (changes.length !== 1) return null;
  const [change] = changes;
  const { history } = edited;
  const count = history.length;
  const places = range(count).map((at) => at + 1);
  const others = {
    edge() {
      const tested = ([centre, neighbour]) => isSameNode(centre, change.centre) && isSameNode(neighbour, change.neighbour);
      const edges = edgesAlike(edited, change.centre, change.neighbour).filter((edge) => !tested(edge));
      return edges.map(([centre, neighbour]) => ({ ...change, centre, neighbour }));
    },
    node() {
      if (change.id === null) return null;
      const isLast = ([type, id]) => change.do === "node" && type === "item" && id === history.at(-1);
      const nodes = edited.nodes.filter((node) => node[0] === change.type && !isLast(node) && node[1] !== change.id);
      return nodes.map(([, id]) => ({ ...change, id }));
    },
    remove() {
      return places.filter((place) => place !== change.position).map((position) => ({ ...change, position }));
    },
    drop() { // an item that occurs twice has one set of codes
      if (!isWhole(change.position)) return null;
      const isFirst = (place) => history.findIndex((item, at) => item === history[place - 1] && at + 1 !== change.position) === place - 1;
      const isOther = (place) => history[place - 1] !== history[change.position - 1];
      return places.filter((place) => isOther(place) && isFirst(place)).map((position) => ({ ...change, position }));
    },
    swap() { // of two items, wherever they occur
      const items = [...new Set([...history].reverse())]; // Python begins at the end, too
      const first = (item) => history.indexOf(item) + 1;
      const tested = new Set([edited.item(change.position), edited.item(change.other)]);
      const pairs = items.flatMap((one, i) => items.slice(i + 1).map((two) => [one, two]));
      const others = pairs.filter(([one, two]) => !(tested.size === 2 && tested.has(one) && tested.has(two)));
      return others.map(([one, two]) => ({ ...change, position: first(one), other: first(two) }));
    },
    move() {
      const moves = places.flatMap((position) => places.filter((to) => to !== position).map((to) => [position, to]));
      const others = moves.filter(([position, to]) => position !== change.position || to !== change.to);
      return others.map(([position, to]) => ({ ...change, position, to }));
    },
  };
  others.gate = others.node;
  return others[change.do]?.() ?? null;
}
