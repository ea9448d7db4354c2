// The session: one history under edit and what a model makes of it. It answers the explorer's requests as Python's
// explain/session.py does: `do(request)` changes `record` or gives {found}, {what_if}, {beside} or {product}.

const EDITS = ["add", "remove", "move", "replace"];
const OTHERS = ["user", "families", "codes", "undo", "redo", "find", "what_if", "beside", "product", "model", "history"];
const BEFORE_EDITS = "before the edits"; // what may stand beside an edited history
const MOST_FOUND = 24; // items that a search gives
const MOST_UNDO = 100; // edits that can be undone

class Session {
  constructor(data, user = 0, model = 0) {
    this.data = data;
    this.models = data.models.map(() => null); // made when they are first asked for
    this.beside = null; // the name of what stands beside the record
    this.groups = data.seeds; // of models that are the same but for their seed, by number
    const columns = [data.items.title, data.items.id, ...Object.values(data.items.texts)];
    this.words = range(data.items.title.length).map((row) => columns.map((column) => column[row]).join(" ").toLowerCase());
    this.show([this.draftOf(data.users[user], model)], 0);
  }

  get draft() { return this.drafts[this.at]; }

  modelOf({ model }) {
    this.models[model] ??= new Model(this.data, this.data.models[model]);
    return this.models[model];
  }

  do({ do: name, number, ...given }) {
    choose("request", name, [...EDITS, ...OTHERS]);
    if (name === "find") return { found: this.find(String(field(given, "words", name))) };
    if (name === "what_if") {
      const repeats = countOf(field(given, "repeats", name), "repeats");
      return { what_if: this.whatIf(field(given, "change", name), repeats) };
    }
    if (name === "beside") return { beside: this.standBeside(field(given, "model", name)) };
    if (name === "product") {
      const [layer, path, phase, edge] = ["layer", "path", "phase", "edge"].map((key) => field(given, key, name));
      return { product: this.product(layer, path, phase, edge) };
    }
    let { drafts, at } = this;
    if (name === "undo" || name === "redo") {
      at += name === "redo" ? 1 : -1;
      if (!drafts[at]) throw new EngineError(`there is nothing to ${name}`);
    } else {
      drafts = [...drafts.slice(0, at + 1), this.edited(name, given)].slice(-MOST_UNDO - 1);
      at = drafts.length - 1;
    }
    this.show(drafts, at);
    if (this.beside === null) return {};
    const isOffered = this.record.draft.beside.includes(this.beside);
    return { beside: this.standBeside(isOffered ? this.beside : null) };
  }

  // The trace of the same history in another model, or of the history before the edits; null: of nothing.
  standBeside(name) {
    if (name !== null) choose("model", name, this.record.draft.beside);
    this.beside = name;
    if (name === null) return null;
    const { draft } = this;
    const model = this.data.models.findIndex((own) => own.name === name);
    const other = name === BEFORE_EDITS ? this.draftOf(draft.user, draft.model) : { ...draft, model };
    return { name, record: this.named(this.traced(other), other.model) };
  }

  // The first items in whose title, id or texts all words occur.
  find(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (let row = 1; row < this.words.length && found.length < MOST_FOUND; row++) {
      if (wanted.every((word) => this.words[row].includes(word))) found.push(row);
    }
    const model = this.modelOf(this.draft);
    return found.map((row) => itemCard(model, model.itemAt(row)));
  }

  whatIf(change, repeats) {
    if (this.draft.families.length < Object.keys(FAMILIES).length) {
      throw new EngineError("the clean run of a what-if has all relations; switch both families on first");
    }
    const record = whatIfRecord(this.modelOf(this.draft), this.asked(this.draft), change, repeats);
    const { model } = this.draft;
    const clean = this.isOwn(this.draft) ? { ...record.clean, user: this.userCard(this.draft) } : record.clean;
    const seeds = this.seedsOnChange(change, record);
    const ends = { clean: this.named(clean, model), changed: this.named(record.changed, model) };
    return { ...record, ...ends, ...(seeds && { seeds }) };
  }

  // The number of the shown model, then of those that differ in their seed alone; none where it is alone.
  sameButForSeed({ model }) {
    const group = this.groups.find((own) => own.includes(model));
    return group ? [model, ...group.filter((other) => other !== model)] : [];
  }

