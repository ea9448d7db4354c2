// The MSGraph picture (paper 4.1, 4.3): a history, its graph in swim lanes, the attention and the gate of a trained model.
// Reads one trace record and draws SVG. Runs as an anywidget (`render`) and in a plain page (`mount`); no build, no network.
// Time reads from left to right: a node stands at the mean of its positions, in the lane of its type. Edges in a lane are of
// time (above: listening to what came before; below: to what came after), edges between lanes are of matching.

const SPACE = "http://www.w3.org/2000/svg";
const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+$/;
let pictures = 0; // how many were mounted, for unique ids

// ---- small tools -----------------------------------------------------------------------------------------------------

const put = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") Object.assign(element.style, value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return element;
};
const make = (parent, element, attributes, text) => {
  put(element, attributes ?? {});
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
};
const html = (parent, tag, attributes, text) => make(parent, document.createElement(tag), attributes, text);
const svg = (parent, tag, attributes, text) => make(parent, document.createElementNS(SPACE, tag), attributes, text);

export const clean = (text, most = 60) => {
  const plain = String(text ?? "").slice(0, 8 * most).replace(/[\p{Cc}\p{Cf}]/gu, " ").split(/\s+/).filter(Boolean).join(" ");
  const letters = [...plain];
  return letters.length <= most ? plain : letters.slice(0, most - 1).join("") + "…";
};
const three = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const between = (low, value, high) => Math.max(low, Math.min(value, high));
const safe = (address) => (typeof address === "string" && address.length < 4e6 && PICTURE.test(address) ? address : null);
const count = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;
const rank = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

// ---- the record ------------------------------------------------------------------------------------------------------

// What is asked for, brought within what the record has.
export function settle(record, asked = {}) {
  const layer = between(0, asked.layer ?? 0, record.layers.length - 1);
  const attention = record.layers[layer]?.attention ?? {};
  const path = asked.path in attention ? asked.path : Object.keys(attention)[0] ?? null;
  const phase = between(0, asked.phase ?? 0, (attention[path]?.length ?? 1) - 1);
  const node = Number.isInteger(asked.node) && record.nodes[asked.node] ? asked.node : null;
  return { node, layer, path, phase };
}

const phaseOf = (record, { layer, path, phase }) => record.layers[layer]?.attention[path]?.[phase] ?? { family: "", weights: [] };

// The picture in words; the Python views say the same.
export function describe(record, selection) {
  const parts = record.node_types.map((name, type) => count(record.nodes.filter((node) => node.type === type).length, name + " node"));
  const says = [`MSGraph of ${count(record.history.length, "interaction")}: ${parts.join(", ")} and ${count(record.edges.length, "edge")}.`];
  if (record.target) says.push(`The next item, ${clean(record.target.title)}, has rank ${rank(record.target.rank)}.`);
  const { family, weights } = phaseOf(record, selection);
  let best = null;
  record.edges.forEach(([source, centre], edge) => {
    if (source !== centre && weights[edge] != null && (best === null || weights[edge] > weights[best])) best = edge;
  });
  const where = `layer ${selection.layer + 1}, order ${selection.path}, phase ${selection.phase + 1} (${family})`;
  if (best === null) says.push(`In ${where} no node listens to another.`);
  else {
    const [source, centre] = record.edges[best].map((end) => clean(record.nodes[end]?.label));
    says.push(`In ${where} the largest attention between two nodes is ${three(weights[best])}: ${centre} listens to ${source}.`);
  }
  const beta = record.layers[selection.layer]?.beta;
  if (beta) says.push(`The gate of this layer gives ${three(mean(beta.map((pair) => pair[0])))} to hohe (late fusion) on average.`);
  return says.join(" ");
}

// ---- layout ----------------------------------------------------------------------------------------------------------

// Nearest places to `wanted` (ascending) that are `gap` apart and within [low, high]: isotonic regression, pooled neighbours.
export function spread(wanted, gap, low, high) {
  const blocks = [];
  wanted.forEach((x, i) => {
    let block = { sum: x - i * gap, size: 1 };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).size >= block.sum / block.size) {
      const last = blocks.pop();
      block = { sum: last.sum + block.sum, size: last.size + block.size };
    }
    blocks.push(block);
  });
  const places = blocks.flatMap(({ sum, size }) => Array(size).fill(sum / size));
  return places.map((x, i) => between(low, x, Math.max(low, high - (wanted.length - 1) * gap)) + i * gap);
}

