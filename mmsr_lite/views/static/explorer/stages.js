// Step through the model: each stage is one of the package's probes.

const PACES = { slow: 3200, normal: 1600, fast: 700 }; // milliseconds a stage

function stagesPanel(desk) {
  const { picture } = desk;
  const rail = desk.section("rail", "Step through the model");
  const keys = html(rail, "div", { class: "keys", role: "group", "aria-label": "Play" });
  const row = html(rail, "ol", { class: "stages" });
  const line = html(rail, "div", { class: "now", "aria-live": "polite" });
  let timer = null;
  let pace = "normal";
  let painted = null; // the record and the timer that the buttons were made for
  let flowed = null; // the stage whose attention has run along its edges
  const stages = () => picture.record.stages ?? [];
  const goTo = (stage) => picture.choose({ stage: between(0, stage, stages().length - 1) });
  const goBy = (by) => goTo((picture.state.stage ?? -1) + by);

  function play(start) {
    clearInterval(timer);
    timer = null;
    if (!start) {
      paint();
      return;
    }
    const isLast = () => picture.state.stage === stages().length - 1;
    timer = setInterval(() => (isLast() ? play(false) : goBy(1)), PACES[pace]);
    if (isLast()) goTo(0);
    else goBy(1);
  }

  function paintKeys() {
    const buttons = [
      ["|◀", "First stage", () => goTo(0)],
      ["◀", "Stage before", () => goBy(-1)],
      timer ? ["❚❚", "Pause", () => play(false)] : ["▶", "Play the stages", () => play(true)],
      ["▶|", "Next stage", () => goBy(1)],
    ];
    buttons.forEach(([text, label, act], i) => pressButton(keys, text, label, act, { key: i, "data-rail": `key ${i}` }));
    const changePace = ({ target }) => {
      pace = target.value;
      if (timer) play(true);
    };
    const select = html(keys, "select", { "aria-label": "Pace", "data-rail": "pace", on: { change: changePace } });
    setOptions(select, Object.keys(PACES).map((name) => [name]));
    setValue(select, pace);
  }

  function paintStages() {
    stages().forEach(({ stage, layer, path, phase }, i) => {
      const isFirst = layer !== undefined && stages()[i - 1]?.layer !== layer;
      const place = html(row, "li", { key: i, class: isFirst ? "first" : null });
      const where = layer === undefined ? null : `layer ${layer + 1}`;
      if (isFirst) html(place, "small", {}, where);
      const name = path ? `${path} ${phase + 1}` : stage;
      const whole = [name, path && stage, where].filter(Boolean).join(", ");
      const marks = { "data-rail": i, "data-path": path };
      pressButton(place, name, whole, () => picture.choose({ stage: i }), marks);
    });
  }

  // What the stage does, the state that it leaves behind, and the name of its probe.
  function paintNow() {
    const now = stages()[picture.state.stage];
    if (now?.row) drawState(picture, line, now.row);
    const says = picture.style.stages[now?.stage ?? "none"] ?? "";
    html(line, "span", {}, says + (now?.phase ? " The logits read phase 1." : ""));
    if (now) html(line, "code", {}, `${now.probe ?? ""} (${now.shape.join(", ")})`);
  }

  function paint() {
    const held = rail.contains(document.activeElement) ? document.activeElement.dataset.rail : null;
    const now = stages()[picture.state.stage];
    if (painted?.record !== picture.record || painted.isPlaying !== (timer !== null)) {
      painted = { record: picture.record, isPlaying: timer !== null };
      patch(keys, paintKeys);
      patch(row, paintStages);
    }
    for (const button of rail.querySelectorAll("ol button")) {
      put(button, { "aria-current": Number(button.dataset.rail) === picture.state.stage ? "step" : null });
    }
    put(picture.root, { "data-stage": now?.stage });
    if (now?.path && now !== flowed) sendTokens(desk, PACES[pace] * 0.7);
    flowed = now;
    patch(line, paintNow);
    if (held !== null && !rail.contains(document.activeElement)) rail.querySelector(`[data-rail="${held}"]`)?.focus();
  }
  return { paint, destroy: () => clearInterval(timer) };
}

// What the shown node attends to runs along its edges, once.
function sendTokens(desk, duration) {
  if (wantsLessMotion() || !desk.picture.drawn) return;
  for (const { path, source, centre, value } of desk.picture.drawn.edges) {
    if (centre !== desk.focus() || source === centre || !value) continue;
    const style = { offsetPath: `path("${path.getAttribute("d")}")`, fill: path.style.stroke };
    const token = svg(path.parentNode, "circle", { class: "token", r: 2 + 6 * Math.sqrt(value), style });
    const run = token.animate({ offsetDistance: ["0%", "100%"] }, { duration, easing: "ease-in-out" });
    run.onfinish = () => token.remove();
  }
}

// A state as bars, one for each number. It is the last item's, whichever node is chosen, and says so.
function drawState(picture, parent, row) {
  const most = Math.max(...row.map(Math.abs)) || 1;
  const width = Math.max(1.2, 160 / row.length);
  const last = nameOf(picture, picture.record.history.at(-1).node);
  const figure = html(parent, "span", { class: "state" });
  const says = `the state of the last item, ${last}: ${row.length} values up to ${three(most)}`;
  const box = svg(figure, "svg", { class: "vector", width: width * row.length, height: 30, role: "img", "aria-label": says });
  row.forEach((value, i) => {
    const height = Math.max(0.4, (14 * Math.abs(value)) / most);
    const y = value < 0 ? 15 : 15 - (14 * value) / most;
    svg(box, "rect", { class: value < 0 ? "minus" : "plus", x: i * width, width: width * 0.8, y, height });
  });
  html(figure, "small", {}, `state of the last item, ${clean(last, 24)}`);
}
