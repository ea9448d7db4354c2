// Painting: everything that follows the selection; nothing is drawn anew.

const FIRST_WIDTH = 0.8; // of an edge without weight, in pixels
const FLASH_FROM = 0.05; // change of attention from which on an edge flashes after an edit
const FLASH = { duration: 1100, easing: "ease-out" };

function paintPicture(picture) {
  const { drawn, record, state, panel, more, summary } = picture;
  if (!drawn) return;
  paintBar(picture);
  paintWeights(picture);
  lightUp(picture);
  if (more) more.paint();
  else patch(panel, () => fillNodePanel(picture, state.node ?? record.history.at(-1).node));
  fillTable(picture);
  paintOverview(picture);
  setText(summary, describe(record, state));
  picture.onpaint?.();
}

// Edges and gates follow layer, order, phase and what is hidden: only then are they painted anew.
function paintWeights(picture) {
  const { drawn, state, hidden, legend } = picture;
  const painted = [state.layer, state.path, state.phase, ...hidden].join("/");
  if (drawn.painted === painted) return;
  drawn.painted = painted;
  drawn.edges.forEach((edge) => paintEdge(picture, edge));
  drawn.nodes.forEach((node, n) => paintNode(picture, node, n));
  for (const button of legend.querySelectorAll("button")) {
    put(button, { "aria-pressed": String(!hidden.has(Number(button.dataset.relation))) });
  }
}

function paintEdge(picture, edge) {
  const { record, state, hidden, style, place: { unit } } = picture;
  const { path, source, centre, relation, index } = edge;
  edge.value = attentionAt(record, state).weights[index] ?? null;
  edge.was = path.value; // the same edge before; undefined of a new one
  path.value = edge.value;
  const isSelf = source === centre;
  const isUnused = edge.value === null;
  const width = isUnused ? FIRST_WIDTH : FIRST_WIDTH + (isSelf ? 3 : 5) * edge.value;
  const dash = style.relations[relation].dash;
  const scaled = (piece) => piece * Math.max(1, width / 2) * unit;
  put(path, {
    "data-value": edge.value,
    "stroke-width": width * unit,
    "stroke-dasharray": dash ? dash.split(" ").map(scaled).join(" ") : null,
    "marker-end": isUnused || isSelf ? null : `url(#${picture.id}-${relation})`,
  });
  const isOff = hidden.has(relation) || (isUnused && isSelf);
  edge.classes = isOff ? "edge off" : "edge";
}

// Paper shows the attention of both families: edges that have none in the phase that is shown have that of the other one.
// These looks are written when the page is about to be printed; on the screen nothing follows them.
function lookForPaper(picture) {
  const { drawn, place: { unit } } = picture;
  drawn?.edges.forEach(({ path, index, value }) => {
    const printed = value === null ? otherPhase(picture, index) : null;
    path.classList.toggle("printed", printed !== null);
    if (printed === null) return;
    path.style.setProperty("--print-width", `${(FIRST_WIDTH + 5 * printed) * unit}px`);
    path.style.setProperty("--print-opacity", 0.14 + 0.86 * Math.sqrt(printed));
  });
}

// The weight of an edge in the other phase of the order that is shown.
function otherPhase({ record, state }, edge) {
  const phases = record.layers[state.layer]?.attention[state.path] ?? [];
  const found = phases.map(({ weights }) => weights?.[edge] ?? null).find((weight) => weight !== null);
  return found ?? null;
}

function paintNode(picture, { group, ring, whole }, n) {
  const { record } = picture;
  const beta = betaOf(picture, n);
  const visibility = beta ? null : "hidden";
  const written = record.nodes[n].type ? group.textContent.trim().replace(/\s+/g, " ") : "";
  put(group, { "data-value": beta?.[0], "aria-label": `${written} ${aboutNode(picture, n).join("; ")}`.trim() });
  put(whole, { visibility });
  put(ring, { visibility, "stroke-dasharray": beta ? `${beta[0].toFixed(4)} 1.2` : null });
}