// Where everything stands: the same record and width always give the same picture.
export function layout(record, width, unit = 1) {
  const length = Math.max(record.history.length, 1);
  const gutter = 116 * unit, ahead = 132 * unit;
  const column = between(44 * unit, (width - gutter - ahead) / length, 150 * unit);
  const at = (position) => gutter + (position - 0.5) * column;
  const end = gutter + length * column;
  const box = Math.min(54 * unit, column - 8 * unit); // side of a picture in the strip
  const titles = column >= 62 * unit;
  const above = Math.ceil((record.node_types.length - 1) / 2); // lanes over the lane of items
  const order = record.node_types.map((_, type) => type).slice(1);
  order.splice(above, 0, 0);
  const nodes = [], lanes = [];
  let y = (titles ? 66 : 34) * unit + box;
  for (const [place, type] of order.entries()) {
    const radius = type === 0 ? Math.min(27 * unit, column / 2 - 6 * unit) : 17 * unit;
    const members = record.nodes.map((node, id) => ({ id, x: at(mean(node.positions)), type: node.type }))
      .filter((node) => node.type === type).sort((a, b) => a.x - b.x || a.id - b.id);
    const gap = 2 * radius + 12 * unit;
    let rows = 1, placed = [];
    for (; rows <= 4; rows++) {
      placed = Array.from({ length: rows }, (_, row) => {
        const mine = members.filter((_, i) => i % rows === row);
        return spread(mine.map((node) => node.x), gap, gutter + radius + 4 * unit, end - radius).map((x, i) => ({ ...mine[i], x, row }));
      }).flat();
      if (rows === 4 || placed.every((node) => Math.abs(node.x - at(mean(record.nodes[node.id].positions))) <= 0.75 * column)) break;
    }
    const pad = 38 * unit + radius, step = 2 * radius + 22 * unit;
    for (const { id, x, row } of placed) nodes[id] = { x, y: y + pad + row * step, radius, lane: place };
    const height = 2 * pad + (rows - 1) * step;
    lanes.push({ type, y, height, members: placed.sort((a, b) => a.x - b.x || a.id - b.id).map((node) => node.id) });
    y += height + 12 * unit;
  }
  return { unit, gutter, ahead, column, at, end, box, titles, nodes, lanes, width: Math.max(end + ahead, Math.min(width, end + ahead)), height: y };
}

// The cubic from the source (listened to) to the centre (listening): four points.
function curve(place, source, centre) {
  const { unit, column } = place, a = place.nodes[source], b = place.nodes[centre];
  const edge = (node, towards, room) => {
    const dx = towards.x - node.x, dy = towards.y - node.y, far = Math.hypot(dx, dy) || 1;
    return { x: node.x + (dx / far) * (node.radius + room), y: node.y + (dy / far) * (node.radius + room) };
  };
  if (source === centre) {
    const turn = (angle, far) => ({ x: a.x + Math.cos(angle) * far, y: a.y + Math.sin(angle) * far });
    const near = a.radius + 5 * unit, far = a.radius + 20 * unit;
    return [turn(-1.15, near), turn(-1.2, far), turn(-0.35, far), turn(-0.4, near)];
  }
  const dx = b.x - a.x, dy = b.y - a.y;
  let c1, c2;
  if (a.lane === b.lane) {
    const side = dx > 0 || (dx === 0 && dy > 0) ? -1 : 1;
    const lift = side * 1.33 * between(0, (14 + 0.13 * Math.abs(dx)) * unit + (Math.abs(dy) > 1 ? 0 : a.radius * 0.45), a.radius + 28 * unit);
    c1 = { x: a.x + dx * 0.28, y: a.y + dy * 0.28 + lift };
    c2 = { x: b.x - dx * 0.28, y: b.y - dy * 0.28 + lift };
  } else {
    const bend = (source < centre ? 1 : -1) * (Math.abs(a.lane - b.lane) > 1 ? 0.46 * column : 6 * unit);
    c1 = { x: a.x + bend, y: a.y + dy * 0.4 };
    c2 = { x: b.x + bend, y: b.y - dy * 0.4 };
  }
  return [edge(a, c1, 6 * unit), c1, c2, edge(b, c2, 9 * unit)];
}
const along = ([a, b, c, d], t) => {
  const s = 1 - t, mix = (axis) => s ** 3 * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t ** 3 * d[axis];
  return { x: mix("x"), y: mix("y") };
};
const pathData = (points) => points.map(({ x, y }, i) => `${["M", "C", "", ""][i]}${x.toFixed(1)} ${y.toFixed(1)}`).join(" ");
const outline = (points, x, y, size) => "M" + points.map(([a, b]) => `${(x + a * size).toFixed(1)} ${(y + b * size).toFixed(1)}`).join("L") + "Z";

// Two lines of a title, cut to the width of a column.
function twoLines(text, letters) {
  const words = clean(text, 3 * letters).split(" ");
  let first = words.shift() ?? "";
  while (words.length && first.length + words[0].length < letters) first += " " + words.shift();
  return [clean(first, letters), clean(words.join(" "), letters)];
}

// ---- the picture -----------------------------------------------------------------------------------------------------

