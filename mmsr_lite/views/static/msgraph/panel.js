// The panel of numbers of one node: what it is, its flow, its gate, its attention; and the pieces that panels are made of.

const MOST_THUMBS = 12;

// A line with a name at the left, a number at the right, and perhaps a note between them.
function pair(parent, left, right, value, note = "") {
  const line = html(parent, "div", { class: "pair" });
  html(line, "span", { title: left }, left);
  if (note) html(line, "small", {}, note);
  html(line, "span", { "data-value": value }, right);
  return line;
}

// A bar whose parts are as long as their values.
function splitBar(picture, parent, values, names) {
  const whole = sum(values.map(Math.abs)) || 1;
  const line = html(parent, "div", { class: "split", "aria-hidden": true });
  values.forEach((value, i) => {
    const width = `${(100 * Math.abs(value)) / whole}%`;
    html(line, "i", { style: { width, background: lookOf(picture, names[i], i).colour } });
  });
}

// A small picture of an item, or an empty frame.
function thumb(parent, item) {
  const src = safePicture(item.picture);
  const title = clean(item.title);
  if (src) html(parent, "img", { class: "thumb", src, alt: title, title });
  else html(parent, "div", { class: "thumb", title });
}

// A table; returns a function that adds a row. `looks` gives the head of a column more attributes, `mark` a cell. A cell is
// a text, or a function that writes into it; so is `write` for the first cell, where the name alone is too little.
function grid(parent, head, looks = () => ({})) {
  const table = html(parent, "table");
  const heads = html(html(table, "thead"), "tr");
  const body = html(table, "tbody");
  head.forEach((name, i) => html(heads, "th", { key: i, scope: "col", ...looks(i) }, name));
  const fill = (cell, content) => typeof content === "function" && content(cell);
  const textOf = (content) => (typeof content === "function" ? undefined : content);
  return (name, cells, { kind = null, mark = () => ({}), row = { key: "row" }, write = name } = {}) => {
    const line = html(body, "tr", { ...row, class: kind });
    fill(html(line, "th", { scope: "row", title: name }, textOf(write)), write);
    cells.forEach((cell, i) => fill(html(line, "td", { key: i, ...mark(i) }, textOf(cell)), cell));
  };
}

// Arithmetic that opens on demand; what was opened stays so.
function arithmetic(picture, parent, name, summary, fill) {
  const open = picture.opened.has(name);
  const box = html(parent, "details", { key: name, class: "sums", open });
  html(box, "summary", {}, summary);
  let isFilled = false;
  const show = () => {
    if (box.open) picture.opened.add(name);
    else picture.opened.delete(name);
    if (!box.open || isFilled) return;
    isFilled = true;
    fill(html(box, "div", { class: "formula" }));
  };
  put(box, { on: { toggle: show } });
  if (open) show();
}

// How many models of other seeds say so: a line that the explorer keeps.
function keepSeedLine({ panel, more }, about) {
  const line = more?.seedLine?.(about);
  if (line) keep(panel, line);
}

function fillNodePanel(picture, n) {
  const { panel, record, state } = picture;
  const { items, positions } = record.nodes[n];
  html(panel, "h3", {}, nameOf(picture, n));
  html(panel, "div", { class: "quiet" }, `${typeOf(picture, n)} · position ${positions.join(", ")}`);
  const meaning = codeMeaning(record, n);
  if (meaning) html(panel, "div", { class: "meaning" }, meaning);
  const thumbs = html(panel, "div", { class: "thumbs" });
  items.slice(0, MOST_THUMBS).forEach((item) => thumb(thumbs, entryOf(record, item)));
  if (record.nodes[n].type === 0) fillTexts(picture, record.nodes[n].id);
  if (state.edge !== null) html(panel, "p", { class: "why" }, `${aboutEdge(picture, state.edge)}. ${whyEdge(picture, state.edge)}`);
  fillFlow(picture, n);
  fillGate(picture, n);
  fillAttention(picture, n);
  const { norms } = record.layers[state.layer] ?? {};
  if (norms) html(panel, "h4", {}, "Length of its state");
  for (const [name, values] of Object.entries(norms ?? {})) {
    pair(panel, clean(name, 20), three(values?.[n]), values?.[n]);
  }
}

// What an item's texts say, and what it lacks.
function fillTexts({ panel, record }, item) {
  const entry = entryOf(record, item);
  for (const [name, text] of Object.entries(entry.texts ?? {})) {
    if (!text) continue;
    const line = html(panel, "p", { class: "text" });
    html(line, "small", {}, clean(name, 20));
    say(line, ` ${clean(text, 240)}`);
  }
  const missing = missingModalities(record, entry);
  if (missing.length) html(panel, "p", { class: "text lacking" }, `missing: ${clean(missing.join(", "), 60)}`);
}
