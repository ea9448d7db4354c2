// The edges: each is a path of its own. Those without a weight in the phase that is shown, often more than half of them, look
// all the same: they are drawn together, as one path of each relation, and their own paths wait unseen. To change a path
// costs the browser its style, its layout and its paint, so that an edit of a long history takes half of the time. For the
// same reason nothing is written that nobody would see: an unseen path keeps its old looks, widths and opacities are
// rounded to what can be told apart, and the number and the value of an edge are properties of its path (`index`, `value`).
//
// Of a long history most edges are out of sight. In a live page those in sight are painted before the first frame after an
// edit or a choice, the others in the task after it (`paintUnseen`), or when somebody scrolls, prints or saves the picture.

const FIRST_WIDTH = 0.8; // of an edge without weight, in pixels
const FLASH_FROM = 0.05; // change of attention from which on an edge flashes after an edit
const NEAR = 0.25; // of the width of the picture: what is as far out of sight as that is painted at once
const FLASH = { duration: 1100, easing: "ease-out" };

function drawArrowHeads(picture, canvas) {
  const { unit } = picture.place;
  const defs = svg(canvas, "defs");
  picture.record.relations.forEach((_, relation) => {
    const size = { markerWidth: 8 * unit, markerHeight: 8 * unit, markerUnits: "userSpaceOnUse" };
    const place = { viewBox: "0 0 10 10", refX: 4, refY: 5, orient: "auto" };
    const marker = svg(defs, "marker", { id: `${picture.id}-${relation}`, ...place, ...size });
    svg(marker, "path", { d: "M0 0L10 5L0 10L2.5 5Z", style: { fill: inkOf(picture, relation) } });
  });
}

// The paths of relations, which hold the routes of all edges without a weight.
function drawRests(picture, lines) {
  return picture.record.relations.map((name, relation) => {
    const look = { "stroke-dasharray": dashOf(picture, relation, FIRST_WIDTH), "stroke-width": FIRST_WIDTH * picture.place.unit };
    return svg(lines, "path", { key: `rest ${relation}`, class: "rest", "data-rest": name, ...look, style: { stroke: inkOf(picture, relation) } });
  });
}

// How the edges of each relation look; an arrow head is unseen where the edge has no weight.
function looksOfEdges(picture) {
  return picture.record.relations.map((name, relation) => {
    const [stroke, head] = [inkOf(picture, relation), `url(#${picture.id}-${relation})`];
    return { name, stroke, head, all: [name, stroke, head].join() };
  });
}

function drawEdge(picture, lines, [source, centre, relation], index, names, looks) {
  const { place } = picture;
  const key = `${names[source]}\n${names[centre]}`;
  const path = again(lines, `path ${key}`) ?? svg(lines, "path", { key });
  const { name, stroke, head } = looks[relation];
  if (path.look !== looks[relation].all) { // most edges stay as they are
    path.look = looks[relation].all;
    put(path, { "data-relation": name, "marker-end": source === centre ? null : head, style: { stroke } });
  }
  path.index = index;
  const [a, b] = [place.nodes[source], place.nodes[centre]];
  const ends = [a.x, a.y, a.radius, a.lane, b.x, b.y, b.radius, b.lane, place.column, place.unit, source < centre];
  if (!isUnchanged(path, ends)) {
    path.points = curve(place, source, centre);
    const across = path.points.map(({ x }) => x); // a curve lies between the least and the greatest of its points
    path.span = [Math.min(...across), Math.max(...across)];
    path.route = null;
  }
  return { path, source, centre, relation, points: path.points, samples: null, index, value: null };
}

// The way of an edge as SVG writes it; to write numbers takes long, so it is done once.
function routeOf({ path }) {
  path.route ??= cubic(path.points);
  return path.route;
}

// An edge that is seen: only then its own path has the way and the width.
function showEdge(picture, edge) {
  put(edge.path, {
    d: routeOf(edge),
    "stroke-width": rounded(edge.width * picture.place.unit, 100),
    "stroke-dasharray": dashOf(picture, edge.relation, edge.width),
  });
}

// A number to the nearest of so many parts of one: what nobody can tell apart is one and the same, and is not written again.
const rounded = (value, parts) => Math.round(parts * value) / parts;

function dashOf({ style, place: { unit } }, relation, width) {
  const { dash } = style.relations[relation];
  return dash ? dash.split(" ").map((piece) => piece * Math.max(1, width / 2) * unit).join(" ") : null;
}

function paintEdge(picture, edge, weights) {
  const { hidden, drawn } = picture;
  const { path, source, centre, relation, index } = edge;
  edge.value = weights[index] ?? null;
  edge.was = path.value; // the same edge before; undefined of a new one
  path.value = edge.value;
  edge.isUnused = edge.value === null;
  edge.width = FIRST_WIDTH + (source === centre ? 3 : 5) * (edge.value ?? 0);
  edge.classes = `edge${edge.isUnused ? " unused" : ""}${hidden.has(relation) ? " off" : ""}`;
  edge.isLater = isOut(edge, drawn.sight);
  if (edge.isLater) drawn.later.push(edge);
  else if (!edge.isUnused || edge.was === undefined) showEdge(picture, edge);
}