// Draw `record` into `el`; `options`: {style, selection, theme, onselect}. Returns {update(changes), destroy(), selection}.
export function mount(el, record, options = {}) {
  let { style, theme = "auto", onselect = () => {} } = options;
  let state = settle(record, options.selection);
  let place, drawn, hover = null, timer = null, width = 0;
  const hidden = new Set(); // relations switched off
  const id = `mmsr${++pictures}`;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = html(null, "div", { class: "mmsr" });
  el.replaceChildren(root);
  const bar = html(root, "div", { class: "bar" });
  const body = html(root, "div", { class: "body" });
  const stage = html(body, "div", { class: "stage" });
  const scroll = html(stage, "div", { class: "scroll" });
  const legend = html(stage, "div", { class: "legend", role: "group", "aria-label": "Legend; press a relation to hide or show it" });
  const tip = html(stage, "div", { class: "tip", role: "status", hidden: true });
  const panel = html(body, "section", { class: "panel", tabindex: 0, "aria-label": "Numbers of the chosen node" });
  const summary = html(root, "p", { class: "summary", "aria-live": "polite" });
  const numbers = html(root, "details", { class: "numbers" });
  numbers.addEventListener("toggle", () => table());

  const colourOf = (relation) => {
    const { colour } = style.relations[relation];
    return colour.startsWith("#") ? colour : `var(--${colour})`;
  };
  const pathLook = (name, i) => style.paths[name] ?? { colour: style.others[i % style.others.length], says: "" };
  const nodeName = (node) => clean(record.nodes[node].label);
  const choose = (changes) => {
    state = settle(record, { ...state, ...changes });
    paint();
    onselect({ ...state });
  };

  // -- controls and legend
  function radio(name, values, current, pick) {
    const field = html(bar, "fieldset", { class: name });
    html(field, "legend", {}, name);
    values.forEach(([value, text]) => {
      const label = html(field, "label", {}, text);
      const input = html(null, "input", { type: "radio", name: `${id}-${name}`, value });
      input.checked = value === current;
      input.addEventListener("change", () => pick(value));
      label.prepend(input);
    });
  }
  function controls() {
    const focus = bar.contains(document.activeElement) ? document.activeElement.name ?? null : null;
    bar.replaceChildren();
    const name = html(bar, "h2", { class: "name" });
    html(name, "b", {}, "MSGraph");
    const user = record.user ? `user ${clean(record.user.id, 24)} · ` : "";
    html(name, "span", {}, `${user}${clean(record.dataset?.name, 30)} · ${clean(record.model?.label, 30)}`);
    if (record.truth) html(name, "span", {}, ` · planted cause: ${clean(record.truth.cause, 20)}`);
    const paths = record.layers[state.layer]?.attention ?? {};
    radio("layer", record.layers.map((_, i) => [i, String(i + 1)]), state.layer, (layer) => choose({ layer }));
    radio("order", Object.keys(paths).map((path, i) => [path, [path, pathLook(path, i).says].filter(Boolean).join(" · ")]), state.path,
      (path) => choose({ path }));
    radio("phase", (paths[state.path] ?? []).map(({ family }, i) => [i, `${i + 1} · ${family}`]), state.phase, (phase) => choose({ phase }));
    const play = html(bar, "button", { type: "button", class: "play", "aria-label": timer ? "Pause" : "Play all layers, orders and phases" }, timer ? "❚❚" : "▶");
    play.addEventListener("click", () => (timer ? pause() : start()));
    const theming = html(null, "select", { class: "theme", "aria-label": "Theme" });
    for (const choice of ["auto", "light", "dark", "projector"]) html(theming, "option", { selected: choice === theme, value: choice }, choice);
    theming.addEventListener("change", () => { update({ theme: theming.value }); onselect({ ...state }, theme); });
    name.after(theming, html(null, "div", { class: "break" }));
    if (focus) bar.querySelector(`input[name="${focus}"]:checked`)?.focus();
  }
  function start() {
    const stops = record.layers.flatMap(({ attention }, layer) => Object.entries(attention).flatMap(([path, phases]) => phases.map((_, phase) => ({ layer, path, phase }))));
    const next = () => {
      const now = stops.findIndex((stop) => stop.layer === state.layer && stop.path === state.path && stop.phase === state.phase);
      choose(stops[(now + 1) % stops.length]);
    };
    timer = setInterval(next, 1600);
    next();
    bar.querySelector(".play").focus();
  }
  function pause() {
    clearInterval(timer);
    timer = null;
    controls();
  }
  function swatch(parent, relation) {
    const line = svg(parent, "svg", { width: 30 * place.unit, height: 10, "aria-hidden": true });
    svg(line, "path", { d: `M1 5H${29 * place.unit}`, "stroke-width": 2.5, "stroke-dasharray": style.relations[relation].dash || null,
      "stroke-linecap": "round", style: { stroke: colourOf(relation) } });
  }
  function drawLegend() {
    legend.replaceChildren();
    record.relations.forEach((name, relation) => {
      if (!record.edges.some((edge) => edge[2] === relation)) return;
      const button = html(legend, "button", { type: "button", "aria-pressed": !hidden.has(relation) ? "true" : "false", title: style.relations[relation].says });
      swatch(button, relation);
      button.append(name);
      button.addEventListener("click", () => {
        hidden.has(relation) ? hidden.delete(relation) : hidden.add(relation);
        button.setAttribute("aria-pressed", hidden.has(relation) ? "false" : "true");
        paint();
      });
    });
    const width = html(legend, "span", {});
    const sample = svg(width, "svg", { width: 44 * place.unit, height: 14, "aria-hidden": true });
    svg(sample, "path", { d: `M0 7L${44 * place.unit} 2V12Z`, style: { fill: "var(--soft)" } });
    width.append("attention 0 → 1");
    if (!record.layers[state.layer]?.beta) return;
    const ring = html(legend, "span", { class: "key" });
    const picture = svg(ring, "svg", { width: 20, height: 20, "aria-hidden": true });
    const circle = { cx: 10, cy: 10, r: 7.5, fill: "none", "stroke-width": 4, pathLength: 1 };
    svg(picture, "circle", { ...circle, style: { stroke: pathLook("heho", 1).colour } });
    svg(picture, "circle", { ...circle, "stroke-dasharray": "0.6 1", transform: "rotate(-90 10 10)", style: { stroke: pathLook("hohe", 0).colour } });
    ring.append("ring: gate β, ");
    ring.append("pink hohe (late), grey heho (early)");
  }

  // -- drawing, once for a width and a theme
  function thumb(parent, x, y, side, item) {
    const address = safe(item.picture);
    svg(parent, "rect", { class: "frame", x, y, width: side, height: side, rx: side / 6 });
    if (address) svg(parent, "image", { href: address, x, y, width: side, height: side, "clip-path": "inset(0 round 15%)", preserveAspectRatio: "xMidYMid slice" });
    else svg(parent, "text", { class: "quiet", x: x + side / 2, y: y + side / 2, "text-anchor": "middle", "dominant-baseline": "central" }, clean(item.title, 40).slice(0, 2) || "?");
  }
  function titled(parent, x, y, text, letters) {
    twoLines(text, letters).forEach((line, i) => svg(parent, "text", { class: "quiet", x, y: y + i * 13 * place.unit, "text-anchor": "middle" }, line));
  }
  function draw() {
    const focused = drawn?.nodes.findIndex((node) => node.group === document.activeElement) ?? -1;
    const unit = theme === "projector" ? 1.25 : 1;
    place = layout(record, width, unit);
    const { at, box, column, gutter, end, ahead } = place;
    scroll.replaceChildren();
    const canvas = svg(scroll, "svg", { width: place.width, height: place.height, role: "application", "aria-roledescription": "graph",
      "aria-label": "MSGraph: tab to a node, arrow keys walk along and between lanes, Enter selects, Escape clears" });
    const defs = svg(canvas, "defs");
    record.relations.forEach((_, relation) => {
      const marker = svg(defs, "marker", { id: `${id}-${relation}`, viewBox: "0 0 10 10", refX: 4, refY: 5, markerUnits: "userSpaceOnUse",
        markerWidth: 8 * unit, markerHeight: 8 * unit, orient: "auto" });
      svg(marker, "path", { d: "M0 0L10 5L0 10L2.5 5Z", style: { fill: colourOf(relation) } });
    });
    const back = svg(canvas, "g", { "aria-hidden": true });
    for (const lane of place.lanes)
      svg(back, "rect", { class: "lane", x: 8 * unit, y: lane.y, width: end - 8 * unit, height: lane.height, rx: 12 * unit });
    const guides = record.history.map((_, i) => svg(back, "line", { class: "guide", x1: at(i + 1), x2: at(i + 1), y1: 20 * unit, y2: place.height - 10 * unit }));

    const strip = svg(canvas, "g", { class: "strip" }), letters = Math.floor((column / unit - 4) / 5.6);
    const steps = record.history.map((entry, i) => {
      const step = svg(strip, "g", { class: "step", "data-position": entry.position });
      svg(step, "text", { class: "quiet", x: at(i + 1), y: 14 * unit, "text-anchor": "middle" }, entry.position);
      thumb(step, at(i + 1) - box / 2, 22 * unit, box, entry);
      if (place.titles) titled(step, at(i + 1), box + 37 * unit, entry.title, letters);
      step.addEventListener("click", () => choose({ node: entry.node }));
      step.addEventListener("pointerenter", (event) => show(event, [clean(entry.title), `position ${entry.position} · item ${clean(entry.item_id, 30)}`]));
      step.addEventListener("pointerleave", hide);
      return step;
    });
    const next = svg(canvas, "g", { class: "next" }), middle = end + ahead / 2 + 8 * unit, side = 54 * unit;
    svg(next, "path", { d: `M${end - 2 * unit} ${22 * unit + box / 2}h${22 * unit}m-7 -6l7 6l-7 6`, fill: "none", stroke: "currentColor", "stroke-width": 2 });
    svg(next, "text", { class: "quiet", x: middle, y: 14 * unit, "text-anchor": "middle" }, "next");
    thumb(next, middle - side / 2, 22 * unit, side, record.target ?? { title: "?" });
    if (record.target) {
      titled(next, middle, side + 37 * unit, record.target.title, 17);
      svg(next, "rect", { class: "pill", x: middle - 40 * unit, y: side + 58 * unit, width: 80 * unit, height: 22 * unit, rx: 11 * unit });
      svg(next, "text", { x: middle, y: side + 73 * unit, "text-anchor": "middle" }, `rank ${rank(record.target.rank)}`);
      if (record.dataset?.items) svg(next, "text", { class: "quiet", x: middle, y: side + 97 * unit, "text-anchor": "middle" }, `of ${record.dataset.items} items`);
      next.addEventListener("pointerenter", (event) => show(event, [clean(record.target.title), `the next item · score ${three(record.target.score)}`]));
      next.addEventListener("pointerleave", hide);
    }

    const whiskers = svg(canvas, "g", { "aria-hidden": true }), lines = svg(canvas, "g", { class: "edges", "aria-hidden": true });
    const edges = record.edges.map(([source, centre, relation], edge) => {
      const points = curve(place, source, centre);
      const path = svg(lines, "path", { class: "edge", d: pathData(points), "data-edge": edge, "data-relation": record.relations[relation],
        style: { stroke: colourOf(relation) } });
      return { path, source, centre, relation, samples: Array.from({ length: 9 }, (_, i) => along(points, (i + 1) / 10)), value: null };
    });
    const marks = svg(canvas, "g", { class: "nodes" });
    const nodes = record.nodes.map((node, n) => {
      const { x, y, radius } = place.nodes[n], look = style.types[node.type], shape = style.shapes[look.shape];
      const spots = node.positions.map((position) => at(position));
      const far = node.positions.length > 1 && svg(whiskers, "path", { class: "whisker", d: `M${Math.min(x, ...spots)} ${y}H${Math.max(x, ...spots)}` +
        spots.map((spot) => `M${spot} ${y - 5 * unit}v${10 * unit}`).join(""), style: { stroke: look.fill } });
      const group = svg(marks, "g", { class: "node", "data-node": n, role: "button", tabindex: -1, "aria-pressed": "false" });
      svg(group, "path", { class: "halo", d: outline(shape, x, y, radius + 7.5 * unit) });
      const rest = svg(group, "path", { class: "ring", d: outline(shape, x, y, radius + 3 * unit), "stroke-width": 4 * unit, style: { stroke: pathLook("heho", 1).colour } });
      const ring = svg(group, "path", { class: "ring late", d: outline(shape, x, y, radius + 3 * unit), "stroke-width": 4 * unit, pathLength: 1,
        style: { stroke: pathLook("hohe", 0).colour } });
      svg(group, "path", { class: "shape", d: outline(shape, x, y, radius), style: { fill: look.fill } });
      const address = node.type === 0 ? safe(record.history.find((entry) => entry.item === node.id)?.picture) : null;
      if (address) svg(group, "image", { href: address, x: x - radius * 0.88, y: y - radius * 0.88, width: radius * 1.76, height: radius * 1.76,
        "clip-path": "inset(0 round 16%)", preserveAspectRatio: "xMidYMid slice" });
      else svg(group, "text", { x, y, style: { fill: look.on } }, node.type === 0 ? clean(node.label, 40).slice(0, 2) : String(node.id));
      group.addEventListener("click", () => { group.focus(); choose({ node: state.node === n ? null : n }); });
      group.addEventListener("pointerenter", (event) => { hover = n; light(); show(event, aboutNode(n)); });
      group.addEventListener("pointerleave", () => { hover = null; light(); hide(); });
      group.addEventListener("focus", () => { roving(n); hover = n; light(); });
      group.addEventListener("blur", () => { hover = null; light(); hide(); });
      group.addEventListener("keydown", (event) => walk(event, n));
      return { group, ring, rest, far };
    });
    const labels = svg(canvas, "g", { class: "gutter", "aria-hidden": true });
    for (const lane of place.lanes) {
      const look = style.types[lane.type], y = lane.y + lane.height / 2, inside = place.gutter - 14 * unit;
      svg(labels, "rect", { x: 0, y: lane.y, width: inside, height: lane.height });
      svg(labels, "rect", { class: "lane", x: 8 * unit, y: lane.y, width: inside - 8 * unit, height: lane.height, rx: 12 * unit });
      svg(labels, "path", { d: outline(style.shapes[look.shape], 26 * unit, y, 9 * unit), style: { fill: look.fill } });
      svg(labels, "text", { class: "big", x: 42 * unit, y: y - 1 * unit }, clean(record.node_types[lane.type], 8));
      svg(labels, "text", { class: "quiet", x: 42 * unit, y: y + 13 * unit }, count(lane.members.length, "node"));
    }
    svg(labels, "rect", { x: 0, y: 0, width: place.gutter - 14 * unit, height: place.lanes[0].y - 4 * unit });
    svg(labels, "text", { class: "big", x: 12 * unit, y: 22 * unit + box / 2 }, "history");
    svg(labels, "text", { class: "quiet", x: 12 * unit, y: 36 * unit + box / 2 }, "time →");
    scroll.onscroll = () => put(labels, { transform: `translate(${scroll.scrollLeft} 0)` });
    canvas.addEventListener("pointermove", (event) => hover === null && point(event));
    canvas.addEventListener("pointerleave", () => hide());
    drawn = { canvas, edges, nodes, steps, guides };
    root.style.setProperty("--mm-tall", null);
    drawLegend();
    paint();
    roving(focused >= 0 ? focused : state.node ?? place.lanes.find((lane) => lane.type === 0)?.members[0] ?? 0);
    if (focused >= 0) nodes[focused]?.group.focus();
  }

  // -- painting, at each choice
  function paint() {
    if (!drawn) return;
    controls();
    const { weights } = phaseOf(record, state), { unit } = place, beta = record.layers[state.layer]?.beta;
    drawn.edges.forEach((edge, i) => {
      edge.value = weights[i] ?? null;
      const weak = edge.value === null, drop = hidden.has(edge.relation) || (weak && edge.source === edge.centre);
      const wide = weak ? 0.8 : 0.8 + (edge.source === edge.centre ? 3 : 5) * edge.value, dash = style.relations[edge.relation].dash;
      put(edge.path, { "data-value": edge.value, class: drop ? "edge off" : "edge", "stroke-width": wide * unit,
        "stroke-dasharray": dash ? dash.split(" ").map((piece) => piece * Math.max(1, wide / 2) * unit).join(" ") : null,
        "marker-end": weak || edge.source === edge.centre ? null : `url(#${id}-${edge.relation})` });
    });
    drawn.nodes.forEach(({ group, ring, rest }, n) => {
      const pair = beta?.[n];
      put(group, { "data-value": pair ? pair[0] : null, "aria-label": aboutNode(n).join("; ") });
      put(rest, { visibility: pair ? null : "hidden" });
      put(ring, { visibility: pair ? null : "hidden", "stroke-dasharray": pair ? `${pair[0].toFixed(4)} 1.2` : null });
    });
    light();
    fillPanel();
    table();
    summary.textContent = describe(record, state);
  }
  // Bring forward what belongs to the node under the pointer or the chosen one.
  function light() {
    if (!drawn) return;
    const focus = hover ?? state.node, near = new Set([focus]);
    drawn.edges.forEach(({ path, source, centre, value }) => {
      const strength = value === null ? 0.12 : 0.14 + 0.86 * Math.sqrt(value);
      const gives = centre === focus, takes = source === focus;
      if (value !== null && gives) near.add(source);
      path.style.opacity = focus === null ? strength : value !== null && gives ? Math.max(0.45, strength) : takes ? 0.5 * strength : 0.05;
    });
    const spots = focus === null ? [] : record.nodes[focus].positions;
    drawn.nodes.forEach(({ group, far }, n) => {
      const chosen = state.node === n;
      put(group, { class: `node${chosen ? " chosen" : ""}${focus !== null && !near.has(n) ? " far" : ""}`, "aria-pressed": chosen ? "true" : "false" });
      if (far) put(far, { class: n === focus ? "whisker lit" : "whisker" });
    });
    drawn.steps.forEach((step, i) => put(step, { class: spots.includes(i + 1) ? "step lit" : "step" }));
    drawn.guides.forEach((guide, i) => put(guide, { class: spots.includes(i + 1) ? "guide lit" : "guide" }));
  }

  // -- hover
  function aboutNode(n) {
    const node = record.nodes[n], pair = record.layers[state.layer]?.beta?.[n];
    const items = node.type === 0 ? [] : [`carried by ${node.items.slice(0, 4).map(itemTitle).join(", ")}${node.items.length > 4 ? ", …" : ""}`];
    return [nodeName(n), `${clean(record.node_types[node.type], 20)} · position ${node.positions.join(", ")}`, ...items,
      ...(pair ? [`gate β: hohe ${three(pair[0])}, heho ${three(pair[1])}`] : [])];
  }
  function itemTitle(item) { return clean(record.history.find((entry) => entry.item === item)?.title ?? `item ${item}`, 40); }
  function show(event, lines) {
    tip.replaceChildren();
    lines.forEach((line, i) => html(tip, i ? "span" : "b", {}, line));
    tip.hidden = false;
    const frame = stage.getBoundingClientRect(), x = event.clientX - frame.left, y = event.clientY - frame.top;
    put(tip, { style: { left: `${between(4, x + 16, frame.width - tip.offsetWidth - 4)}px`, top: `${y + 22 + tip.offsetHeight > frame.height ? y - tip.offsetHeight - 12 : y + 18}px` } });
  }
  function hide() { tip.hidden = true; }
  function point(event) { // the drawn edge nearest to the pointer, the heavier one when two are as near
    if (event.target.closest(".step, .next, .node")) return;
    const frame = drawn.canvas.getBoundingClientRect(), x = event.clientX - frame.left, y = event.clientY - frame.top;
    let best = null, nearest = 9 * place.unit;
    for (const edge of drawn.edges) {
      if (edge.value === null || hidden.has(edge.relation)) continue;
      for (const spot of edge.samples) {
        const far = Math.hypot(spot.x - x, spot.y - y) - 2 * edge.value;
        if (far < nearest) [nearest, best] = [far, edge];
      }
    }
    if (!best) return hide();
    const name = record.relations[best.relation];
    show(event, best.source === best.centre ? [`${nodeName(best.centre)} listens to itself`, `attention ${three(best.value)}`]
      : [`${nodeName(best.centre)} listens to ${nodeName(best.source)}`, `attention ${three(best.value)} · ${clean(name, 20)}: ${style.relations[best.relation].says}`]);
  }

  // -- keyboard: one node is in the tab order, arrows walk
  function roving(n) { drawn.nodes.forEach(({ group }, i) => put(group, { tabindex: i === n ? 0 : -1 })); }
  function walk(event, n) {
    const { lane, x } = place.nodes[n], mates = place.lanes[lane].members, spot = mates.indexOf(n);
    const nearest = (other) => other?.members.length ? other.members.reduce((a, b) => Math.abs(place.nodes[b].x - x) < Math.abs(place.nodes[a].x - x) ? b : a) : n;
    const beyond = (step) => { let l = lane + step; while (place.lanes[l] && !place.lanes[l].members.length) l += step; return nearest(place.lanes[l]); };
    const to = { ArrowLeft: () => mates[spot - 1] ?? n, ArrowRight: () => mates[spot + 1] ?? n, ArrowUp: () => beyond(-1), ArrowDown: () => beyond(1),
      Home: () => mates[0], End: () => mates.at(-1) }[event.key];
    if (to) {
      const { group } = drawn.nodes[to()];
      group.focus();
      group.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (event.key === "Enter" || event.key === " ") choose({ node: n });
    else if (event.key === "Escape") choose({ node: null });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // -- the numbers of the chosen node, or the answer
  function split(parent, values, names) {
    const whole = values.reduce((a, b) => a + Math.abs(b), 0) || 1, line = html(parent, "div", { class: "split", "aria-hidden": true });
    values.forEach((value, i) => html(line, "i", { style: { width: `${(100 * Math.abs(value)) / whole}%`, background: pathLook(names[i], i).colour } }));
  }
  function image(parent, item) {
    const address = safe(item.picture);
    return address ? html(parent, "img", { class: "thumb", src: address, alt: clean(item.title), title: clean(item.title) }) : html(parent, "div", { class: "thumb", title: clean(item.title) });
  }
  function fillPanel() {
    panel.replaceChildren();
    panel.scrollTop = 0;
    state.node === null ? answer() : nodeNumbers(state.node);
  }
  function answer() {
    const top = record.answer?.top ?? [], parts = record.answer?.parts ?? [];
    html(panel, "h3", {}, "What the model expects next");
    if (parts.length && top.some((item) => item.parts))
      html(panel, "p", { class: "quiet" }, `Bars share each score among ${parts.join(", ")}.`);
    const list = html(panel, "ol", { class: "answer" });
    top.slice(0, 5).forEach((item, i) => {
      const row = html(list, "li", item.item === record.target?.item ? { class: "hit" } : {});
      html(row, "div", { class: "quiet" }, String(i + 1));
      image(row, item);
      const words = html(row, "div", item.item === record.target?.item ? { class: "hit" } : {}), pair = html(words, "div", { class: "pair" });
      html(pair, "span", { title: clean(item.title) }, clean(item.title, 60) + (item.item === record.target?.item ? " ✓" : ""));
      html(pair, "span", { "data-value": item.score }, item.score.toFixed(2));
      if (item.parts) split(words, item.parts, parts);
    });
    html(panel, "h4", {}, "How to read the graph");
    html(panel, "p", {}, "Each shape is one item or one code; it stands at its mean position in the history. An arrow runs from the node that is listened to into the node that listens; the wider, the more attention.");
    html(panel, "p", {}, "Arcs in a lane are of time: above, from before; below, from after. Lines between lanes match what belongs to one item.");
    html(panel, "p", { class: "quiet" }, "Choose a node to see its numbers.");
  }
  function nodeNumbers(n) {
    const node = record.nodes[n], layer = record.layers[state.layer], paths = Object.keys(layer.attention);
    html(panel, "h3", {}, nodeName(n));
    html(panel, "div", { class: "quiet" }, `${clean(record.node_types[node.type], 20)} · position ${node.positions.join(", ")}`);
    const thumbs = html(panel, "div", { class: "thumbs" });
    node.items.slice(0, 12).forEach((item) => image(thumbs, record.history.find((entry) => entry.item === item) ?? { title: `item ${item}` }));
    if (record.layers.some(({ beta }) => beta?.[n])) {
      html(panel, "h4", {}, "Gate β: early ↔ late");
      record.layers.forEach(({ beta }, l) => {
        if (!beta?.[n]) return;
        const pair = html(panel, "div", { class: "pair" });
        html(pair, "span", { "data-value": beta[n][1] }, `heho ${three(beta[n][1])}`);
        html(pair, "small", {}, `layer ${l + 1}`);
        html(pair, "span", { "data-value": beta[n][0] }, `hohe ${three(beta[n][0])}`);
        split(panel, [beta[n][1], beta[n][0]], ["heho", "hohe"]);
      });
    }
    const families = [...new Set(paths.flatMap((path) => layer.attention[path].map(({ family }) => family)))];
    for (const family of families) {
      const weights = paths.map((path) => layer.attention[path].find((phase) => phase.family === family)?.weights ?? []);
      const mine = record.edges.map(([source, centre, relation], edge) => ({ source, centre, relation, weights: weights.map((all) => all[edge] ?? null) }))
        .filter((edge) => edge.centre === n && edge.weights.some((weight) => weight !== null));
      if (!mine.length) continue;
      html(panel, "h4", {}, `Attention it gives · ${family}`);
      const table = html(panel, "table", {}), head = html(html(table, "thead"), "tr"), rows = html(table, "tbody");
      html(head, "th", { scope: "col" }, "to");
      paths.forEach((path) => html(head, "th", { scope: "col" }, path));
      const line = (name, values, kind, relation) => {
        const row = html(rows, "tr", { class: kind }), title = html(row, "th", { scope: "row", title: name });
        if (relation !== undefined) swatch(title, relation);
        title.append(name);
        values.forEach((value, i) => html(row, "td", { "data-value": value, class: paths[i] === state.path && phaseOf(record, state).family === family && kind === "sub" ? "chosen" : null }, three(value)));
      };
      record.relations.forEach((name, relation) => {
        const group = mine.filter((edge) => edge.relation === relation);
        if (!group.length) return;
        const key = Math.max(paths.indexOf(state.path), 0);
        line(clean(name, 20), paths.map((_, i) => (group.every((edge) => edge.weights[i] === null) ? null : group.reduce((sum, edge) => sum + (edge.weights[i] ?? 0), 0))), "sum", relation);
        if (group[0].source !== n) group.sort((a, b) => b.weights[key] - a.weights[key]).forEach((edge) => line(nodeName(edge.source), edge.weights, "sub"));
      });
    }
    const norms = Object.entries(layer.norms ?? {}).filter(([, values]) => values?.[n] != null);
    if (norms.length) html(panel, "h4", {}, "Length of its state");
    for (const [name, values] of norms) {
      const pair = html(panel, "div", { class: "pair" });
      html(pair, "span", {}, clean(name, 20));
      html(pair, "span", { "data-value": values[n] }, three(values[n]));
    }
  }
  function table() {
    numbers.replaceChildren();
    html(numbers, "summary", {}, "The picture as a table");
    if (!numbers.open) return;
    const grid = html(html(numbers, "div", { tabindex: 0 }), "table"), head = html(html(grid, "thead"), "tr"), rows = html(grid, "tbody");
    const { weights } = phaseOf(record, state), beta = record.layers[state.layer]?.beta;
    for (const name of ["node", "type", "positions", "β hohe", "β heho", "listens most to", "attention"]) html(head, "th", { scope: "col" }, name);
    record.nodes.forEach((node, n) => {
      const row = html(rows, "tr"), best = record.edges.reduce((a, [, centre], e) => (centre === n && weights[e] != null && (a === null || weights[e] > weights[a]) ? e : a), null);
      html(row, "th", { scope: "row" }, nodeName(n));
      for (const cell of [clean(record.node_types[node.type], 20), node.positions.join(", "), three(beta?.[n]?.[0]), three(beta?.[n]?.[1]),
        best === null ? "–" : nodeName(record.edges[best][0]), three(weights[best])]) html(row, "td", {}, cell);
    });
  }

  // -- life
  function themed() {
    const lab = document.body.dataset.jpThemeLight; // JupyterLab says which theme it wears
    const night = lab === undefined ? dark.matches : lab === "false";
    put(root, { "data-theme": theme === "auto" ? (night ? "dark" : "light") : theme });
  }
  function update(changes) {
    if ("style" in changes) ({ style } = changes);
    if ("theme" in changes) ({ theme } = changes);
    if ("record" in changes) ({ record } = changes), hidden.clear();
    if ("selection" in changes || "record" in changes) state = settle(record, { ...state, ...changes.selection });
    themed();
    if (width) "theme" in changes || "record" in changes || "style" in changes ? draw() : paint();
  }
  const watch = new ResizeObserver(() => {
    const now = Math.floor(scroll.clientWidth);
    if (now && Math.abs(now - width) > 1) { width = now; draw(); }
  });
  themed();
  dark.addEventListener("change", themed);
  watch.observe(scroll);
  return {
    update,
    get selection() { return { ...state }; },
    destroy() { clearInterval(timer); watch.disconnect(); dark.removeEventListener("change", themed); root.remove(); },
  };
}

// ---- the widget: four synced traits are the border to Python -----------------------------------------------------------

function render({ model, el }) {
  const view = mount(el, model.get("record"), {
    style: model.get("style"), selection: model.get("selection"), theme: model.get("theme"),
    onselect(selection, theme) {
      model.set("selection", selection);
      if (theme) model.set("theme", theme);
      model.save_changes();
    },
  });
  const traits = { "change:record": () => view.update({ record: model.get("record"), style: model.get("style") }),
    "change:selection": () => view.update({ selection: model.get("selection") }), "change:theme": () => view.update({ theme: model.get("theme") }) };
  for (const [event, heard] of Object.entries(traits)) model.on(event, heard);
  return () => {
    for (const [event, heard] of Object.entries(traits)) model.off(event, heard);
    view.destroy();
  };
}

export default { render };