  // How many models of other seeds move the probability alike; null where there are none, or one cannot.
  seedsOnChange(change, record) {
    const { draft } = this;
    const [, ...others] = this.sameButForSeed(draft);
    if (!others.length || namesCodes(record.changes)) return null;
    try {
      const records = others.map((model) => whatIfRecord(this.modelOf({ model }), this.asked({ ...draft, model }), change, 1));
      return agreementOnChange([record, ...records]);
    } catch (error) { // such as an edge that another model's graph lacks
      if (!(error instanceof EngineError)) throw error;
      return null;
    }
  }

  // The terms of one attention logit of the history as it is now, as Python's explain/products.py gives them.
  product(layer, path, phase, edge) {
    if (this.draft.families.length < Object.keys(FAMILIES).length) {
      throw new EngineError("the products are of the whole graph; switch both families on first");
    }
    const model = this.modelOf(this.draft);
    const { graph, run } = runEdited(model, new EditedHistory(this.asked(this.draft).history, model));
    const read = run.layers[within("layer", layer, 0, run.layers.length - 1)];
    if (!model.settings.papers_products) {
      throw new EngineError(`${model.card.label} has layers with other products than the paper's; give aggregator 'han-gnn'`);
    }
    choose("path", path, Object.keys(read.paths));
    const { phases } = read.paths[path];
    const { family, logits, termsOf } = wholeAttention(graph, phases[within("phase", phase, 0, phases.length - 1)]);
    const [neighbour, centre, relation] = graph.edges[within("edge", edge, 0, graph.edges.length - 1)];
    if (logits[edge] === null) {
      throw new EngineError(`phase ${phase} of ${path} is ${family} and does not use edge ${edge}: '${RELATIONS[relation]}'`);
    }
    const terms = termsOf(neighbour, centre, relation);
    const { slope } = model.settings;
    return { layer, path, phase, edge, family, terms, sum: terms.reduce((a, b) => a + b, 0), slope, logit: logits[edge] };
  }

  edited(name, given) {
    const { draft } = this;
    if (name === "user") return this.draftOf(this.userOf(field(given, "user", name)), draft.model);
    if (name === "model") {
      const model = field(given, "model", name);
      return { ...draft, model: within("model", model, 0, this.models.length - 1) };
    }
    if (name === "families") {
      const families = field(given, "families", name);
      if (!Array.isArray(families)) throw new EngineError(`families is ${quoted(families)}; expected a list of names`);
      families.forEach((family) => choose("family", family, Object.keys(FAMILIES)));
      return { ...draft, families: Object.keys(FAMILIES).filter((family) => families.includes(family)) };
    }
    if (name === "codes") throw new EngineError("codes are learned from features, which this page does not hold; use mmsr-lite explore");
    const model = this.modelOf(draft);
    if (name === "history") return { ...draft, ...this.givenHistory(model, given) };
    const edited = new EditedHistory(draft.history, model);
    applyChanges(edited, [filled({ do: name, ...given })], new SharedRandom());
    return { ...draft, history: edited.history.slice(-model.settings.max_history) };
  }

  givenHistory(model, given) {
    const history = field(given, "history", "history");
    const target = given.target ?? this.draft.target;
    if (!Array.isArray(history) || !history.length) throw new EngineError("the history is empty; expected items, the oldest first");
    for (const item of [...history, ...(target === null ? [] : [target])]) {
      if (!model.hasItem(item)) throw new EngineError(`${quoted(item)} is no item of this page`);
    }
    return { history: history.slice(-model.settings.max_history), target };
  }

  // A user of the page, by id or by number.
  userOf(asked) {
    const users = this.data.users;
    const found = users.find(({ id }) => id === asked) ?? users.find(({ index }) => String(index) === String(asked).trim());
    if (found) return found;
    const known = users.slice(0, 8).map(({ id }) => id).join(", ");
    throw new EngineError(`there is no user ${quoted(asked)} in this page; it holds ${known}${users.length > 8 ? ", ..." : ""}`);
  }

  // The user's own history, before any edit.
  draftOf(user, model) {
    const past = user.history.slice(0, -1).slice(-this.modelOf({ model }).settings.max_history);
    return { user, history: past, target: user.history.at(-1), families: Object.keys(FAMILIES), model };
  }

  isOwn(draft) {
    const own = this.draftOf(draft.user, draft.model);
    return String(own.history) === String(draft.history) && own.target === draft.target;
  }

  asked(draft) {
    const history = draft.history.slice(-this.modelOf(draft).settings.max_history);
    return { history, target: draft.target, truth: this.isOwn(draft) ? truthOf(draft.user, history.length) : null };
  }

