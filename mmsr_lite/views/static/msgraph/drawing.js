// Drawing: everything that follows the record, the width and the theme. What follows the selection is painting.js.

const MIDDLE = { "text-anchor": "middle" };
const SAMPLES = 9; // points of an edge to which the pointer is near

// Draw the picture. What was drawn before is patched: an edit makes the elements of what is new, and moves the others.
function drawPicture(picture) {
  const { record, scroll } = picture;
  const isFirst = !picture.place;
  const held = heldMark(picture);
  const unit = picture.theme === "projector" ? 1.25 : 1;
  picture.place = picture.placeOf(record, picture.width, unit, picture.leastOf?.(unit) ?? null);
  if (picture.room) grow(picture.room, picture.place);
  const { place } = picture;
  patch(scroll, () => drawCanvas(picture));
  const { steps, nodes } = picture.drawn;
  drawLegend(picture);
  paintPicture(picture);
  const itemLane = place.lanes.find(({ type }) => type === 0);
  const wanted = held?.mark ? nodes.findIndex(({ group }) => group === held.mark) : -1;
  roving(picture, wanted >= 0 ? wanted : held?.node ?? picture.state.node ?? itemLane.members[0] ?? 0);
  if (isFirst) { // a long history opens at its end, beside the next item
    scroll.scrollLeft = place.width;
    scroll.onscroll();
  }
  const goal = held?.step === undefined ? nodes[held?.node]?.group : steps[between(0, held.step, steps.length - 1)];
  focusOn(held?.mark?.isConnected ? held.mark : goal);
}

function focusOn(mark) {
  if (mark && mark !== document.activeElement) mark.focus({ preventScroll: true }); // makes the browser compute all styles
}

function drawCanvas(picture) {
  const { record, scroll, place, zoom } = picture;
  const canvas = svg(scroll, "svg", {
    width: place.width * zoom,
    height: place.height * zoom,
    viewBox: `0 0 ${place.width} ${place.height}`,
    role: "application",
    "aria-roledescription": "graph",
    "aria-label": "MSGraph: arrow keys walk along and between lanes, Enter selects a node, Escape clears",
    on: {
      pointermove: (event) => picture.hover === null && pointAt(picture, event),
      pointerleave: () => hideTip(picture),
      click: (event) => graspEdge(picture, nearestEdge(picture, event)),
    },
  });
  drawArrowHeads(picture, canvas);
  const guides = drawLanes(picture, canvas);
  const strip = svg(canvas, "g", { class: "strip" });
  const steps = drawSteps(picture, strip);
  drawNext(picture, canvas);
  const whiskers = svg(canvas, "g", { key: "whiskers", "aria-hidden": true });
  const lines = svg(canvas, "g", { key: "lines", "aria-hidden": true });
  const rests = drawRests(picture, lines); // below the others
  const names = record.nodes.map((_, n) => keyOfNode(record, n));
  const edges = record.edges.map((edge, i) => drawEdge(picture, lines, edge, i, names));
  const marks = svg(canvas, "g", { class: "nodes" });
  const nodes = names.map((name, n) => drawNode(picture, marks, whiskers, n, name));
  const labels = drawGutter(picture, canvas);
  picture.drawn = { canvas, edges, rests, lines, nodes, steps, guides, strip };
  const follow = () => put(labels, { transform: `translate(${picture.left / picture.zoom} 0)` }); // names of lanes stay in sight
  follow();
  scroll.onscroll = () => {
    picture.left = scroll.scrollLeft;
    follow();
    paintOverview(picture);
  };
}

// What of the picture has the focus, so that it has it again once all is drawn.
function heldMark(picture) {
  const { drawn, held } = picture;
  if (held) {
    picture.held = null;
    return held;
  }
  const mark = document.activeElement;
  const node = drawn?.nodes.findIndex(({ group }) => group === mark) ?? -1;
  if (node >= 0) return { node, mark };
  const step = drawn?.steps.indexOf(mark) ?? -1;
  return step >= 0 ? { step } : null;
}

// The grounds of the lanes, and a line for each position.
function drawLanes(picture, canvas) {
  const { record, place } = picture;
  const { unit, end, at } = place;
  const back = svg(canvas, "g", { key: "grounds", "aria-hidden": true });
  for (const { y, height } of place.lanes) {
    svg(back, "rect", { class: "lane", x: 8 * unit, y, width: end + 6 * unit, height, rx: 12 * unit });
  }
  return record.history.map((_, i) => {
    const x = at(i + 1);
    return svg(back, "line", { key: "guide", x1: x, x2: x, y1: 20 * unit, y2: place.height - 10 * unit });
  });
}

function drawImage(parent, href, x, y, side) {
  const look = { "clip-path": "inset(0 round 15%)", preserveAspectRatio: "xMidYMid slice" };
  svg(parent, "image", { href, x, y, width: side, height: side, ...look });
}

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

