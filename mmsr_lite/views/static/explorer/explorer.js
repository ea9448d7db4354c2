// The explorer around the picture: edit the history, read the gate, walk the stages, ask "what if", see the answer.
// Each panel has a file of its own; this one joins them and has the only seam to whoever answers:
//
//   ask(request)     sends {do: ..., ...} to Python or to the engine of a live page; null in a page that replays a record
//   receive(answer)  takes what comes back beside the record: {found, what_if, beside, product, page, error}
//
// A new record comes by `picture.update`.

// `isPatient`: after an edit the picture, and the answer where a person can see it, are painted first, the other panels in
// the task after that frame; after a choice what follows the frame are the what-if and the picture in words. Where Python
// answers, the way there and back takes longer than all panels, and they are painted at once.

function explorer({ ask = null, message = {}, isPatient = false }) {
  return (picture) => makeExplorer(picture, ask, message, isPatient);
}

function makeExplorer(picture, ask, message, isPatient) {
  const desk = {
    picture,
    message, // the last answer
    asked: null, // what was asked for last
    shown: "clean", // which run of a what-if all panels show
    own: picture.record, // the record of the history as it is
    before: null, // and before the last edit
    ask: null,
  };
  if (ask) {
    desk.ask = (request) => {
      desk.asked = request.do;
      ask(request);
    };
  }
  desk.section = (name, label) => html(picture.body, "section", { class: name, "aria-label": label, tabindex: 0 });
  desk.focus = () => picture.state.node ?? picture.record.history.at(-1).node; // the node that the panels speak of
  desk.spot = () => picture.state.position ?? picture.record.nodes[desk.focus()].positions.at(-1); // and its position
  if (ask) Object.assign(picture, { keepsRoom: true, leastOf: (unit) => roomOf(picture, unit) });
  addEffects(desk);
  picture.root.classList.add("explorer");
  foldBars(desk);

  const banner = makeBanner(desk);
  desk.seeds = makeSeedLines(desk);
  const history = historyPanel(desk);
  const lens = lensPanel(desk);
  const stages = stagesPanel(desk);
  const answer = answerPanel(desk);
  const bench = benchPanel(desk);
  const beside = besidePanel(desk);
  const tour = tourPanel(desk);

  const products = { // of attention, as they were asked for
    ask: desk.ask && ((asked) => desk.shown === "clean" && desk.ask({ do: "product", ...asked })),
    found: new Map(),
  };

  desk.showRun = (which) => {
    desk.shown = which;
    keepInSight(picture.root.querySelector(".bench"), () => {
      picture.update({ record: which === "clean" ? desk.own : desk.message.what_if.changed });
      bench.paintShown();
    });
  };

  function receive(answered) {
    const before = desk.message;
    desk.message = answered;
    if (answered.found && answered.found !== before.found) history.found(answered.found);
    if (answered.page && answered.page !== before.page) download(answered.page);
    if (answered.error && desk.asked === "what_if") bench.fail(answered.error);
    else if (answered.what_if !== before.what_if) {
      if (desk.shown === "changed") desk.shown = "clean";
      bench.paintResult();
    }
    if (answered.product && answered.product !== before.product) {
      const { layer, path, phase, edge } = answered.product;
      products.found.set([layer, path, phase, edge].join("/"), answered.product);
      paintPicture(picture);
    }
    if (answered.beside !== before.beside) {
      beside.show(answered.beside);
      picture.redraw();
    }
    history.paint();
  }

  function renew(record) { // another record is about to be shown
    products.found.clear();
    if (record === desk.message.what_if?.changed) return;
    desk.shown = "clean";
    if (record === desk.own) return;
    const isSameUser = record.user?.index === desk.own.user?.index;
    desk.before = isSameUser ? desk.own : null;
    desk.own = record;
    isEdited = true;
    beside.renew();
  }

  let isEdited = false; // whether the next picture is the first one of another history
  let areOld = false; // whether there are panels that still show the history before
  let isWaiting = false; // whether something is painted after the next frame

  function paint() {
    banner.paint();
    history.paint();
    areOld = isPatient && isEdited;
    isEdited = false;
    if (!areOld) paintPanels();
    else if (answer.isSeen()) answer.paint();
    if (areOld) put(picture.panel, { "aria-busy": true });
    if (areOld) answer.wait();
    if (isPatient) paintRestLater();
    else paintRest();
  }

  function paintPanels() {
    areOld = false;
    put(picture.panel, { "aria-busy": null });
    answer.paint();
    lens.paint();
    stages.paint();
    beside.paint();
  }

  function paintRestLater() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => setTimeout(() => isWaiting && paintRest()));
  }

  function paintRest() {
    isWaiting = false;
    paintUnseen(picture);
    if (areOld) paintPanels();
    paintWords(picture);
    desk.seeds.paint();
    bench.paint();
  }

  function destroy() {
    isWaiting = false;
    tour.destroy();
    desk.seeds.destroy();
    beside.destroy();
    answer.destroy();
    stages.destroy();
    history.destroy();
  }
  bench.paintResult();
  beside.show(message.beside);
  const seedLine = desk.seeds.lineOf;
  return { isPatient, step: history.step, receive, renew, paint, destroy, products, seedLine, isEdit: () => desk.before !== null && desk.shown === "clean", rankBefore: desk.rankBefore };
}

