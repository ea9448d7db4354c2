// Painting: everything that follows the selection; nothing is drawn anew.

const SAMPLES = 9; // points of an edge to which the pointer is near

function paintPicture(picture) {
  const { drawn, record, state, panel, more } = picture;
  if (!drawn) return;
  if (more?.isPatient) drawn.sight = sightOf(picture);
  paintBar(picture);
  paintWeights(picture);
  lightUp(picture);
  if (more) more.paint();
  else patch(panel, () => fillNodePanel(picture, state.node ?? record.history.at(-1).node));
  paintOverview(picture);
  if (!more?.isPatient) paintWords(picture);
  picture.onpaint?.();
}

// The picture in words: names of nodes for who cannot see them, the table, the summary. In a live page they follow the frame.
function paintWords(picture) {
  const { drawn, record, state, summary } = picture;
  if (!drawn) return;
  if (drawn.said !== drawn.painted) drawn.nodes.forEach((node, n) => nameNode(picture, node, n));
  drawn.said = drawn.painted;
  fillTable(picture);
  setText(summary, describe(record, state));
}

// Edges and gates follow layer, order, phase and what is hidden: only then are they painted anew.
function paintWeights(picture) {
  const { drawn, record, state, hidden, legend } = picture;
  const painted = [state.layer, state.path, state.phase, ...hidden].join("/");
  if (drawn.painted === painted) return;
  drawn.painted = painted;
  drawn.later = [];
  const { weights } = attentionAt(record, state);
  drawn.edges.forEach((edge) => paintEdge(picture, edge, weights));
  paintRests(picture);
  drawn.nodes.forEach((node, n) => paintNode(picture, node, n));
  for (const button of legend.querySelectorAll("button")) {
    put(button, { "aria-pressed": String(!hidden.has(Number(button.dataset.relation))) });
  }
}

function nameNode(picture, { group }, n) {
  const { record } = picture;
  const written = record.nodes[n].type ? group.textContent.trim().replace(/\s+/g, " ") : "";
  put(group, { "data-value": betaOf(picture, n)?.[0], "aria-label": `${written} ${aboutNode(picture, n).join("; ")}`.trim() });
}

function paintNode(picture, { ring, whole }, n) {
  const beta = betaOf(picture, n);
  const visibility = beta ? null : "hidden";
  put(whole, { visibility });
  put(ring, { visibility, "stroke-dasharray": beta ? `${rounded(beta[0], 200)} 1.2` : null });
}

// Bring forward what belongs to the node under the pointer, else to the chosen one.
function lightUp(picture) {
  const { drawn, record, state, hover } = picture;
  if (!drawn?.painted) return; // it is being drawn, and is painted afterwards
  const last = record.history.at(-1).node;
  const focus = hover ?? state.node;
  const near = new Set([focus]);
  const spots = focus === null ? [] : record.nodes[focus].positions;
  for (const { source, centre, value } of drawn.edges) if (value !== null && centre === focus) near.add(source);
  lightEdges(picture, focus);
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