// Bring forward what belongs to the node under the pointer, else to the chosen one.
function lightUp(picture) {
  const { drawn, record, state, hover } = picture;
  if (!drawn?.painted) return; // it is being drawn, and is painted afterwards
  const last = record.history.at(-1).node;
  const focus = hover ?? state.node;
  const near = new Set([focus]);
  const spots = focus === null ? [] : record.nodes[focus].positions;
  drawn.edges.forEach((edge) => {
    const { path, source, centre, value, index } = edge;
    const gives = value !== null && centre === focus;
    if (gives) near.add(source);
    const isLit = index === state.edge && hover === null;
    const opacity = isLit ? 1 : edgeOpacity(value, focus, gives, source === focus);
    putStyle(path, { opacity });
    put(path, { class: isLit ? `${edge.classes} lit` : edge.classes });
  });
  drawn.nodes.forEach(({ group, whisker }, n) => {
    const classes = ["node"];
    if (state.node === n) classes.push("chosen");
    if (focus !== null && !near.has(n)) classes.push("far");
    if (n === last) classes.push("last");
    if (record.nodes[n].removed) classes.push("gone");
    put(group, { class: classes.join(" "), "aria-pressed": String(state.node === n) });
    if (whisker) put(whisker, { class: n === focus ? "whisker lit" : "whisker" });
  });
  drawn.steps.forEach((step, i) => {
    const isChosen = state.position === i + 1;
    const classes = ["step", spots.includes(i + 1) && "lit", isChosen && "chosen"].filter(Boolean);
    const isReached = i + 1 === (state.position ?? record.history.length); // by the Tab key
    put(step, { class: classes.join(" "), "aria-pressed": String(isChosen), tabindex: isReached ? 0 : -1 });
  });
  drawn.guides.forEach((guide, i) => put(guide, { class: spots.includes(i + 1) ? "guide lit" : "guide" }));
}

function edgeOpacity(value, focus, gives, hears) {
  const strength = value === null ? 0.12 : 0.14 + 0.86 * Math.sqrt(value);
  if (focus === null) return strength;
  if (gives) return Math.max(0.7, strength);
  return hears ? strength / 2 : 0.05;
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
    routes.set(edge.relation, [...places, edge.path.getAttribute("d")]);
  }
  if (!routes.size) return;
  const flash = svg(drawn.lines, "g", { class: "flash" });
  for (const [relation, places] of routes) svg(flash, "path", { d: places.join(""), style: { stroke: inkOf(picture, relation) } });
  flash.animate({ opacity: [1, 0] }, FLASH).onfinish = () => flash.remove();
}

// ---- overview of a long history: a tick a position, a frame around what is in sight; a click goes there ------------------

function paintOverview(picture) {
  const { overview, place, record, state } = picture;
  if (!place || !picture.drawn) return;
  const whole = place.width * picture.zoom;
  const seen = picture.width; // nothing here asks for the layout of the page, which would be made twice
  overview.hidden = place.widest * picture.zoom <= seen + 1;
  put(overview, { style: { visibility: whole <= seen + 1 ? "hidden" : "" } }); // an edit may need it
  if (overview.hidden) return;
  const share = (x) => `${(100 * x) / whole}%`;
  patch(overview, () => {
    record.history.forEach((_, i) => {
      const isLit = state.node !== null && record.nodes[state.node].positions.includes(i + 1);
      html(overview, "i", { key: "tick", class: isLit ? "lit" : null, style: { left: share(place.at(i + 1) * picture.zoom) } });
    });
    html(overview, "b", { style: { left: share(picture.left), width: share(seen) } });
  });
}

function listenToOverview(picture) {
  const { overview, scroll } = picture;
  const go = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const frame = overview.getBoundingClientRect();
    const share = (event.clientX - frame.left) / frame.width;
    scroll.scrollLeft = share * scroll.scrollWidth - scroll.clientWidth / 2;
  };
  put(overview, { on: { pointerdown: go, pointermove: go } });
}

// ---- pointer -----------------------------------------------------------------------------------------------------------

// Points of an edge to which the pointer may be near; most edges are never asked for them.
function samplesOf(edge) {
  edge.samples ??= Array.from({ length: SAMPLES }, (_, i) => along(edge.points, (i + 1) / (SAMPLES + 1)));
  return edge.samples;
}

// The drawn edge nearest to the pointer, the heavier one when two are as near; null over items and nodes.
function nearestEdge(picture, event) {
  if (event.target.closest(".step, .next, .node")) return null;
  const { drawn, zoom, place, hidden } = picture;
  const frame = drawn.canvas.getBoundingClientRect();
  const x = (event.clientX - frame.left) / zoom;
  const y = (event.clientY - frame.top) / zoom;
  let best = null;
  let least = 9 * place.unit;
  for (const edge of drawn.edges) {
    if (edge.value === null || hidden.has(edge.relation)) continue;
    const distances = samplesOf(edge).map((spot) => Math.hypot(spot.x - x, spot.y - y));
    const far = Math.min(...distances) - 2 * edge.value;
    if (far < least) {
      least = far;
      best = edge;
    }
  }
  return best;
}

function graspEdge(picture, edge) {
  if (!edge) return;
  const isChosen = picture.state.edge === edge.index;
  picture.choose(isChosen ? { node: picture.state.node } : { edge: edge.index });
}

function pointAt(picture, event) {
  const edge = nearestEdge(picture, event);
  if (edge) {
    showTip(picture, event, [aboutEdge(picture, edge.index), `attention ${three(edge.value)}`, whyEdge(picture, edge.index)]);
  } else if (!event.target.closest(".step, .next, .node")) {
    hideTip(picture);
  }
}
