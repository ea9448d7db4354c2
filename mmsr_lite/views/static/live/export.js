// What can be taken out of the page: a history as text, the picture as SVG or PNG, the numbers as CSV.

// ---- a history as text: one line an item, its id first --------------------------------------------------------------

function historyText({ record }) {
  return record.history.map(({ item_id: id, title }) => `${id}\t${title.replace(/\s+/g, " ")}`).join("\n");
}

// The items of a pasted text: lines as above, or ids, titles or numbers with commas between them.
function itemsOfText(text, session) {
  const { items } = session.data;
  const model = session.modelOf(session.draft);
  const lines = text.includes("\n") ? text.split("\n") : text.split(/[,;]/);
  const wanted = lines.map((line) => line.split("\t")[0].trim()).filter(Boolean).slice(0, 1000);
  if (!wanted.length) throw new engine.EngineError("the text is empty; paste items by id, title or number, one a line, the oldest first");
  return wanted.map((word) => {
    const row = [items.id.indexOf(word), items.title.findIndex((title) => title.toLowerCase() === word.toLowerCase())].find((found) => found > 0);
    if (row !== undefined) return model.itemAt(row);
    if (/^\d{1,9}$/.test(word) && model.hasItem(Number(word))) return Number(word);
    throw new engine.EngineError(`“${clean(word, 40)}” is no item of this page; expected an id, a title or a number`);
  });
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // a frame may not be allowed to
    const field = html(document.body, "textarea", { style: { position: "fixed", top: "0", opacity: "0" } });
    field.value = text;
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

// ---- the picture ----------------------------------------------------------------------------------------------------

const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "visibility", "display",
  "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline", "clip-path", "paint-order", "marker-end"];

// The graph as a file of its own: each element carries the looks that the page's style sheet gives it.
function svgOf(root) {
  const drawn = root.querySelector(".scroll svg");
  const copy = drawn.cloneNode(true);
  const from = [drawn, ...drawn.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of LOOKS) element.style.setProperty(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-pressed"]) element.removeAttribute(name);
  });
  const [width, height] = ["width", "height"].map((name) => Number(drawn.getAttribute(name)));
  put(copy, { viewBox: `0 0 ${width} ${height}` });
  const paper = svg(null, "rect", { width, height, style: { fill: getComputedStyle(root).backgroundColor } });
  copy.prepend(paper);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

async function pngOf(root) {
  const { text, width, height } = svgOf(root);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(root).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

// ---- the numbers: attention, gates, scores and flow, one row each ----------------------------------------------------

const HEAD = ["what", "layer", "order", "phase", "of", "to", "relation", "value"];

// A cell; a text that a spreadsheet would take for a formula gets an apostrophe before it.
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

function csvOf(record) {
  const rows = [];
  const name = (n) => record.nodes[n].label;
  record.layers.forEach(({ attention, beta }, layer) => {
    for (const [order, phases] of Object.entries(attention)) {
      phases.forEach(({ weights }, phase) => record.edges.forEach(([neighbour, centre, relation], e) => {
        const weight = weights?.[e];
        if (weight != null) rows.push(["attention", layer + 1, order, phase + 1, name(centre), name(neighbour), record.relations[relation], weight]);
      }));
    }
    record.nodes.forEach((_, n) => Object.keys(attention).forEach((order, i) => {
      if (beta?.[n]) rows.push(["gate", layer + 1, order, null, name(n), null, null, beta[n][i]]);
    }));
  });
  const { top } = record.answer;
  for (const card of top) rows.push(["score", null, null, null, card.title || card.item_id, null, null, card.score]);
  if (record.target) rows.push(["rank", null, null, null, record.target.title, null, null, record.target.rank]);
  const titles = new Map([...top, ...(record.target ? [record.target] : [])].map((card) => [card.item, card.title]));
  for (const { item, groups } of record.flow?.items ?? []) {
    groups.forEach((value, group) => rows.push(["flow", null, null, null, titles.get(item), null, record.flow.groups[group], value]));
  }
  return [HEAD, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

function download(name, address) {
  html(null, "a", { href: address, download: name }).click();
}

const textAddress = (type, text) => `data:${type};charset=utf-8,${encodeURIComponent(text)}`;
