// The MSGraph picture (paper 4.1, 4.3): a history, its graph in swim lanes, the attention and the gate of a trained model.
// Reads one trace record and draws SVG. Runs as an anywidget (widget.js) and in a plain page: no build, no network.
// Time reads from left to right: a node stands at the mean of its positions, in the lane of its type. Arcs in a lane are of
// time (above: attending to what came before, below: to what came after), lines between lanes match what is of one item.

let mounted = 0; // how many pictures there were, for ids of their own

// Draw `record` into `el`.
//
// Options: style (from Python's theme.for_record), selection (see `resolveSelection`), theme, onselect(selection, theme),
// `panels`, which makes the panels of the explorer around the picture, and `placeOf(record, width, unit, least)`, another layout.
// Returns { update({record, style, selection, theme}), receive(message), destroy(), selection }.
export function mount(el, record, options) {
  const { style, selection, theme = "auto", onselect = () => {}, panels = null, placeOf = layout } = options;
  mounted += 1;
  const picture = {
    id: `mmsr${mounted}`,
    record, // the trace that is shown
    style, // looks of types, relations, paths and stages
    theme,
    state: resolveSelection(record, selection ?? {}),
    place: null, // where everything stands
    drawn: null, // the elements that painting changes
    hover: null, // the node under the pointer
    hidden: new Set(), // relations that are switched off
    opened: new Set(), // arithmetic that stays open
    zoom: 1,
    left: 0, // pixels that the graph is scrolled by
    width: 0, // pixels of the graph
    panelWidth: 0, // and of the panel
    isPanelScrolled: false,
    reached: null, // the node that the Tab key reaches
    held: null, // what of the picture is to have the focus once it is drawn anew
    placeOf,
    keepsRoom: false, // whether the history is edited, so that all keeps the place that it may need
    leastOf: null, // that of the graph: see room.js
    onselect,
    more: null, // the panels of the explorer
  };
  Object.assign(picture, makeFrame(el, picture));
  picture.choose = (changes) => {
    if (picture.isPanelScrolled) picture.panel.scrollTop = 0; // to set it makes the browser lay out the page at once
    picture.isPanelScrolled = false;
    picture.state = resolveSelection(picture.record, picture.state, changes);
    paintPicture(picture);
    onselect({ ...picture.state });
  };
  picture.update = (changes) => updatePicture(picture, changes);
  picture.redraw = () => picture.width && drawPicture(picture);
  picture.panel.addEventListener("scroll", () => { picture.isPanelScrolled = picture.panel.scrollTop > 0; });
  makeBar(picture);
  listenToOverview(picture);
  listenToTerms(picture);

  const night = matchMedia("(prefers-color-scheme: dark)");
  const wear = () => wearTheme(picture, night);
  picture.wear = wear;
  const watch = new ResizeObserver(() => {
    const now = Math.floor(picture.scroll.clientWidth);
    if (!now || Math.abs(now - picture.width) <= 1) return;
    picture.width = now;
    picture.panelWidth = picture.panel.clientWidth;
    drawPicture(picture);
  });
  const print = () => lookForPaper(picture);
  picture.more = panels?.(picture) ?? null;
  wear();
  night.addEventListener("change", wear);
  window.addEventListener("beforeprint", print);
  watch.observe(picture.scroll);
  function destroy() {
    picture.more?.destroy();
    watch.disconnect();
    night.removeEventListener("change", wear);
    window.removeEventListener("beforeprint", print);
    picture.root.remove();
  }
  const receive = (message) => picture.more?.receive(message);
  return { update: picture.update, destroy, receive, picture, get selection() { return { ...picture.state }; } };
}

// The elements that stay as long as the picture.
function makeFrame(el, picture) {
  const ours = ({ target }) => put(target, { "data-lm-suppress-shortcuts": true }); // keys are ours, not Jupyter's
  const root = html(null, "div", { class: "mmsr", on: { focusin: ours } });
  el.replaceChildren(root);
  const bar = html(root, "div", { class: "bar" });
  const body = html(root, "div", { class: "body" });
  const stage = html(body, "div", { class: "stage" });
  const scroll = html(stage, "div", { class: "scroll" });
  const overview = html(stage, "div", { class: "overview", "aria-hidden": true, hidden: true });
  const says = "Legend; press a relation to hide or show it";
  const legend = html(stage, "div", { class: "legend", role: "group", "aria-label": says });
  const panel = html(body, "section", { class: "panel", tabindex: 0, "aria-label": "Numbers of the chosen node" });
  const summary = html(root, "p", { class: "summary", "aria-live": "polite" });
  const help = html(root, "details", { class: "numbers" });
  html(help, "summary", {}, "How to read the picture").after(picture.style.help);
  const numbers = html(root, "details", { class: "numbers", on: { toggle: () => fillTable(picture) } });
  const tip = html(root, "div", { class: "tip", role: "status", hidden: true });
  return { root, bar, body, stage, scroll, overview, legend, panel, summary, numbers, tip };
}

// The theme that is asked for; "auto" is that of JupyterLab, which says so on the body, else that of the system.
function wearTheme(picture, night) {
  let theme = picture.theme;
  if (theme === "auto") {
    const isLight = document.body.dataset.jpThemeLight;
    const isDark = isLight === undefined ? night.matches : isLight === "false";
    theme = isDark ? "dark" : "light";
  }
  put(picture.root, { "data-theme": theme });
}

// Take what is new: a record, its style, a selection, a theme.
function updatePicture(picture, changes) {
  const { record: before } = picture;
  const key = picture.state.node === null ? null : keyOfNode(before, picture.state.node);
  const isNew = changes.record !== undefined && changes.record !== before;
  const { style = picture.style, theme = picture.theme, record = before } = changes;
  if (isNew) picture.held ??= heldMark(picture);
  Object.assign(picture, { style, theme, record });
  if (isNew) {
    picture.drawn = null; // it was of another record; its elements are patched
    picture.hover = null;
    hideTip(picture);
    picture.more?.renew(record);
    if (!changes.selection) { // the same node in the new record
      const same = key === null ? null : nodeWithKey(record, key);
      picture.state = resolveSelection(record, picture.state, { node: same });
    }
  }
  picture.state = resolveSelection(record, picture.state, changes.selection ?? picture.state);
  picture.wear();
  if (!picture.width) return;
  if ("theme" in changes || !picture.drawn) drawPicture(picture);
  else paintPicture(picture);
  if (!isNew || !picture.more?.isEdit?.()) return;
  if (picture.drawn.sight) picture.drawn.flashes = true; // once all is painted
  else flashChanges(picture);
}
