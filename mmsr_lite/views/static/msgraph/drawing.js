// Drawing: everything that follows the record, the width and the theme. What follows the selection is painting.js.

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
  const looks = looksOfEdges(picture);
  const edges = record.edges.map((edge, i) => drawEdge(picture, lines, edge, i, names, looks));
  const marks = svg(canvas, "g", { class: "nodes" });
  const nodes = names.map((name, n) => drawNode(picture, marks, whiskers, n, name));
  const labels = drawGutter(picture, canvas);
  picture.drawn = { canvas, edges, rests, lines, nodes, steps, guides, strip, sight: null, later: [] };
  const follow = () => put(labels, { transform: `translate(${picture.left / picture.zoom} 0)` }); // names of lanes stay in sight
  follow();
  scroll.onscroll = () => {
    picture.left = scroll.scrollLeft;
    follow();
    paintUnseen(picture);
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