function drawNode(picture, marks, whiskers, n, name) {
  const { record, place, style } = picture;
  const node = record.nodes[n];
  const { x, y, radius } = place.nodes[n];
  const { unit } = place;
  const { fill, on, shape } = style.types[node.type];
  const form = style.shapes[shape];
  const whisker = drawWhisker(picture, whiskers, n, fill, name);
  const face = node.type === 0 ? faceOfItem(picture, n) : faceOfCode(picture, n);
  const enter = (event) => {
    const isNew = picture.hover !== n;
    picture.hover = n;
    if (isNew) lightUp(picture);
    if (event.type === "pointerenter") showTip(picture, event, aboutNode(picture, n));
    else roving(picture, n);
  };
  const leave = () => {
    picture.hover = null;
    lightUp(picture);
    hideTip(picture);
  };
  const click = () => {
    picture.choose({ node: picture.state.node === n ? null : n });
    group.focus({ preventScroll: true }); // after the change: to set the focus makes the browser compute all styles
  };
  const keydown = (event) => walk(picture, event, n);
  const group = svg(marks, "g", {
    key: name,
    "data-node": n,
    "data-type": node.type,
    transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, // what is in it stands around (0, 0), and stays as it is
    role: "button",
    on: { click, keydown, pointerenter: enter, focus: enter, pointerleave: leave, blur: leave },
  });
  if (!group.hasAttribute("tabindex")) put(group, { tabindex: -1 }); // a new one; see roving
  const rings = ["heho", "hohe"].map((path, i) => lookOf(picture, path, i).colour);
  if (isUnchanged(group, [radius, unit, shape, fill, on, ...rings, ...Object.values(face)])) return { ...group.parts, whisker };

  svg(group, "path", { class: "halo", d: outline(form, 0, 0, radius + 7.5 * unit) });
  const [whole, ring] = rings.map((stroke) => svg(group, "path", {
    class: "ring",
    d: outline(form, 0, 0, radius + 3 * unit),
    "stroke-width": 4 * unit,
    pathLength: 1,
    style: { stroke },
  }));
  svg(group, "path", { class: "shape", d: outline(form, 0, 0, radius), style: { fill } });
  if (node.type === 0) drawItemFace(picture, group, n, on, face);
  else drawCodeFace(picture, group, n, on, face);
  group.parts = { group, ring, whole };
  return { ...group.parts, whisker };
}

function faceOfItem(picture, n) {
  const { record } = picture;
  const address = safePicture(entryOf(record, record.nodes[n].id).picture);
  return { address, letters: address ? "" : nameOf(picture, n).slice(0, 2) };
}

function drawItemFace(picture, group, n, ink, { address, letters }) {
  const { radius } = picture.place.nodes[n];
  if (address) drawImage(group, address, -radius * 0.88, -radius * 0.88, radius * 1.76);
  else svg(group, "text", { style: { fill: ink } }, letters);
}

// A code: its number, an example picture below the number where it has no words, and its first words below the node.
function faceOfCode(picture, n) {
  const { record, place: { nodes, unit } } = picture;
  const address = examplePicture(record, n);
  const room = Math.max(7, Math.floor((2 * nodes[n].radius + 12 * unit) / (5.2 * unit)));
  const words = codeMeaning(record, n).replace(/^like /, "").split(",")[0]; // the most telling one
  return { number: String(record.nodes[n].id), address, words: address || !words ? "" : clean(words, room) };
}

function drawCodeFace(picture, group, n, ink, { number, address, words }) {
  const { nodes, unit } = picture.place;
  const { radius } = nodes[n];
  svg(group, "text", { style: { fill: ink } }, number);
  if (address) {
    const side = 17 * unit;
    drawImage(group, address, radius - 0.45 * side, radius - 0.75 * side, side);
  }
  if (words) svg(group, "text", { class: "meaning", y: radius + 13 * unit }, ` ${words}`);
}

// Lines from a node to each of its positions.
function drawWhisker(picture, whiskers, n, stroke, name) {
  const { record, place } = picture;
  const { positions } = record.nodes[n];
  if (positions.length < 2) return null;
  const { x, y } = place.nodes[n];
  const spots = positions.map(place.at);
  const ticks = spots.map((spot) => `M${spot} ${y - 5 * place.unit}v${10 * place.unit}`).join("");
  const d = `M${Math.min(x, ...spots)} ${y}H${Math.max(x, ...spots)}${ticks}`;
  return svg(whiskers, "path", { key: name, d, style: { stroke } });
}

// The names of the lanes, which stay in sight while a long history is scrolled.
function drawGutter(picture, canvas) {
  const { record, style, place } = picture;
  const { unit, gutter, box } = place;
  const isNarrow = gutter < 100 * unit;
  const labels = svg(canvas, "g", { class: "gutter", "aria-hidden": true });
  const inside = gutter - (isNarrow ? 4 : 14) * unit;
  svg(labels, "rect", { width: inside, height: place.height });
  const lines = isNarrow ? [["quiet", 30, "time →"]] : [["big", 22, "history"], ["quiet", 36, "time →"]];
  for (const [kind, y, text] of lines) {
    svg(labels, "text", { class: kind, x: (isNarrow ? 4 : 12) * unit, y: y * unit + box / 2 }, text);
  }
  for (const { type, y, height, members } of place.lanes) {
    const { fill, shape } = style.types[type];
    const centre = y + height / 2;
    svg(labels, "rect", { class: "lane", x: 8 * unit, y, width: inside - 8 * unit, height, rx: 12 * unit });
    svg(labels, "path", { d: outline(style.shapes[shape], 26 * unit, centre, 9 * unit), style: { fill } });
    if (isNarrow) {
      svg(labels, "text", { class: "quiet", x: 11 * unit, y: centre + 24 * unit }, clean(record.node_types[type], 6));
    } else {
      svg(labels, "text", { class: "big", x: 42 * unit, y: centre - unit }, clean(record.node_types[type], 9));
      svg(labels, "text", { class: "quiet", x: 42 * unit, y: centre + 13 * unit }, count(members.length, "node"));
    }
  }
  return labels;
}
