// The MSGraph picture (paper 4.1, 4.3): a history, its graph in swim lanes, the attention and the gate of a trained model.
// Reads one trace record and draws SVG. Runs as an anywidget (`render`) and in a plain page (`mount`): no build, no network.
// Time reads from left to right: a node stands at the mean of its positions, in the lane of its type. Arcs in a lane are of
// time (above: listening to what came before, below: to what came after), lines between lanes match what is of one item.

const SPACE = "http://www.w3.org/2000/svg";
const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+$/;
let pictures = 0; // how many were mounted, for unique ids

// ---- small tools -----------------------------------------------------------------------------------------------------

function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") Object.assign(element.style, value);
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, String(value)); // "true" too: an empty aria-hidden hides nothing
  }
  return element;
}
function make(parent, element, attributes = {}, text = undefined) {
  put(element, attributes);
  if (text !== undefined) element.textContent = text; // names are untrusted: text, never HTML
  parent?.append(element);
  return element;
}
const html = (parent, tag, attributes, text) => make(parent, document.createElement(tag), attributes, text);
const svg = (parent, tag, attributes, text) => make(parent, document.createElementNS(SPACE, tag), attributes, text);

// Text fit for a picture: no control or direction marks, at most `most` letters. Python's theme.clean is the same; a test compares them.
function clean(text, most = 60) {
  const whole = [...String(text ?? "").slice(0, 16 * most)].slice(0, 8 * most).join(""); // letters, of one or two units each
  const plain = whole.replace(/[\p{Cc}\p{Cf}]/gu, " ").trim().split(/\s+/).join(" "), letters = [...plain];
  return letters.length <= most ? plain : letters.slice(0, most - 1).join("") + "…";
}
const safe = (address) => (typeof address === "string" && address.length < 4e6 && PICTURE.test(address) ? address : null);
function typeset(parent, formula) { // _word becomes an index
  const line = html(parent, "div");
  formula.split(/_(\w+)/).forEach((piece, i) => (i % 2 ? html(line, "sub", {}, piece) : line.append(piece)));
}
const three = (value) => (value == null ? "–" : value.toFixed(3));
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const between = (low, value, high) => Math.max(low, Math.min(value, high));
const count = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;
const rank = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

// ---- the record ------------------------------------------------------------------------------------------------------

// The selection `before` with what is asked for, brought within what the record has. Python's selection.py is the same; a test
// compares them. An edge brings the node that listens, a position its item; a stage of the walk brings layer, path and phase, and
// goes when one of these changes.
function resolveSelection(record, before = {}, asked = before) {
  const has = (names) => names.some((name) => name in asked), stages = record.stages ?? [];
  const wish = { ...before };
  if (has(["position", "node", "edge"])) Object.assign(wish, { position: null, node: null, edge: null });
  if (has(["layer", "path", "phase"])) wish.stage = null;
  Object.assign(wish, asked);
  const stage = stages[wish.stage] ? wish.stage : null, step = stages[stage] ?? {};
  const layer = between(0, step.layer ?? wish.layer ?? 0, Math.max(0, record.layers.length - 1)), attention = record.layers[layer]?.attention ?? {};
  const path = [step.path, wish.path].find((name) => name in attention) ?? Object.keys(attention)[0] ?? null;
  const phase = between(0, step.phase ?? wish.phase ?? 0, (attention[path]?.length || 1) - 1);
  const edge = record.edges[wish.edge] ? wish.edge : null, place = record.history[wish.position - 1];
  const given = record.nodes[wish.node] ? wish.node : place?.node ?? null, node = edge === null ? given : record.edges[edge][1];
  const position = place && record.nodes[node]?.positions.includes(wish.position) ? wish.position : null;
  return { user: record.user?.index ?? null, position, node, edge, layer, path, phase, stage };
}
const heaviest = (record, weights, fits) => record.edges.reduce((best, [source, centre], e) =>
  (fits(source, centre) && weights[e] != null && !(weights[best] >= weights[e]) ? e : best), null);
function attentionAt(record, { layer, path, phase }) { // an aggregator without attention has no weights
  const { family = "", weights } = record.layers[layer]?.attention[path]?.[phase] ?? {};
  return { family, weights: weights ?? [] };
}

// The picture in words. Python's figures/msgraph.py has the same sentences; a test compares them.
function describe(record, at) {
  const kinds = record.node_types.map((name, type) => count(record.nodes.filter((node) => node.type === type).length, `${name} node`));
  const says = [`MSGraph of ${count(record.history.length, "interaction")}: ${kinds.join(", ")} and ${count(record.edges.length, "edge")}.`];
  if (record.target) says.push(`The next item, ${clean(record.target.title)}, has rank ${rank(record.target.rank)}.`);
  const { family, weights } = attentionAt(record, at), phase = `, order ${at.path}, phase ${at.phase + 1} (${family})`;
  const where = `In layer ${at.layer + 1}${family ? phase : ""}`;
  const best = heaviest(record, weights, (source, centre) => source !== centre), [source, centre] = (record.edges[best] ?? []).map((end) => clean(record.nodes[end]?.label));
  says.push(best === null ? `${where} no node listens to another.`
    : `${where} the largest attention between two nodes is ${three(weights[best])}: ${centre} listens to ${source}.`);
  const beta = record.layers[at.layer]?.beta?.filter(Boolean);
  if (beta) says.push(`The gate of this layer gives ${three(mean(beta.map(([late]) => late)))} to hohe (late fusion) on average.`);
  return says.join(" ");
}