  // Make a draft the one that is looked at; when it cannot be traced nothing changes.
  show(drafts, at) {
    const record = this.traced(drafts[at]);
    Object.assign(this, { drafts, at });
    this.record = this.named(record, drafts[at].model);
    const group = this.sameButForSeed(drafts[at]);
    if (group.length) computeLater(this.record.draft, "seeds", () => agreements(group.map((model) => this.said(drafts[at], model))));
  }

  // The history of a draft without the families of relations that are switched off.
  editedOf(draft) {
    const edited = new EditedHistory(this.asked(draft).history, this.modelOf(draft));
    for (const family of Object.keys(FAMILIES)) {
      if (!draft.families.includes(family)) applyChanges(edited, [filled({ do: "relation", relation: family })]);
    }
    return edited;
  }

  // What one of the models says of a draft.
  said(draft, number) {
    const model = this.modelOf({ model: number });
    return saidOf(model, runEdited(model, this.editedOf({ ...draft, model: number })), draft.target);
  }

  // What a model does with a draft.
  traced(draft) {
    const model = this.modelOf(draft);
    const asked = this.asked(draft);
    const edited = this.editedOf(draft);
    const record = traceRecord(model, runEdited(model, edited), asked);
    if (edited.relations.size) record.truth = null;
    if (this.isOwn(draft) && !edited.relations.size) record.user = this.userCard(draft);
    return record;
  }

  userCard({ user: { index, id } }) { return { index, id }; }

  // The record with its user, names for its codes, and the state of the draft, which the controls show; C and k cannot be
  // changed here.
  named(record, model) {
    const { draft, data } = this;
    const own = this.draftOf(draft.user, draft.model);
    const edited = !this.isOwn(draft) || draft.families.length < own.families.length;
    const names = data.models.map(({ name }) => name);
    const state = { codes: null, codes_per_item: null, families: draft.families, model: draft.model, edited, note: "" };
    const undo = { undo: this.at, redo: this.drafts.length - this.at - 1, models: names };
    const others = names.filter((_, place) => place !== draft.model);
    const beside = edited ? [...others, BEFORE_EDITS] : others;
    const nodes = record.nodes.map((node) => {
      const name = data.models[model].code_names[record.node_types[node.type]]?.[node.id];
      return name === undefined ? node : { ...node, name };
    });
    const experiment = firstExperiment(record, draft.user);
    return { ...record, user: this.userCard(draft), nodes, draft: { ...state, ...undo, beside, experiment } };
  }
}

function field(request, key, name) {
  if (!(key in request)) throw new EngineError(`request '${name}' with ${quoted(request)}: expected the field '${key}'`);
  return request[key];
}

function countOf(value, what) {
  if (!isWhole(value) || value < 1) throw new EngineError(`${what} is ${quoted(value)}; expected a whole number from 1 on`);
  return value;
}

// What decided a user's target; in its reason the first of the `read` items that the model reads has position 1.
function truthOf({ history, truth, reason }, read) {
  if (!reason.length) return truth;
  const unread = history.length - 1 - read;
  const where = (position) => (position >= 1 ? ` at position ${position}` : " before position 1"); // as in Python's explain/cards.py
  const said = reason.map((part) => (typeof part === "number" ? where(part + 1 - unread) : part));
  return { ...truth, reason: said.join("") };
}

// What a newcomer may try first with a history; Python's explain/first_experiment.py is the same.
function firstExperiment(record, user) {
  const { history } = record;
  const modalities = record.node_types.slice(1);
  const shuffled = (question) => (history.length > 1 ? { question, change: { do: "shuffle" } } : null);
  const nameOf = ({ title, item_id: id }) => [...(title || id)].slice(0, 60).join("");
  if (record.truth?.cause === "cycle" && history.length > 1) return shuffled("The order decided here: what happens when it is shuffled?");
  if (modalities.length === 0) return shuffled("What happens when the order is shuffled?");
  const cut = user.history.length - 1 - history.length; // items before those that the model reads
  const isKnown = record.user !== null && record.truth !== null;
  const decided = (isKnown ? user.because : []).map((place) => place + 1 - cut).filter((place) => place >= 1 && place <= history.length);
  if (decided.length) {
    const names = decided.slice(0, 2).map((place) => nameOf(history[place - 1]));
    const owned = modalities.join(" and ");
    const lost = names.length === 1 ? `its ${owned}` : `the ${owned} of ${names[0]}`;
    const question = `${names.join(" and ")} decided what came next: does the answer change without ${lost}?`;
    return { question, change: { do: "drop", position: decided[0] } };
  }
  const question = `${nameOf(history.at(-1))} loses its ${modalities[0]}: does the answer need it?`;
  return { question, change: { do: "drop", modality: modalities[0], position: history.length } };
}
