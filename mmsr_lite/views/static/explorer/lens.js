// The gate lens: beta of every node in every layer, then the numbers of one node.

const ROW = 13; // pixels of a row of cells
const LABEL = 66; // pixels before the cells

function lensPanel(desk) {
  const { picture } = desk;
  const map = html(null, "div", { class: "heats" });
  let cells = []; // of the map: { n, layer, rect }
  let rows = []; // numbers of layers: { layer, text }
  let drawn = null; // for what the map was drawn

  // The map follows the record and the room; the selection only marks it.
  function drawMap() {
    drawn = picture.drawn;
    patch(map, writeMap);
  }

  function writeMap() {
    const { record, place } = picture;
    cells = [];
    rows = [];
    const isGated = record.layers.some(({ beta }) => beta);
    const scale = html(map, "div", { class: "scale" });
    if (!isGated) {
      say(scale, "This model has no update gate.");
      return;
    }
    term(picture, scale, "beta", "β");
    term(picture, scale, "heho");
    const colours = [0, 0.5, 1].map((share) => colourOfBeta(picture, share));
    html(scale, "i", { style: { background: `linear-gradient(90deg, ${colours.join(", ")})` } });
    term(picture, scale, "hohe");
    for (const lane of place.lanes) drawLane(picture, map, lane, cells, rows);
  }

  function paint() {
    const { panel, state } = picture;
    if (drawn !== picture.drawn) drawMap();
    const focus = desk.focus();
    for (const { n, rect } of cells) put(rect, { class: n === focus ? "cell chosen" : "cell" });
    for (const { layer, text } of rows) put(text, { class: layer === state.layer ? "now" : "quiet" });
    patch(panel, () => {
      html(panel, "h3", {}, "Gate lens");
      keep(panel, map);
      fillNodePanel(picture, focus);
    });
  }
  return { paint };
}

// White at one half; the path that has more than that colours the cell.
function colourOfBeta(picture, late) {
  const [early, half, hohe] = picture.style.beta;
  const [from, to, share] = late < 0.5 ? [early, half, 2 * late] : [half, hohe, 2 * late - 1];
  return `color-mix(in srgb, ${to} ${(100 * share).toFixed(1)}%, ${from})`;
}

// The cells of one node type: a row a layer, a column a node, by time.
function drawLane(picture, parent, { type, members }, cells, rows) {
  const { record, place: { unit } } = picture;
  const { layers } = record;
  const tall = ROW * unit;
  const width = picture.panelWidth - 36 * unit;
  const cell = Math.min(26 * unit, (width - LABEL * unit) / members.length);
  const height = layers.length * (tall + 2);
  const name = clean(record.node_types[type], 9);
  const central = { "dominant-baseline": "central" };
  const says = `Gates of type ${name}; the table has the numbers`;
  const map = svg(parent, "svg", { class: "heat", key: type, width, height: height + 6, role: "img", "aria-label": says });
  svg(map, "text", { x: 0, y: height / 2, ...central }, name);
  layers.forEach(({ beta }, layer) => {
    const y = layer * (tall + 2);
    rows.push({ layer, text: svg(map, "text", { key: "layer", x: (LABEL - 12) * unit, y: y + tall / 2, ...central }, layer + 1) });
    members.forEach((n, i) => {
      if (!beta?.[n]) return;
      const place = { x: LABEL * unit + i * cell, y, width: Math.max(cell - 1.5, 1), tall };
      cells.push({ n, layer, rect: drawCell(picture, map, n, layer, place) });
    });
  });
}

function drawCell(picture, map, n, layer, { x, y, width, tall }) {
  const { layers, history } = picture.record;
  const isRead = layer < layers.length - 1 || n === history.at(-1).node; // last pooling, section 4.4
  const [hohe, heho] = layers[layer].beta[n];
  const numbers = `layer ${layer + 1}: hohe ${three(hohe)}, heho ${three(heho)}`;
  const says = isRead ? numbers : `${numbers}; no score depends on this gate`;
  const lines = () => [nameOf(picture, n), codeMeaning(picture.record, n), says].filter(Boolean);
  return svg(map, "rect", {
    key: "cell",
    "data-cell": `${n}/${layer}`,
    "data-value": hohe,
    style: { fill: colourOfBeta(picture, hohe) },
    x,
    y: isRead ? y : y + 0.35 * tall,
    width,
    height: isRead ? tall : 0.3 * tall, // thin: no score depends on it
    rx: 2,
    on: {
      click: () => picture.choose({ node: n, layer }),
      pointerenter: (event) => showTip(picture, event, lines()),
      pointerleave: () => hideTip(picture),
    },
  });
}
