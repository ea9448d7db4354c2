// The nodes: the shape and the face of each one, its rings, and the lines from it to its positions.

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
