// The strip above the lanes: a card for each item of the history, and one for the item that came next.

const MIDDLE = { "text-anchor": "middle" };

// An item of the strip: its head line, its picture or two letters, its title; `lines` gives what its window says.
function drawCard(picture, parent, { x, side, head, item, letters, lines }) {
  const { unit, box } = picture.place;
  const address = safePicture(item.picture);
  const mark = address ? "" : clean(item.title).slice(0, 2) || "?";
  const words = letters ? twoLines(item.title, letters) : [];
  const written = [head, mark, ...words].filter(String).join(" ").trim();
  const missing = item.codes ? missingModalities(picture.record, item) : [];
  const lacks = missing.length ? `; missing: ${clean(missing.join(", "), 60)}` : "";
  const show = (event) => showTip(picture, event, [clean(item.title), ...lines()]);
  put(parent, {
    "aria-label": `${written}; ${clean(item.title)}${lacks}`,
    on: { pointerenter: show, pointerleave: () => hideTip(picture) },
  });
  if (isUnchanged(parent, [x, side, box, unit, head, address, mark, ...words, ...missing])) return false;

  const left = x - side / 2;
  const top = 22 * unit;
  svg(parent, "text", { class: "quiet", x, y: 14 * unit, ...MIDDLE }, `${head} `);
  svg(parent, "rect", { class: "frame", x: left, y: top, width: side, height: side, rx: side / 6 });
  if (address) drawImage(parent, address, left, top, side);
  else svg(parent, "text", { class: "quiet", x, y: top + side / 2, "dominant-baseline": "central", ...MIDDLE }, `${mark} `);
  words.forEach((line, i) => {
    const y = Math.max(side, box) + (37 + 13 * i) * unit;
    svg(parent, "text", { class: "quiet", x, y, ...MIDDLE }, `${line} `);
  });
  return true;
}

// A hollow mark of its shape for each modality that an item lacks, at the lower corner of its picture.
function drawMissing(picture, parent, x, entry) {
  const { record, style, place: { unit, box } } = picture;
  missingModalities(record, entry).forEach((name, i) => {
    const { shape, fill } = style.types[record.node_types.indexOf(name)];
    const d = outline(style.shapes[shape], x + box / 2 - (4 + 13 * i) * unit, (22 * unit) + box - 2 * unit, 6 * unit);
    svg(parent, "path", { class: "missing", "data-missing": name, d, style: { stroke: fill } });
  });
}

// An item is the same one after an edit, wherever it has gone; one that comes twice is told by how often it came before.
function drawSteps(picture, strip) {
  const counts = new Map();
  return picture.record.history.map((entry, i) => {
    const times = counts.get(entry.item) ?? 0;
    counts.set(entry.item, times + 1);
    return drawStep(picture, strip, entry, i, `${entry.item}/${times}`);
  });
}

function drawStep(picture, strip, entry, i, key) {
  const { place } = picture;
  const pick = () => picture.choose({ position: picture.state.position === i + 1 ? null : i + 1 });
  const keydown = (event) => strideAlong(picture, event, i, pick);
  const step = svg(strip, "g", { key, "data-position": entry.position, role: "button", on: { click: pick, keydown } });
  const letters = place.titles ? Math.floor((place.column / place.unit - 4) / 5.6) : 0;
  put(step, { transform: `translate(${place.at(i + 1)} 0)` }); // an item that moves is one attribute that changes
  const lines = () => aboutItem(picture, entry);
  const isNew = drawCard(picture, step, { x: 0, side: place.box, head: entry.position, item: entry, letters, lines });
  if (isNew) drawMissing(picture, step, 0, entry);
  picture.more?.step?.(step, i);
  return step;
}

// The item that came next, and its rank.
function drawNext(picture, canvas) {
  const { record, place: { unit, box, end, ahead } } = picture;
  const { target } = record;
  const side = 54 * unit;
  const x = end + ahead / 2 + 8 * unit;
  const next = svg(canvas, "g", { class: "next", role: "img" });
  const arrow = `M${end - 2 * unit} ${22 * unit + box / 2}h${22 * unit}m-7 -6l7 6l-7 6`;
  svg(next, "path", { d: arrow, fill: "none", stroke: "currentColor", "stroke-width": 2 });
  const lines = () => (target ? [`the next item · score ${three(target.score)}`] : ["unknown"]);
  const size = record.dataset?.items ? `of ${count(record.dataset.items, "item")}` : "";
  const delta = picture.more?.rankBefore?.();
  const was = delta === undefined || delta === null ? size : `was ${rank(delta)}`;
  next.madeOf = null; // the rank below the card changes by itself
  drawCard(picture, next, { x, side, head: "next", item: target ?? {}, letters: target ? 15 : 0, lines });
  if (!target) return;
  svg(next, "rect", { class: "pill", x: x - 40 * unit, y: side + 60 * unit, width: 80 * unit, height: 22 * unit, rx: 11 * unit });
  svg(next, "text", { x, y: side + 75 * unit, ...MIDDLE }, `rank ${rank(target.rank)}`);
  svg(next, "text", { class: "quiet", x, y: side + 99 * unit, ...MIDDLE }, was);
}
