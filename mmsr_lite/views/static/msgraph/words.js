// What the picture says of a node, an edge and an item, and the small window that says it.

const MOST_TEXT = 160; // letters of an item's text in the window

function nameOf(picture, n) {
  return clean(picture.record.nodes[n].label);
}

function typeOf(picture, n) {
  return clean(picture.record.node_types[picture.record.nodes[n].type], 20);
}

function betaOf(picture, n) {
  return picture.record.layers[picture.state.layer]?.beta?.[n];
}

// The interaction that brought an item; an item may be known by its number alone.
function entryOf(record, item) {
  return record.history.find((entry) => entry.item === item) ?? { title: `item ${item}` };
}

const meanings = new WeakMap(); // of a record: node -> what its code stands for

// What a code stands for: its telling words where the record has them, else the words or the titles of its items.
function codeMeaning(record, n) {
  if (!meanings.has(record)) meanings.set(record, new Map());
  const known = meanings.get(record);
  if (!known.has(n)) known.set(n, findMeaning(record, n));
  return known.get(n);
}

function findMeaning(record, n) {
  const { type, items, name } = record.nodes[n];
  if (type === 0) return "";
  if (name) return clean(name, 60);
  const words = tellingWords(record, n);
  if (words.length) return words.join(", ");
  const titles = (items ?? []).slice(0, 2).map((item) => clean(entryOf(record, item).title, 26));
  return titles.length ? `like ${titles.join(" / ")}` : "";
}