// What of the picture is in sight, from left to right.
function sightOf({ left, width, zoom }) {
  return { from: (left - NEAR * width) / zoom, to: (left + (1 + NEAR) * width) / zoom };
}

function isOut({ path: { span } }, sight) {
  return sight !== null && (span[1] < sight.from || span[0] > sight.to);
}

// What follows the first frame: the edges that were out of sight, and, after an edit, the flash.
function paintUnseen(picture) {
  const { drawn } = picture;
  if (!drawn?.sight) return;
  drawn.sight = null;
  for (const edge of drawn.later) {
    edge.isLater = false;
    if (!edge.isUnused || edge.was === undefined) showEdge(picture, edge);
  }
  drawn.later = [];
  paintRests(picture);
  lightUp(picture);
  if (drawn.flashes) flashChanges(picture);
  drawn.flashes = false;
}

function paintRests({ drawn, hidden }) {
  const routes = drawn.rests.map(() => []);
  for (const edge of drawn.edges) {
    const isShown = edge.isUnused && !edge.isLater && edge.source !== edge.centre && !hidden.has(edge.relation);
    if (isShown) routes[edge.relation].push(routeOf(edge));
  }
  drawn.rests.forEach((rest, relation) => put(rest, { d: routes[relation].join("") || null }));
}

// How strong edges are; `focus` is the node under the pointer, else the chosen one.
function lightEdges(picture, focus) {
  const { drawn, state, hover } = picture;
  for (const edge of drawn.edges) {
    if (isOut(edge, drawn.sight)) continue;
    const { path } = edge;
    const isLit = edge.index === state.edge && hover === null;
    if (isLit) showEdge(picture, edge);
    if (isLit || !edge.isUnused) putStyle(path, { opacity: isLit ? 1 : edgeOpacity(edge, focus) });
    const classes = isLit ? `${edge.classes} lit` : edge.classes;
    if (path.known.class !== classes) put(path, { class: classes });
  }
  for (const rest of drawn.rests) putStyle(rest, { opacity: focus === null ? 0.12 : 0.05 });
}

function edgeOpacity({ value, source, centre }, focus) {
  const strength = rounded(0.14 + 0.86 * Math.sqrt(value), 50);
  if (focus === null) return strength;
  if (centre === focus) return Math.max(0.7, strength);
  return source === focus ? strength / 2 : 0.05;
}

// Paper shows the attention of both families: edges that have none in the phase that is shown have that of the other one.
// These looks are written when the page is about to be printed; on the screen nothing follows them.
function lookForPaper(picture) {
  const { drawn, place: { unit } } = picture;
  paintUnseen(picture);
  drawn?.edges.forEach((edge) => {
    const printed = edge.value === null ? otherPhase(picture, edge.index) : null;
    edge.path.classList.toggle("printed", printed !== null);
    if (printed === null) return;
    showEdge(picture, edge);
    edge.path.style.setProperty("--print-width", `${(FIRST_WIDTH + 5 * printed) * unit}px`);
    edge.path.style.setProperty("--print-opacity", 0.14 + 0.86 * Math.sqrt(printed));
  });
}

// The weight of an edge in the other phase of the order that is shown.
function otherPhase({ record, state }, edge) {
  const phases = record.layers[state.layer]?.attention[state.path] ?? [];
  const found = phases.map(({ weights }) => weights?.[edge] ?? null).find((weight) => weight !== null);
  return found ?? null;
}

// After an edit: edges that are new, or whose attention has changed, flash once. They do so in a few paths above them, one
// for each relation, of which nothing changes but the opacity of all: that the browser can do without painting again.
function flashChanges(picture) {
  if (wantsLessMotion() || !picture.drawn) return;
  const { drawn } = picture;
  const routes = new Map(); // relation -> the routes of its edges
  for (const edge of drawn.edges) {
    const isNew = edge.was === undefined;
    const isMoved = !isNew && edge.was !== null && edge.value !== null && Math.abs(edge.was - edge.value) > FLASH_FROM;
    if (edge.source === edge.centre || !(isNew || isMoved)) continue;
    const places = routes.get(edge.relation) ?? [];
    places.push(routeOf(edge));
    routes.set(edge.relation, places);
  }
  if (!routes.size) return;
  const flash = svg(drawn.lines, "g", { class: "flash" });
  for (const [relation, places] of routes) svg(flash, "path", { d: places.join(""), style: { stroke: inkOf(picture, relation) } });
  flash.animate({ opacity: [1, 0] }, FLASH).onfinish = () => flash.remove();
}
