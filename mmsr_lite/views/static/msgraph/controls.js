// The bar above the picture, and the legend below it.

const THEMES = ["auto", "light", "dark", "projector"];
const ZOOM_STEP = 1.25;

// What stays: the heading, the tools. Made once.
function makeBar(picture) {
  const { bar } = picture;
  picture.heading = html(bar, "h2", { class: "name roomy" });
  picture.tools = html(bar, "div", { class: "tools", role: "group", "aria-label": "View" });
  const tool = (text, label, act) => {
    return html(picture.tools, "button", { type: "button", "aria-label": label, title: label, on: { click: act } }, text);
  };
  tool("−", "Zoom out", () => zoomTo(picture, picture.zoom / ZOOM_STEP));
  tool("+", "Zoom in", () => zoomTo(picture, picture.zoom * ZOOM_STEP));
  tool("fit", "Fit the whole history into the window", () => zoomTo(picture, fittingZoom(picture)));
  const full = tool("", "Full screen", () => toggleFullScreen(picture.root));
  const icon = svg(full, "svg", { viewBox: "0 0 16 16", "aria-hidden": true });
  svg(icon, "path", { d: "M1 5V1H5M11 1H15V5M15 11V15H11M5 15H1V11" });
  const themes = html(picture.tools, "select", { class: "theme", "aria-label": "Theme" });
  for (const name of THEMES) html(themes, "option", { value: name, selected: name === picture.theme }, name);
  themes.addEventListener("change", () => {
    picture.update({ theme: themes.value });
    picture.onselect({ ...picture.state }, picture.theme);
  });
  picture.themes = themes;
  html(bar, "div", { class: "break" });
  picture.fields = html(bar, "div", { class: "fields" });
}

function toggleFullScreen(root) {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => {}); // a frame may forbid it
}

function fittingZoom(picture) {
  return between(0.2, picture.width / picture.place.width, 1);
}

function zoomTo(picture, zoom) {
  picture.zoom = between(0.2, zoom, 3);
  drawPicture(picture);
}

// A group of choices of which one holds.
function radio(picture, parent, name, choices, now, act) {
  const field = html(parent, "fieldset", { class: name });
  const legend = html(field, "legend", {});
  term(picture, legend, GLOSSARY_OF_FIELD[name] ?? name, name);
  for (const [value, text] of choices) {
    const label = html(field, "label");
    const input = html(label, "input", { type: "radio", name: `${picture.id}-${name}`, value, on: { change: () => act(value) } });
    input.checked = value === now;
    say(label, text);
  }
}
const GLOSSARY_OF_FIELD = { order: "fusion order" };

// What follows the record and the selection: facts, layer, order and phase. Another node changes nothing here.
function paintBar(picture) {
  const { record, state, fields } = picture;
  setValue(picture.themes, picture.theme);
  const painted = [state.layer, state.path, state.phase].join("/");
  if (picture.barOf?.record === record && picture.barOf.painted === painted) return;
  picture.barOf = { record, painted };
  const facts = [
    record.user && `user ${clean(record.user.id, 24)}`,
    clean(record.dataset?.name, 30),
    clean(record.model?.label, 30),
    record.truth && `planted cause: ${clean(record.truth.cause, 20)}`,
    record.draft?.edited && "edited",
  ];
  put(picture.heading, { "data-room": longestFacts(picture, facts) });
  patch(picture.heading, () => {
    html(picture.heading, "b", {}, "MSGraph");
    html(picture.heading, "span", {}, facts.filter(Boolean).join(" · "));
  });

  const paths = record.layers[state.layer]?.attention ?? {};
  const layers = record.layers.map((_, i) => [i, i + 1]);
  const orders = Object.keys(paths).map((path, i) => [path, [path, lookOf(picture, path, i).says].filter(Boolean).join(" · ")]);
  const phases = (paths[state.path] ?? []).map(({ family }, i) => [i, `${i + 1} · ${family}`]);
  patch(fields, () => {
    radio(picture, fields, "layer", layers, state.layer, (layer) => picture.choose({ layer }));
    radio(picture, fields, "order", orders, state.path, (path) => picture.choose({ path }));
    radio(picture, fields, "phase", phases, state.phase, (phase) => picture.choose({ phase }));
  });
}

// The facts at their longest, whose place is kept: an edit takes the planted cause away, and says itself.
function longestFacts(picture, [user, dataset, model, cause]) {
  if (!picture.keepsRoom) return null;
  if (cause || picture.causeOf?.user !== user) picture.causeOf = { user, cause };
  const longest = [user, dataset, model, picture.causeOf.cause || "edited"].filter(Boolean).join(" · ");
  return `MSGraph 000 ${longest}`; // the first word has larger letters
}

// ---- colours and the legend --------------------------------------------------------------------------------------------

// A colour is #rrggbb, or a name that the style sheet has as a variable.
function colourOf(colour) {
  return colour.startsWith("#") ? colour : `var(--${colour})`;
}

// Look of a fusion order or another part of a score.
function lookOf(picture, part, i) {
  const { style } = picture;
  if (part in style.paths) return { ...style.paths[part], colour: colourOf(style.paths[part].colour) };
  if (style.flow && part in style.flow) return { colour: colourOf(style.flow[part]), says: "" };
  return { colour: part === "residual" ? style.rest : style.others[i % style.others.length], says: "" };
}

function inkOf(picture, relation) {
  return colourOf(picture.style.relations[relation].colour);
}

function swatch(picture, parent, relation) {
  const line = svg(parent, "svg", { width: 30, height: 10, "aria-hidden": true });
  const dash = picture.style.relations[relation].dash || null;
  const stroke = { "stroke-width": 2.5, "stroke-linecap": "round", "stroke-dasharray": dash };
  svg(line, "path", { d: "M1 5H29", ...stroke, style: { stroke: inkOf(picture, relation) } });
}

function drawLegend(picture) {
  const { legend, record, style, state, keepsRoom } = picture;
  const here = new Set(record.edges.map((edge) => edge[2]));
  const isGated = Boolean(record.layers[state.layer]?.beta);
  const isLacking = record.history.some((entry) => missingModalities(record, entry).length);
  if (isUnchanged(legend, [style, keepsRoom, record.relations.join("\n"), [...here].sort().join(), isGated, isLacking])) return;
  patch(picture.legend, () => writeLegend(picture, here, isGated, isLacking));
}

function writeLegend(picture, here, isGated, isLacking) {
  const { legend, record, style, hidden, keepsRoom } = picture;
  record.relations.forEach((name, relation) => {
    const isThere = here.has(relation);
    if (!isThere && !keepsRoom) return; // an edit may bring it
    const toggle = () => {
      if (!hidden.delete(relation)) hidden.add(relation);
      paintPicture(picture);
    };
    const title = `the centre attends to a node ${style.relations[relation].says}${isThere ? "" : "; this graph has no such edge"}`;
    const button = html(legend, "button", { type: "button", "data-relation": relation, title, disabled: !isThere, on: { click: toggle } });
    swatch(picture, button, relation);
    say(button, clean(name, 20));
  });
  html(legend, "span", { class: "wedge" }, "attention 0 → 1");
  if (isGated) {
    html(legend, "span", { class: "hoop" }, "gate β clockwise: orange the path hohe, violet the path heho");
  }
  if (isLacking || keepsRoom) {
    const says = "a hollow mark below an item: this modality is missing";
    html(legend, "span", { class: "lack", style: { visibility: isLacking ? "" : "hidden" } }, says);
  }
}
