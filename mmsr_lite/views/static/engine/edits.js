// What a person may do to one history, its modalities, its graph and its gates. Python's explain/edits.py is
// the same, with the same words; a test compares them. Positions count from 1, the oldest.

const FORCED = { hohe: [1, 0], heho: [0, 1], half: [0.5, 0.5] };
const ALL_FIELDS = { // each change with its fields; `undefined` must be given
  shuffle: { rate: 1 },
  mismatch: { modality: null, rate: 1 },
  noise: { modality: null, rate: 1 },
  swap: { modality: null, position: undefined, other: undefined },
  drop: { modality: null, position: null },
  remove: { position: undefined },
  replace: { position: undefined, item: undefined },
  move: { position: undefined, to: undefined },
  add: { item: undefined, position: null },
  node: { type: undefined, id: undefined },
  edge: { centre: undefined, neighbour: undefined },
  relation: { relation: undefined },
  gate: { to: undefined, type: null, id: null, layer: null },
};

class EngineError extends Error {} // a mistake of the person who asks; the page shows its sentence

const isWhole = (value) => Number.isInteger(value);

function quoted(value) { // as Python writes it, cut where it is long
  const inner = (one) => {
    if (one === null || one === undefined) return "None";
    if (typeof one === "string") return `'${one}'`;
    if (Array.isArray(one)) return `[${one.map(inner).join(", ")}]`;
    if (typeof one === "object") return `{${Object.entries(one).map(([key, part]) => `'${key}': ${inner(part)}`).join(", ")}}`;
    if (typeof one === "boolean") return one ? "True" : "False";
    return String(one);
  };
  const text = inner(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`;
}

function choose(kind, name, names) {
  if (!names.includes(name)) throw new EngineError(`unknown ${kind} ${quoted(name)}; choose from: ${[...names].sort().join(", ")}`);
  return name;
}

function within(what, value, least, most) {
  if (!isWhole(value) || value < least || value > most) {
    throw new EngineError(`${what} is ${quoted(value)}; expected ${least} to ${most}`);
  }
  return value;
}

function share(value) {
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
    throw new EngineError(`rate is ${quoted(value)}; expected a share from 0 to 1`);
  }
  return value;
}

// A change with all its fields, defaults where none was given.
function filled(change) {
  const { do: name, ...given } = typeof change === "string" ? { do: change } : change;
  const fields = ALL_FIELDS[choose("change", name, Object.keys(ALL_FIELDS))];
  const missing = Object.entries(fields).some(([key, value]) => value === undefined && given[key] === undefined);
  if (missing || Object.keys(given).some((key) => !(key in fields))) {
    const got = Object.entries(given).map(([key, value]) => `${key}=${value}`).join(", ");
    const needed = Object.entries(fields).map(([key, value]) => (value === undefined ? `${key} (needed)` : key)).join(", ");
    throw new EngineError(`change '${name}' ${got ? `with ${got}` : "without a field"}: expected ${needed}`);
  }
  return { do: name, ...fields, ...given };
}

// One history on its way through changes. `catalogue` knows items, titles and codes: see model.js.
class EditedHistory {
  constructor(history, catalogue, edges = []) {
    Object.assign(this, { history: [...history], catalogue, edges });
    this.codes = new Map(); // "modality item" -> the codes that the item has in place of its own
    this.gone = new Set(); // "type id" of nodes that are taken out; a type is a name
    this.cut = []; // [centre, neighbour] of edges that are taken away, each end as [type, id]
    this.relations = new Set(); // names of relations whose edges are taken away
    this.gates = []; // {to, type, id, layer} of forced gates; null means all
  }

  item(position) {
    return this.history[within("position", position, 1, this.history.length) - 1];
  }

  codesOf(modality, item) {
    return this.codes.get(`${modality} ${item}`) ?? this.catalogue.codesOf(modality, item);
  }

  setCodes(modality, item, codes) {
    this.codes.set(`${modality} ${item}`, codes);
  }

  // The modalities (from 0) that a change is about: all where it names none.
  modalities(name) {
    const names = this.catalogue.modalities;
    return name === null ? range(names.length) : [names.indexOf(choose("modality", name, names))];
  }

  // The nodes that the history touches now, as [type, id], by type and id.
  get nodes() {
    const items = [...new Set(this.history)];
    const ascending = (ids) => [...new Set(ids)].sort((a, b) => a - b);
    const found = ascending(items).map((item) => ["item", item]);
    this.catalogue.modalities.forEach((name, m) => {
      for (const code of ascending(items.flatMap((item) => this.codesOf(m, item)))) found.push([name, code]);
    });
    return found;
  }

  has(type, id) {
    return this.nodes.some((node) => node[0] === type && node[1] === id);
  }

  known(type, id) {
    if (!this.has(type, id)) {
      throw new EngineError(`the graph has no node ${quoted(type)} ${quoted(id)}; give type and id of a node of the history`);
    }
    return [type, id];
  }

  end(what, end) {
    if (!Array.isArray(end) || end.length !== 2) {
      throw new EngineError(`${what} is ${quoted(end)}; expected the type and the id of a node, such as ['item', 3]`);
    }
    return this.known(...end);
  }

  name(item) {
    return `“${this.catalogue.titleOf(item) || item}”`;
  }

  // How a sentence calls a node: an item by its title, a code by its modality and number.
  nameOf(type, id) {
    return type === "item" ? this.name(id) : `${type} code ${id}`;
  }

  newItem(item) {
    if (!this.catalogue.hasItem(item)) within("item", item, 1, this.catalogue.numItems);
    if (!this.catalogue.hasItem(item)) throw new EngineError(`item ${item} is not in this page, which holds a part of the catalogue`);
    return item;
  }
}

const percent = (rate) => `${roundHalfEven(100 * rate)} %`;
const inWords = (modality) => modality ?? "modalities";

const CHANGE = { // what each change does, and the phrase that says it
  shuffle(edited, { rate }, rng) {
    const { history } = edited;
    edited.history = traded(history.length, share(rate), rng).map((place) => history[place]);
    return `${percent(rate)} of the history is shuffled`;
  },
  mismatch(edited, { modality, rate }, rng) {
    for (const m of edited.modalities(modality)) {
      const items = [...new Set(edited.history)].filter((item) => edited.codesOf(m, item).length);
      const codes = items.map((item) => edited.codesOf(m, item));
      traded(items.length, share(rate), rng).forEach((source, place) => edited.setCodes(m, items[place], codes[source]));
    }
    return `${percent(rate)} of the items trade their ${inWords(modality)}`;
  },
  noise(edited, { modality, rate }, rng) {
    share(rate);
    for (const m of edited.modalities(modality)) {
      const items = [...new Set(edited.history)].filter((item) => edited.codesOf(m, item).length);
      for (const item of rng.permutation(items).slice(0, roundHalfEven(rate * items.length))) {
        edited.setCodes(m, item, edited.catalogue.codesOf(m, rng.choice(edited.catalogue.itemsWith(m))));
      }
    }
    return `${percent(rate)} of the items get the ${inWords(modality)} of random items`;
  },
  swap(edited, { modality, position, other }) {
    const [one, two] = [edited.item(position), edited.item(other)];
    for (const m of edited.modalities(modality)) {
      const [first, second] = [edited.codesOf(m, one), edited.codesOf(m, two)];
      edited.setCodes(m, one, second);
      edited.setCodes(m, two, first);
    }
    return `${edited.name(one)} and ${edited.name(two)} swap their ${inWords(modality)}`;
  },
  drop(edited, { modality, position }) {
    const items = position === null ? edited.history : [edited.item(position)];
    for (const m of edited.modalities(modality)) for (const item of items) edited.setCodes(m, item, []);
    const who = position === null ? "every item" : edited.name(items[0]);
    return `${who} loses its ${inWords(modality)}`;
  },
  remove(edited, { position }) {
    if (edited.history.length === 1) {
      throw new EngineError("the history has one item, which cannot be removed; add another first");
    }
    const item = edited.item(position);
    edited.history.splice(position - 1, 1);
    return `${edited.name(item)} leaves the history`;
  },
  replace(edited, { position, item }) {
    const old = edited.item(position);
    edited.history[position - 1] = edited.newItem(item);
    return `${edited.name(old)} becomes ${edited.name(item)}`;
  },
  move(edited, { position, to }) {
    const item = edited.item(position);
    within("to", to, 1, edited.history.length);
    edited.history.splice(position - 1, 1);
    edited.history.splice(to - 1, 0, item);
    return `${edited.name(item)} moves from position ${position} to ${to}`;
  },
  add(edited, { item, position }) {
    const end = edited.history.length + 1;
    const place = position === null ? end : within("position", position, 1, end);
    edited.history.splice(place - 1, 0, edited.newItem(item));
    return `${edited.name(item)} comes in at position ${place}`;
  },
  node(edited, { type, id }) {
    edited.gone.add(edited.known(type, id).join(" "));
    return `the node of ${edited.nameOf(type, id)} is taken out`;
  },
  edge(edited, { centre, neighbour }) {
    edited.cut.push([edited.end("centre", centre), edited.end("neighbour", neighbour)]);
    return `${edited.nameOf(...centre)} no longer attends to ${edited.nameOf(...neighbour)}`;
  },
  relation(edited, { relation }) {
    choose("relation", relation, [...RELATIONS, ...Object.keys(FAMILIES)]);
    for (const name of FAMILIES[relation] ?? [relation]) edited.relations.add(name);
    return `edges of '${relation}' are cut`;
  },
  gate(edited, { to, type, id, layer }) {
    choose("gate", to, Object.keys(FORCED));
    if (type !== null) choose("node type", type, ["item", ...edited.catalogue.modalities]);
    if (id !== null) edited.known(type, id);
    if (layer !== null) within("layer", layer, 0, edited.catalogue.layers - 1);
    edited.gates.push({ to, type, id, layer });
    if (type === null) return `all gates are forced to ${to}`;
    return id === null ? `the gates of ${type} are forced to ${to}` : `the gate of ${edited.nameOf(type, id)} is forced to ${to}`;
  },
};

// Do changes, each with all fields, one after the other; a phrase for each says what was done.
function applyChanges(edited, changes, rng) {
  const phrases = changes.map((change) => CHANGE[change.do](edited, change, rng));
  if (edited.gone.has(`item ${edited.history.at(-1)}`)) {
    throw new EngineError("the last item's node holds the answer and cannot be removed; remove the item from the history instead");
  }
  return phrases;
}