// Do something that may change the height of what stands above an element; where a person sees this, it stays in its place.
function keepInSight(element, act) {
  const { top, bottom } = element.getBoundingClientRect();
  act();
  if (bottom > 0 && top < innerHeight) scrollBy(0, element.getBoundingClientRect().top - top);
}

// ---- what an edit has done ------------------------------------------------------------------------------------------------

function addEffects(desk) {
  const isCompared = () => desk.before !== null && desk.shown === "clean" && desk.picture.record === desk.own;
  const ranks = (record) => new Map(record.answer.top.map(({ item }, i) => [item, i + 1]));

  // The rank of the next item before the last edit, where that was another one.
  desk.rankBefore = () => {
    const [was, now] = [desk.before?.target, desk.picture.record.target];
    if (!isCompared() || !was || !now || was.item !== now.item || was.rank === now.rank) return null;
    return was.rank;
  };
  desk.rankNote = () => {
    const was = desk.rankBefore();
    return was === null ? "" : `, before the edit ${rank(was)}`;
  };
  // How many places an item of the answer has gone up or down by the last edit.
  desk.movement = (item, place) => {
    if (!isCompared()) return "";
    const was = ranks(desk.before).get(item);
    if (was === undefined) return "new";
    if (was === place) return "";
    return was > place ? `▲${was - place}` : `▼${place - was}`;
  };
  // The last edit in a line.
  desk.effect = () => {
    if (!isCompared()) return "";
    const [was, now] = [desk.before, desk.own];
    if (!was.target || was.target.item !== now.target?.item) return "";
    const edges = now.edges.length - was.edges.length;
    const from = was.target.rank === now.target.rank ? `stays ${rank(now.target.rank)}` : `${rank(was.target.rank)} → ${rank(now.target.rank)}`;
    return `rank ${from}, score ${signed(now.target.score - was.target.score)}, edges ${signed(edges, 0)}`;
  };
}

// While all panels show the changed run, a line says so at the foot of the window, over what stands there: it moves nothing.
function makeBanner(desk) {
  const { picture } = desk;
  const banner = html(html(picture.root, "div", { class: "foot" }), "p", { class: "banner", role: "status", hidden: true });
  const says = html(banner, "span", {});
  pressButton(banner, "back to the clean run", "back to the clean run", () => desk.showRun("clean"));
  function paint() {
    const isChanged = desk.shown === "changed";
    const hadFocus = banner.contains(banner.getRootNode().activeElement);
    banner.hidden = !isChanged;
    // a button that hides would take the focus with it: it goes to the choice between the runs, which stays
    if (hadFocus && !isChanged) banner.closest(".explorer")?.querySelector(".bench .result input")?.focus();
    picture.root.classList.toggle("changed", isChanged);
    if (isChanged) says.textContent = `All panels show the changed run: ${clean((desk.message.what_if.told ?? []).join("; "), 200)}.`;
  }
  return { paint };
}

function download(page) {
  const href = URL.createObjectURL(new Blob([page], { type: "text/html" }));
  html(null, "a", { href, download: "mmsr-explorer.html" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