// ---- layout ----------------------------------------------------------------------------------------------------------

// Python's figures/msgraph.py lays out the still with the same `spread`, `layout` and `curve`; a test compares them.
// Nearest places to `wanted` (ascending) that are `gap` apart and within [low, high]: isotonic regression, pooled neighbours.
function spread(wanted, gap, low, high) {
  const blocks = []; // neighbours that touch: the sum of where they want to begin, and how many
  wanted.forEach((x, i) => {
    let [sum, size] = [x - i * gap, 1];
    while (blocks.length && blocks.at(-1)[0] / blocks.at(-1)[1] >= sum / size) {
      const last = blocks.pop();
      [sum, size] = [sum + last[0], size + last[1]];
    }
    blocks.push([sum, size]);
  });
  const top = Math.max(low, high - (wanted.length - 1) * gap);
  return blocks.flatMap(([sum, size]) => Array(size).fill(sum / size)).map((x, i) => between(low, x, top) + i * gap);
}

// Where everything stands: the same record and width always give the same picture.
export function layout(record, width, unit = 1) {
  const length = Math.max(record.history.length, 1), gutter = 116 * unit, ahead = 132 * unit;
  const column = between(44 * unit, (width - gutter - ahead) / length, 150 * unit), end = gutter + length * column;
  const at = (position) => gutter + (position - 0.5) * column;
  const box = Math.min(54 * unit, column - 8 * unit), titles = column >= 62 * unit; // pictures and titles of the strip
  const order = record.node_types.map((_, type) => type).slice(1);
  order.splice(Math.ceil(order.length / 2), 0, 0); // the lane of items in the middle
  const wanted = record.nodes.map((node) => at(mean(node.positions))), nodes = [], lanes = [];
  let y = (titles ? 66 : 34) * unit + box;
  order.forEach((type, lane) => {
    const radius = type === 0 ? Math.min(27 * unit, column / 2 - 6 * unit) : 17 * unit;
    const pad = 38 * unit + radius, step = 2 * radius + 22 * unit, byTime = (a, b) => wanted[a] - wanted[b] || a - b;
    const members = record.nodes.map((_, n) => n).filter((n) => record.nodes[n].type === type).sort(byTime);
    let rows = 0, fits = false;
    while (rows < 4 && !fits) { // as few rows as keep nodes near their time
      rows += 1;
      for (let row = 0; row < rows; row++) {
        const mine = members.filter((_, i) => i % rows === row);
        const places = spread(mine.map((n) => wanted[n]), 2 * radius + 12 * unit, gutter + radius + 4 * unit, end - radius);
        mine.forEach((n, i) => { nodes[n] = { x: places[i], y: y + pad + row * step, radius, lane }; });
      }
      fits = members.every((n) => Math.abs(nodes[n].x - wanted[n]) <= 0.75 * column);
    }
    const height = 2 * pad + (rows - 1) * step;
    lanes.push({ type, y, height, members: members.sort((a, b) => nodes[a].x - nodes[b].x || a - b) });
    y += height + 12 * unit;
  });
  return { unit, gutter, ahead, column, at, end, box, titles, nodes, lanes, width: end + ahead, height: y };
}

// The cubic (four points) from the source, which is listened to, to the centre, which listens.
function curve({ unit, column, nodes }, source, centre) {
  const a = nodes[source], b = nodes[centre], dx = b.x - a.x, dy = b.y - a.y;
  const turn = (angle, far) => ({ x: a.x + Math.cos(angle) * (a.radius + far), y: a.y + Math.sin(angle) * (a.radius + far) });
  if (source === centre) return [turn(-1.15, 5 * unit), turn(-1.2, 20 * unit), turn(-0.35, 20 * unit), turn(-0.4, 5 * unit)];
  const leave = (node, towards, room) => {
    const far = Math.hypot(towards.x - node.x, towards.y - node.y) || 1, share = (node.radius + room) / far;
    return { x: node.x + (towards.x - node.x) * share, y: node.y + (towards.y - node.y) * share };
  };
  let c1, c2;
  if (a.lane === b.lane) {
    const side = dx > 0 || (dx === 0 && dy > 0) ? -1 : 1, flat = Math.abs(dy) > 1 ? 0 : a.radius * 0.45;
    const lift = side * 1.33 * Math.min((14 + 0.13 * Math.abs(dx)) * unit + flat, a.radius + 28 * unit);
    [c1, c2] = [{ x: a.x + dx * 0.28, y: a.y + dy * 0.28 + lift }, { x: b.x - dx * 0.28, y: b.y - dy * 0.28 + lift }];
  } else {
    const bend = (source < centre ? 1 : -1) * (Math.abs(a.lane - b.lane) > 1 ? 0.46 * column : 6 * unit);
    [c1, c2] = [{ x: a.x + bend, y: a.y + dy * 0.4 }, { x: b.x + bend, y: b.y - dy * 0.4 }];
  }
  return [leave(a, c1, 6 * unit), c1, c2, leave(b, c2, 9 * unit)];
}
function along([a, b, c, d], t) {
  const s = 1 - t, mix = (axis) => s ** 3 * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t ** 3 * d[axis];
  return { x: mix("x"), y: mix("y") };
}
const cubic = (points) => points.map(({ x, y }, i) => `${["M", "C", "", ""][i]}${x.toFixed(1)} ${y.toFixed(1)}`).join(" ");
const outline = (points, x, y, size) => `M${points.map(([a, b]) => `${(x + a * size).toFixed(1)} ${(y + b * size).toFixed(1)}`).join("L")}Z`;