// The words that the items of a code have in their texts and the other items of the history have not, up to three.
function tellingWords(record, n) {
  const { type, items } = record.nodes[n];
  const modality = record.node_types[type];
  const wordsOf = (entry) => new Set(clean(entry.texts?.[modality], 500).toLowerCase().match(/\p{L}[\p{L}'-]{3,}/gu) ?? []);
  const inside = new Map();
  const outside = new Map();
  for (const entry of new Map(record.history.map((one) => [one.item, one])).values()) {
    const counts = items?.includes(entry.item) ? inside : outside;
    for (const word of wordsOf(entry)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const telling = [...inside].map(([word, number]) => ({ word, worth: number - 2 * (outside.get(word) ?? 0) }));
  telling.sort((a, b) => b.worth - a.worth || b.word.length - a.word.length || (a.word < b.word ? -1 : 1));
  return telling.filter(({ worth }) => worth > 0).slice(0, 3).map(({ word }) => word);
}

// A picture that shows what a code looks like: that of its first item, where the modality has no words.
function examplePicture(record, n) {
  const { type, items } = record.nodes[n];
  const modality = record.node_types[type];
  for (const item of items ?? []) {
    const entry = entryOf(record, item);
    if (entry.texts && modality in entry.texts) return null;
    const address = safePicture(entry.picture);
    if (address) return address;
  }
  return null;
}

// The modalities that an item of the history lacks.
function missingModalities(record, entry) {
  return record.node_types.slice(1).filter((name) => entry.codes && !entry.codes[name]?.length);
}

function aboutItem(picture, entry) {
  const { record } = picture;
  const lines = [`position ${entry.position} · item ${clean(entry.item_id, 30)}`];
  for (const [name, text] of Object.entries(entry.texts ?? {})) {
    if (text) lines.push(`${clean(name, 20)}: ${clean(text, MOST_TEXT)}`);
  }
  for (const [name, codes] of Object.entries(entry.codes ?? {})) {
    const nodes = codes.map((code) => nodeWithKey(record, `${name}\n${code}`)).filter((n) => n >= 0);
    const meanings = nodes.map((n) => `${record.nodes[n].id} (${codeMeaning(record, n)})`);
    if (meanings.length) lines.push(`${clean(name, 20)} codes: ${clean(meanings.join("; "), MOST_TEXT)}`);
  }
  const missing = missingModalities(record, entry);
  if (missing.length) lines.push(`missing: ${clean(missing.join(", "), 60)}`);
  return lines;
}

function aboutNode(picture, n) {
  const { record } = picture;
  const { type, items, positions } = record.nodes[n];
  const lines = [nameOf(picture, n), `${typeOf(picture, n)} · position ${positions.join(", ")}`];
  if (type !== 0) {
    const names = items.slice(0, 4).map((item) => clean(entryOf(record, item).title, 40));
    lines.push(codeMeaning(record, n), `carried by ${names.join(", ")}${items.length > 4 ? ", …" : ""}`);
  }
  const beta = betaOf(picture, n);
  if (beta) lines.push(`gate β: hohe ${three(beta[0])}, heho ${three(beta[1])}`);
  return lines.filter(Boolean);
}

function aboutEdge(picture, edge) {
  const [source, centre, relation] = picture.record.edges[edge];
  const whom = source === centre ? "itself" : nameOf(picture, source);
  return `${nameOf(picture, centre)} attends to ${whom} · ${clean(picture.record.relations[relation], 20)}`;
}

// Why an edge is there: the steps of the history that make it.
function whyEdge(picture, edge) {
  const { record } = picture;
  const [source, centre] = record.edges[edge];
  if (source === centre) return "Why? Every node also attends to itself.";
  const here = record.nodes[centre];
  const there = record.nodes[source];
  const listed = (list) => list.slice(0, 5).join(", ") + (list.length > 5 ? ", …" : "");
  if (here.type !== there.type) {
    const both = here.positions.filter((position) => there.positions.includes(position));
    const titles = both.map((position) => clean(record.history[position - 1].title, 30));
    if (!both.length) return "Why? Global attention: an item attends to every code of the history.";
    return `Why? Both belong to ${listed([...new Set(titles)])}, at position ${listed(both)}.`;
  }
  const before = (first, then) => { // the steps by which one node comes directly before the other
    const next = record.nodes[then].positions;
    const steps = record.nodes[first].positions.filter((position) => next.includes(position + 1));
    const places = steps.map((position) => `${position} → ${position + 1}`);
    if (!steps.length) return null;
    return `${nameOf(picture, first)} comes directly before ${nameOf(picture, then)} (positions ${listed(places)})`;
  };
  return `Why? ${[before(centre, source), before(source, centre)].filter(Boolean).join(", and ")}.`;
}

// ---- the small window --------------------------------------------------------------------------------------------------

// Show lines beside the pointer, or below an element that has the focus; the first one is the heading.
function showTip(picture, event, lines) {
  const { tip, root } = picture;
  patch(tip, () => lines.forEach((line, i) => html(tip, i ? "span" : "b", {}, line)));
  tip.hidden = false;
  const frame = root.getBoundingClientRect();
  let { clientX, clientY } = event;
  if (clientX === undefined || event.type === "focusin") {
    const box = event.target.getBoundingClientRect();
    [clientX, clientY] = [box.left, box.bottom - 12];
  }
  const x = clientX - frame.left;
  const y = clientY - frame.top;
  const tall = tip.offsetHeight;
  const isLow = clientY + 22 + tall > Math.max(innerHeight, 300);
  const left = between(4, x + 16, frame.width - tip.offsetWidth - 4);
  put(tip, { style: { left: `${left}px`, top: `${isLow ? y - tall - 12 : y + 18}px` } });
}

function hideTip(picture) {
  if (!picture.tip.hidden) picture.tip.hidden = true;
}

// A term of the glossary: what it means shows on hover, on focus and on touch.
function term(picture, parent, name, text = name) {
  const entry = picture.style.glossary?.[name];
  if (!entry) return html(parent, "span", {}, text);
  return html(parent, "span", { class: "term", "data-term": name, title: "", "aria-description": entry }, text);
}

function listenToTerms(picture) {
  const explain = (event) => {
    const mark = event.target.closest?.("[data-term]");
    if (mark) showTip(picture, event, [mark.dataset.term, picture.style.glossary[mark.dataset.term]]);
  };
  const leave = (event) => {
    if (event.target.closest?.("[data-term]")) hideTip(picture);
  };
  put(picture.root, { on: { pointerover: explain, click: explain, focusin: explain, pointerout: leave, focusout: leave } });
}