// Two lines of a title, cut to the width of a column. Python's figures/msgraph.py has the same; a test compares them.
function twoLines(text, letters) {
  const words = clean(text, 3 * letters).split(" ");
  let first = words.shift();
  const long = (text) => [...text].length; // in letters
  while (words.length && long(first) + long(words[0]) < letters) first += ` ${words.shift()}`;
  return [clean(first, letters), clean(words.join(" "), letters)];
}

// ---- the picture -----------------------------------------------------------------------------------------------------

// Draw `record` into `el`. Options: style (from Python), selection (see `resolveSelection`), theme, onselect(selection, theme), and `panels`, which
// adds those of explorer.js. Returns {update({record, style, selection, theme}), receive(message), destroy(), selection}.
export function mount(el, record, { style, selection, theme = "auto", onselect = () => {}, panels = null }) {
  let state = resolveSelection(record, selection ?? {}), place, drawn = null, hover = null, width = 0, side = 0; // pixels of the graph and of the panel
  const hidden = new Set(); // relations switched off
  const id = `mmsr${++pictures}`, night = matchMedia("(prefers-color-scheme: dark)");
  const root = html(null, "div", { class: "mmsr", on: { focusin: ({ target }) => put(target, { "data-lm-suppress-shortcuts": true }) } }); // keys are ours, not Jupyter's
  el.replaceChildren(root);
  const bar = html(root, "div", { class: "bar" }), body = html(root, "div", { class: "body" });
  const stage = html(body, "div", { class: "stage" }), scroll = html(stage, "div", { class: "scroll" });
  const legend = html(stage, "div", { class: "legend", role: "group", "aria-label": "Legend; press a relation to hide or show it" });
  const tip = html(stage, "div", { class: "tip", role: "status", hidden: true });
  const panel = html(body, "section", { class: "panel", tabindex: 0, "aria-label": "Numbers of the chosen node" });
  const summary = html(root, "p", { class: "summary", "aria-live": "polite" });
  const help = html(root, "details", { class: "numbers" }), numbers = html(root, "details", { class: "numbers", on: { toggle: () => fillTable() } });
  html(help, "summary", {}, "How to read the picture").after(style.help);

  const nameOf = (n) => clean(record.nodes[n].label), typeOf = (n) => clean(record.node_types[record.nodes[n].type], 20);
  const betaOf = (n) => record.layers[state.layer]?.beta?.[n];
  const entryOf = (item) => record.history.find((entry) => entry.item === item) ?? { title: `item ${item}` };
  const colourOf = (colour) => (colour.startsWith("#") ? colour : `var(--${colour})`); // a name is a variable of the style sheet
  function lookOf(part, i) { // of a fusion order or another part of a score
    if (part in style.paths) return { ...style.paths[part], colour: colourOf(style.paths[part].colour) };
    return { colour: part === "residual" ? style.rest : style.others[i % style.others.length], says: "" };
  }
  const [late, early] = [lookOf("hohe", 0), lookOf("heho", 1)];
  const inkOf = (relation) => colourOf(style.relations[relation].colour);
  function choose(changes) {
    panel.scrollTop = 0;
    state = resolveSelection(record, state, changes);
    paint();
    onselect({ ...state });
  }

  // -- controls and legend
  function radio(parent, name, values, now, act) {
    const field = html(parent, "fieldset", { class: name });
    html(field, "legend", {}, name);
    for (const [value, text] of values) {
      const input = html(null, "input", { type: "radio", name: `${id}-${name}`, value, on: { change: () => act(value) } });
      input.checked = value === now;
      html(field, "label", {}, text).prepend(input);
    }
  }
  function controls() {
    const focused = bar.contains(document.activeElement) ? document.activeElement : null, paths = record.layers[state.layer]?.attention ?? {};
    bar.replaceChildren();
    const heading = html(bar, "h2", { class: "name" });
    html(heading, "b", {}, "MSGraph");
    const facts = [record.user && `user ${clean(record.user.id, 24)}`, clean(record.dataset?.name, 30), clean(record.model?.label, 30),
      record.truth && `planted cause: ${clean(record.truth.cause, 20)}`, record.draft?.edited && "edited"];
    html(heading, "span", {}, facts.filter(Boolean).join(" · "));
    const themes = html(bar, "select", { class: "theme", "aria-label": "Theme" });
    for (const value of ["auto", "light", "dark", "projector"]) html(themes, "option", { value, selected: value === theme }, value);
    themes.addEventListener("change", () => { update({ theme: themes.value }); onselect({ ...state }, theme); });
    html(bar, "div", { class: "break" });
    const orders = Object.keys(paths).map((path, i) => [path, [path, lookOf(path, i).says].filter(Boolean).join(" · ")]);
    radio(bar, "layer", record.layers.map((_, i) => [i, i + 1]), state.layer, (layer) => choose({ layer }));
    radio(bar, "order", orders, state.path, (path) => choose({ path }));
    radio(bar, "phase", (paths[state.path] ?? []).map(({ family }, i) => [i, `${i + 1} · ${family}`]), state.phase, (phase) => choose({ phase }));
    if (focused) bar.querySelector(focused.name ? `input[name="${focused.name}"]:checked` : `.${focused.className}`)?.focus();
  }
  function swatch(parent, relation) {
    const line = svg(parent, "svg", { width: 30, height: 10, "aria-hidden": true }), dash = style.relations[relation].dash || null;
    svg(line, "path", { d: "M1 5H29", "stroke-width": 2.5, "stroke-linecap": "round", "stroke-dasharray": dash, style: { stroke: inkOf(relation) } });
  }
  function drawLegend() {
    legend.replaceChildren();
    record.relations.forEach((name, relation) => {
      if (!record.edges.some((edge) => edge[2] === relation)) return;
      const toggle = () => { hidden.delete(relation) || hidden.add(relation); paint(); };
      const button = html(legend, "button", { type: "button", "data-relation": relation, on: { click: toggle } });
      put(button, { title: `the centre listens to a node ${style.relations[relation].says}` });
      swatch(button, relation);
      button.append(clean(name, 20));
    });
    html(legend, "span", { class: "wedge" }, "attention 0 → 1");
    if (record.layers[state.layer]?.beta) html(legend, "span", { class: "hoop" }, `gate β clockwise: orange hohe (${late.says}), violet heho (${early.says})`);
  }

  // -- drawing, once for a record, a width and a theme
  const middle = { "text-anchor": "middle" }, round = { "clip-path": "inset(0 round 15%)", preserveAspectRatio: "xMidYMid slice" };
  const image = (parent, href, x, y, side) => svg(parent, "image", { href, x, y, width: side, height: side, ...round });
  function card(parent, x, side, head, item, letters, lines) { // an item of the strip
    const { unit, box } = place, left = x - side / 2, top = 22 * unit, address = safe(item.picture), mark = address ? "" : clean(item.title).slice(0, 2) || "?";
    svg(parent, "text", { class: "quiet", x, y: 14 * unit, ...middle }, `${head} `);
    svg(parent, "rect", { class: "frame", x: left, y: top, width: side, height: side, rx: side / 6 });
    if (address) image(parent, address, left, top, side);
    else svg(parent, "text", { class: "quiet", x, y: top + side / 2, "dominant-baseline": "central", ...middle }, `${mark} `);
    const words = letters ? twoLines(item.title, letters) : [];
    words.forEach((line, i) => svg(parent, "text", { class: "quiet", x, y: Math.max(side, box) + (37 + 13 * i) * unit, ...middle }, `${line} `));
    put(parent, { "aria-label": `${[head, mark, ...words].filter(String).join(" ").trim()}; ${clean(item.title)}`,
      on: { pointerenter: (event) => show(event, [clean(item.title), ...lines]), pointerleave: hide } });
  }
  function draw() {
    const first = !place, left = scroll.scrollLeft, focused = drawn?.nodes.findIndex(({ group }) => group === document.activeElement) ?? -1;
    const unit = theme === "projector" ? 1.25 : 1;
    place = layout(record, width, unit);
    const { at, box, column, gutter, end, ahead, titles } = place, square = 54 * unit;
    scroll.replaceChildren();
    const grasp = (near) => near && choose(state.edge === near.index ? { node: state.node } : { edge: near.index });
    const canvas = svg(scroll, "svg", { width: place.width, height: place.height, role: "application", "aria-roledescription": "graph",
      "aria-label": "MSGraph: arrow keys walk along and between lanes, Enter selects a node, Escape clears",
      on: { pointermove: (event) => hover === null && point(event), pointerleave: hide, click: (event) => grasp(nearest(event)) } });
    const defs = svg(canvas, "defs");
    record.relations.forEach((_, relation) => {
      const marker = svg(defs, "marker", { id: `${id}-${relation}`, viewBox: "0 0 10 10", refX: 4, refY: 5, orient: "auto",
        markerUnits: "userSpaceOnUse", markerWidth: 8 * unit, markerHeight: 8 * unit });
      svg(marker, "path", { d: "M0 0L10 5L0 10L2.5 5Z", style: { fill: inkOf(relation) } });
    });
    const back = svg(canvas, "g", { "aria-hidden": true });
    for (const { y, height } of place.lanes) svg(back, "rect", { class: "lane", x: 8 * unit, y, width: end + 6 * unit, height, rx: 12 * unit });
    const guides = record.history.map((_, i) => svg(back, "line", { x1: at(i + 1), x2: at(i + 1), y1: 20 * unit, y2: place.height - 10 * unit }));

    const strip = svg(canvas, "g", { class: "strip" });
    const steps = record.history.map((entry, i) => {
      const pick = () => choose({ position: state.position === i + 1 ? null : i + 1 });
      const step = svg(strip, "g", { "data-position": entry.position, role: "button", tabindex: -1,
        on: { click: pick, keydown: (event) => stride(event, i, pick) } });
      const lines = [`position ${entry.position} · item ${clean(entry.item_id, 30)}`];
      card(step, at(i + 1), box, entry.position, entry, titles ? Math.floor((column / unit - 4) / 5.6) : 0, lines);
      more?.step(step, i);
      return step;
    });
    const next = svg(canvas, "g", { class: "next", role: "img" }), x = end + ahead / 2 + 8 * unit, { target } = record;
    svg(next, "path", { d: `M${end - 2 * unit} ${22 * unit + box / 2}h${22 * unit}m-7 -6l7 6l-7 6`, fill: "none", stroke: "currentColor", "stroke-width": 2 });
    card(next, x, square, "next", target ?? {}, target ? 17 : 0, target ? [`the next item · score ${three(target.score)}`] : ["unknown"]);
    if (target) {
      svg(next, "rect", { class: "pill", x: x - 40 * unit, y: square + 60 * unit, width: 80 * unit, height: 22 * unit, rx: 11 * unit });
      svg(next, "text", { x, y: square + 75 * unit, ...middle }, `rank ${rank(target.rank)}`);
      svg(next, "text", { class: "quiet", x, y: square + 99 * unit, ...middle }, record.dataset?.items ? `of ${count(record.dataset.items, "item")}` : "");
    }

    const whiskers = svg(canvas, "g", { "aria-hidden": true }), lines = svg(canvas, "g", { "aria-hidden": true });
    const edges = record.edges.map(([source, centre, relation], edge) => {
      const points = curve(place, source, centre), samples = Array.from({ length: 9 }, (_, i) => along(points, (i + 1) / 10));
      const path = svg(lines, "path", { d: cubic(points), "data-edge": edge, "data-relation": record.relations[relation], style: { stroke: inkOf(relation) } });
      return { path, source, centre, relation, samples, index: edge, value: null };
    });
    const marks = svg(canvas, "g", { class: "nodes" });
    const nodes = record.nodes.map((node, n) => {
      const { x, y, radius } = place.nodes[n], { fill, on, shape } = style.types[node.type], form = style.shapes[shape];
      const spots = node.positions.map(at), ticks = spots.map((spot) => `M${spot} ${y - 5 * unit}v${10 * unit}`).join("");
      const line = `M${Math.min(x, ...spots)} ${y}H${Math.max(x, ...spots)}${ticks}`;
      const whisker = node.positions.length > 1 ? svg(whiskers, "path", { d: line, style: { stroke: fill } }) : null;
      const group = svg(marks, "g", { "data-node": n, "data-type": node.type, role: "button", tabindex: -1 });
      svg(group, "path", { class: "halo", d: outline(form, x, y, radius + 7.5 * unit) });
      const [whole, ring] = [early, late].map(({ colour }) => svg(group, "path", { class: "ring", d: outline(form, x, y, radius + 3 * unit),
        "stroke-width": 4 * unit, pathLength: 1, style: { stroke: colour } }));
      svg(group, "path", { class: "shape", d: outline(form, x, y, radius), style: { fill } });
      const address = node.type === 0 ? safe(entryOf(node.id).picture) : null;
      if (address) image(group, address, x - radius * 0.88, y - radius * 0.88, radius * 1.76);
      else svg(group, "text", { x, y, style: { fill: on } }, node.type === 0 ? nameOf(n).slice(0, 2) : String(node.id));
      const enter = () => { hover = n; light(); }, leave = () => { hover = null; light(); hide(); };
      put(group, { on: { click: () => { group.focus(); choose({ node: state.node === n ? null : n }); }, keydown: (event) => walk(event, n),
        pointerenter: (event) => { enter(); show(event, aboutNode(n)); }, pointerleave: leave, blur: leave, focus: () => { roving(n); enter(); } } });
      return { group, ring, whole, whisker };
    });
    const labels = svg(canvas, "g", { class: "gutter", "aria-hidden": true }), inside = gutter - 14 * unit;
    svg(labels, "rect", { width: inside, height: place.height });
    for (const [kind, y, text] of [["big", 22, "history"], ["quiet", 36, "time →"]]) svg(labels, "text", { class: kind, x: 12 * unit, y: y * unit + box / 2 }, text);
    for (const { type, y, height, members } of place.lanes) {
      const { fill, shape } = style.types[type], centre = y + height / 2;
      svg(labels, "rect", { class: "lane", x: 8 * unit, y, width: inside - 8 * unit, height, rx: 12 * unit });
      svg(labels, "path", { d: outline(style.shapes[shape], 26 * unit, centre, 9 * unit), style: { fill } });
      svg(labels, "text", { class: "big", x: 42 * unit, y: centre - unit }, clean(record.node_types[type], 9));
      svg(labels, "text", { class: "quiet", x: 42 * unit, y: centre + 13 * unit }, count(members.length, "node"));
    }
    scroll.onscroll = (event) => put(labels, { transform: `translate(${event ? scroll.scrollLeft : left} 0)` });
    drawn = { canvas, edges, nodes, steps, guides };
    drawLegend();
    paint();
    roving(focused >= 0 ? focused : state.node ?? place.lanes.find(({ type }) => type === 0).members[0] ?? 0);
    nodes[focused]?.group.focus();
    scroll.onscroll(); // nothing here asks for the layout, which would be made twice
    if (first) scroll.scrollLeft = place.width; // a long history opens at its end, beside the next item
  }

  // -- painting, at each choice
  function paint() {
    if (!drawn) return;
    controls();
    const { weights } = attentionAt(record, state), { unit } = place;
    drawn.edges.forEach((edge, i) => {
      edge.value = weights[i] ?? null;
      const weak = edge.value === null, self = edge.source === edge.centre, { dash } = style.relations[edge.relation];
      const wide = weak ? 0.8 : 0.8 + (self ? 3 : 5) * edge.value, scaled = (piece) => piece * Math.max(1, wide / 2) * unit;
      put(edge.path, { "data-value": edge.value, class: hidden.has(edge.relation) || (weak && self) ? "edge off" : "edge", "stroke-width": wide * unit,
        "stroke-dasharray": dash ? dash.split(" ").map(scaled).join(" ") : null, "marker-end": weak || self ? null : `url(#${id}-${edge.relation})` });
    });
    for (const button of legend.querySelectorAll("button")) put(button, { "aria-pressed": String(!hidden.has(Number(button.dataset.relation))) });
    drawn.nodes.forEach(({ group, ring, whole }, n) => {
      const beta = betaOf(n), visibility = beta ? null : "hidden";
      put(group, { "data-value": beta?.[0], "aria-label": `${record.nodes[n].type ? "" : group.textContent} ${aboutNode(n).join("; ")}`.trim() });
      put(whole, { visibility });
      put(ring, { visibility, "stroke-dasharray": beta ? `${beta[0].toFixed(4)} 1.2` : null });
    });
    light();
    panel.replaceChildren();
    more ? more.paint() : fillNode(state.node ?? record.history.at(-1).node);
    fillTable();
    summary.textContent = describe(record, state);
  }
  function light() { // bring forward what belongs to the node under the pointer, else to the chosen one
    if (!drawn) return;
    const end = record.history.at(-1).node, focus = hover ?? state.node, near = new Set([focus]), spots = focus === null ? [] : record.nodes[focus].positions;
    drawn.edges.forEach(({ path, source, centre, value, index }) => {
      const strength = value === null ? 0.12 : 0.14 + 0.86 * Math.sqrt(value), gives = value !== null && centre === focus;
      if (gives) near.add(source);
      const lit = index === state.edge && hover === null, rest = focus === null ? strength : gives ? Math.max(0.7, strength) : source === focus ? strength / 2 : 0.05;
      path.style.opacity = lit ? 1 : rest;
      path.classList.toggle("lit", lit);
    });
    drawn.nodes.forEach(({ group, whisker }, n) => {
      const chosen = state.node === n ? " chosen" : "", far = focus !== null && !near.has(n) ? " far" : "";
      put(group, { class: `node${chosen}${far}${n === end ? " last" : ""}${record.nodes[n].removed ? " gone" : ""}`, "aria-pressed": String(state.node === n) });
      if (whisker) put(whisker, { class: n === focus ? "whisker lit" : "whisker" });
    });
    drawn.steps.forEach((step, i) => put(step, { class: `step${spots.includes(i + 1) ? " lit" : ""}${state.position === i + 1 ? " chosen" : ""}`,
      "aria-pressed": String(state.position === i + 1), tabindex: i + 1 === (state.position ?? record.history.length) ? 0 : -1 }));
    drawn.guides.forEach((guide, i) => put(guide, { class: spots.includes(i + 1) ? "guide lit" : "guide" }));
  }

  // -- hover
  function aboutNode(n) {
    const { type, items, positions } = record.nodes[n], beta = betaOf(n), names = items.slice(0, 4).map((item) => clean(entryOf(item).title, 40));
    return [nameOf(n), `${typeOf(n)} · position ${positions.join(", ")}`,
      type !== 0 && `carried by ${names.join(", ")}${items.length > 4 ? ", …" : ""}`,
      beta && `gate β: hohe ${three(beta[0])}, heho ${three(beta[1])}`].filter(Boolean);
  }
  function show(event, lines) {
    tip.replaceChildren();
    lines.forEach((line, i) => html(tip, i ? "span" : "b", {}, line));
    tip.hidden = false;
    const frame = stage.getBoundingClientRect(), x = event.clientX - frame.left, y = event.clientY - frame.top, tall = tip.offsetHeight;
    const left = between(4, x + 16, frame.width - tip.offsetWidth - 4), top = y + 22 + tall > frame.height ? y - tall - 12 : y + 18;
    put(tip, { style: { left: `${left}px`, top: `${top}px` } });
  }
  function hide() { tip.hidden = true; }
  function nearest(event) { // the drawn edge nearest to the pointer, the heavier one when two are as near
    if (event.target.closest(".step, .next, .node")) return null;
    const frame = drawn.canvas.getBoundingClientRect(), x = event.clientX - frame.left, y = event.clientY - frame.top;
    let best = null, least = 9 * place.unit;
    for (const edge of drawn.edges) {
      if (edge.value === null || hidden.has(edge.relation)) continue;
      const far = Math.min(...edge.samples.map((spot) => Math.hypot(spot.x - x, spot.y - y))) - 2 * edge.value;
      if (far < least) [least, best] = [far, edge];
    }
    return best;
  }
  function point(event) {
    const edge = nearest(event);
    if (edge) show(event, [aboutEdge(edge.index), `attention ${three(edge.value)}`, why(edge.index)]);
    else if (!event.target.closest(".step, .next, .node")) hide();
  }
  function aboutEdge(e) {
    const [source, centre, relation] = record.edges[e], whom = source === centre ? "itself" : nameOf(source);
    return `${nameOf(centre)} listens to ${whom} · ${clean(record.relations[relation], 20)}`;
  }
  function why(e) { // the steps of the history that make this edge
    const [source, centre] = record.edges[e], [here, there] = [centre, source].map((end) => record.nodes[end]);
    const spots = (list) => list.slice(0, 5).join(", ") + (list.length > 5 ? ", …" : "");
    if (source === centre) return "Why? Every node also listens to itself.";
    if (here.type !== there.type) {
      const both = here.positions.filter((p) => there.positions.includes(p)), names = [...new Set(both.map((p) => clean(record.history[p - 1].title, 30)))];
      return both.length ? `Why? Both belong to ${spots(names)}, at position ${spots(both)}.` : "Why? Global attention: an item listens to every code of the history.";
    }
    const says = [[centre, source], [source, centre]].map(([first, then]) => {
      const steps = record.nodes[first].positions.filter((p) => record.nodes[then].positions.includes(p + 1)).map((p) => `${p} → ${p + 1}`);
      return steps.length ? `${nameOf(first)} comes directly before ${nameOf(then)} (positions ${spots(steps)})` : null;
    });
    return `Why? ${says.filter(Boolean).join(", and ")}.`;
  }

  // -- keyboard: one node is in the tab order, arrows walk
  function roving(n) { drawn.nodes.forEach(({ group }, i) => put(group, { tabindex: i === n ? 0 : -1 })); }
  function stride(event, i, pick) { // along the strip, and down into the graph
    const { key } = event, to = { ArrowLeft: i - 1, ArrowRight: i + 1 }[key];
    if (event.altKey || !/^(Arrow(Left|Right|Down)|Enter| |Escape)$/.test(key)) return;
    if (to !== undefined) drawn.steps[to]?.focus();
    else if (key === "ArrowDown") drawn.nodes[record.history[i].node].group.focus();
    else key === "Escape" ? choose({ position: null }) : pick();
    event.preventDefault();
  }
  function walk(event, n) { // along a lane, and to what is nearest in the lane above or below
    const { lane, x } = place.nodes[n], mates = place.lanes[lane].members, spot = mates.indexOf(n), far = (other) => Math.abs(place.nodes[other].x - x);
    const beyond = (lanes) => lanes.find(({ members }) => members.length)?.members.reduce((a, b) => (far(b) < far(a) ? b : a));
    const keys = { ArrowLeft: () => mates[spot - 1], ArrowRight: () => mates[spot + 1], Home: () => mates[0], End: () => mates.at(-1),
      ArrowUp: () => beyond(place.lanes.slice(0, lane).reverse()), ArrowDown: () => beyond(place.lanes.slice(lane + 1)) };
    if (event.key in keys) drawn.nodes[keys[event.key]() ?? n].group.focus();
    else if (event.key === "Enter" || event.key === " ") choose({ node: n });
    else if (event.key === "Escape") choose({ node: null });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // -- the numbers: the answer of the model, or those of the chosen node
  function pair(parent, left, right, value, note = "") {
    const line = html(parent, "div", { class: "pair" });
    html(line, "span", { title: left }, left);
    if (note) html(line, "small", {}, note);
    html(line, "span", { "data-value": value }, right);
  }
  function split(parent, values, names) {
    const whole = values.reduce((a, b) => a + Math.abs(b), 0) || 1, line = html(parent, "div", { class: "split", "aria-hidden": true });
    values.forEach((value, i) => html(line, "i", { style: { width: `${(100 * Math.abs(value)) / whole}%`, background: lookOf(names[i], i).colour } }));
  }
  function thumb(parent, item) {
    const src = safe(item.picture), title = clean(item.title);
    html(parent, src ? "img" : "div", src ? { class: "thumb", src, alt: title, title } : { class: "thumb", title });
  }
  function grid(parent, head) { // a table; returns a function that adds a row
    const table = html(parent, "table"), heads = html(html(table, "thead"), "tr"), rows = html(table, "tbody");
    head.forEach((name) => html(heads, "th", { scope: "col" }, name));
    return (name, cells, kind = null, mark = () => ({})) => {
      const row = html(rows, "tr", { class: kind }), first = html(row, "th", { scope: "row", title: name }, name);
      cells.forEach((cell, i) => html(row, "td", mark(i), cell));
      return first;
    };
  }
  function fillNode(n) {
    const { items, positions } = record.nodes[n], { attention, norms } = record.layers[state.layer], paths = Object.keys(attention);
    html(panel, "h3", {}, nameOf(n));
    html(panel, "div", { class: "quiet" }, `${typeOf(n)} · position ${positions.join(", ")}`);
    const thumbs = html(panel, "div", { class: "thumbs" });
    items.slice(0, 12).forEach((item) => thumb(thumbs, entryOf(item)));
    if (state.edge !== null) html(panel, "p", { class: "why" }, `${aboutEdge(state.edge)}. ${why(state.edge)}`);
    if (betaOf(n)) html(panel, "h4", {}, "Gate β: early ↔ late");
    record.layers.forEach(({ beta }, layer) => {
      if (!beta?.[n]) return;
      pair(panel, `heho ${three(beta[n][1])}`, `hohe ${three(beta[n][0])}`, beta[n][0], `layer ${layer + 1}`);
      split(panel, [beta[n][1], beta[n][0]], ["heho", "hohe"]);
    });
    const said = record.layers[state.layer].gate_logits?.[n]?.map(three), [hohe, heho] = betaOf(n)?.map(three) ?? [];
    if (said && hohe) {
      html(panel, "h4", {}, `Equations 16 and 17 · layer ${state.layer + 1}`);
      const box = html(panel, "div", { class: "formula" }), numbers = `= softmax(${said.join(", ")}) = (${hohe}, ${heho})`;
      for (const line of ["β = softmax(MLP([h_hohe ; h_heho]))", numbers, `h′ = ${hohe} · h_hohe + ${heho} · h_heho`]) typeset(box, line);
    }
    for (const family of new Set(paths.flatMap((path) => attention[path].map((phase) => phase.family)))) {
      const all = paths.map((path) => attention[path].find((phase) => phase.family === family)?.weights ?? []);
      const mine = record.edges.map(([source, centre, relation], e) => ({ source, centre, relation, e, weights: all.map((weights) => weights[e] ?? null) }))
        .filter(({ centre, weights }) => centre === n && weights.some((weight) => weight !== null));
      if (!mine.length) continue;
      html(panel, "h4", {}, `Attention it gives · ${family}`);
      const numbered = paths.map((path) => `${path} ${attention[path].findIndex((phase) => phase.family === family) + 1 || ""}`);
      const row = grid(panel, ["to", ...numbered]), here = attentionAt(record, state).family === family ? paths.indexOf(state.path) : -1;
      const line = (name, values, kind) => row(name, values.map(three), kind,
        (i) => ({ "data-value": values[i], class: kind === "sub" && i === here ? "chosen" : null }));
      record.relations.forEach((name, relation) => {
        const group = mine.filter((edge) => edge.relation === relation), total = (i) => group.reduce((sum, { weights }) => sum + (weights[i] ?? 0), 0);
        if (!group.length) return;
        const first = line(clean(name, 20), paths.map((_, i) => (all[i].length ? total(i) : null)), "sum");
        swatch(first, relation);
        first.prepend(first.lastChild);
        if (group[0].source === n) return;
        group.sort((a, b) => b.weights[Math.max(here, 0)] - a.weights[Math.max(here, 0)]);
        group.forEach(({ source, weights, e }) => {
          const pressed = state.edge === e, on = { click: () => choose({ edge: pressed ? null : e, node: n }) };
          const first = line(nameOf(source), weights, pressed ? "sub picked" : "sub");
          first.replaceChildren(html(null, "button", { type: "button", class: "link", "data-to": e, "aria-pressed": String(pressed), title: why(e), on }, nameOf(source)));
        });
      });
    }
    if (norms) html(panel, "h4", {}, "Length of its state");
    for (const [name, values] of Object.entries(norms ?? {})) pair(panel, clean(name, 20), three(values?.[n]), values?.[n]);
  }
  function fillTable() {
    numbers.replaceChildren();
    html(numbers, "summary", {}, "The picture as a table");
    if (!numbers.open) return;
    const head = ["node", "type", "positions", "β hohe", "β heho", "listens most to", "attention"], { weights } = attentionAt(record, state);
    const row = grid(html(numbers, "div", { tabindex: 0 }), head);
    record.nodes.forEach(({ positions }, n) => {
      const best = heaviest(record, weights, (_, centre) => centre === n), most = best === null ? "–" : nameOf(record.edges[best][0]);
      row(nameOf(n), [typeOf(n), positions.join(", "), three(betaOf(n)?.[0]), three(betaOf(n)?.[1]), most, three(weights[best])]);
    });
  }

  // -- life
  function wear() {
    const lab = document.body.dataset.jpThemeLight; // JupyterLab says which theme it wears
    put(root, { "data-theme": theme === "auto" ? ((lab === undefined ? night.matches : lab === "false") ? "dark" : "light") : theme });
  }
  function update(changes) {
    const key = record.nodes[state.node] ?? null; // the same node in another record
    ({ style = style, theme = theme, record = record } = changes);
    if (changes.record) {
      [drawn, hover] = [null, null];
      more?.renew(record);
      const same = record.nodes.findIndex(({ type, id }) => type === key?.type && id === key.id);
      if (!changes.selection) state = resolveSelection(record, state, { node: same });
    }
    state = resolveSelection(record, state, changes.selection ?? state);
    wear();
    if (width) "theme" in changes || !drawn ? draw() : paint();
  }
  const watch = new ResizeObserver(() => {
    const now = Math.floor(scroll.clientWidth);
    if (now && Math.abs(now - width) > 1) { [width, side] = [now, panel.clientWidth]; draw(); }
  });
  const kit = { root, bar, body, panel, choose, show, hide, nameOf, lookOf, thumb, grid, radio, fillNode, display: (other) => update({ record: other }),
    get record() { return record; }, get state() { return state; }, get style() { return style; }, get place() { return place; }, get wide() { return side; }, get edges() { return drawn.edges; } };
  const more = panels?.(kit);
  wear();
  night.addEventListener("change", wear);
  watch.observe(scroll);
  function destroy() {
    more?.destroy();
    watch.disconnect();
    night.removeEventListener("change", wear);
    root.remove();
  }
  return { update, destroy, receive: more?.receive, get selection() { return { ...state }; } };
}

// ---- the widget: a few synced traits are the border to Python ----------------------------------------------------------

function render({ model, el }) {
  const all = (...names) => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const whole = () => ({ ...all("record", "selection", "theme"), style: model.get("look") }); // ipywidgets keeps `style` to itself
  const send = (values) => { Object.entries(values).forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const onselect = (selection, theme) => send(theme ? { selection, theme } : { selection });
  const message = model.get("message"); // of the explorer alone
  const ask = (request) => send({ request: { ...request, number: (model.get("request").number ?? 0) + 1 } });
  const panels = message && explorer({ ask: message.stored ? null : ask, message });
  const view = mount(el, model.get("record"), { ...whole(), onselect, panels });
  const selected = () => { // what is painted stays
    if (JSON.stringify(model.get("selection")) !== JSON.stringify(view.selection)) view.update(all("selection"));
  };
  const listeners = { "change:record": () => view.update(whole()), "change:theme": () => view.update(all("theme")),
    "change:message": () => view.receive(model.get("message")), "change:selection": selected };
  for (const [event, act] of Object.entries(listeners)) model.on(event, act);
  return () => {
    for (const [event, act] of Object.entries(listeners)) model.off(event, act);
    view.destroy();
  };
}

export { clean, curve, describe, resolveSelection, twoLines }; // for the test that compares them with Python
export default { render };
