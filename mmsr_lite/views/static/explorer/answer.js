// The answer: the best items, what each score is the sum of, and how an edit has moved them.

function answerPanel(desk) {
  const { picture } = desk;
  const section = desk.section("answers", "Answer");
  let painted = null;
  let places = new Map(); // where the rows stood after the last frame

  // Whether a person sees it, or would after a turn of the wheel. To ask where it is would lay out the page.
  let isSeen = true;
  const watch = new IntersectionObserver((told) => { isSeen = told.at(-1).isIntersecting; }, { rootMargin: "25%" });
  watch.observe(section);

  // What is written after the next frame, where it was not painted yet.
  function wait() {
    if (painted !== picture.record) put(section, { "aria-busy": true });
  }

  function paint() {
    if (painted === picture.record) return;
    painted = picture.record;
    put(section, { "aria-busy": null });
    const rows = answerRows(picture.record);
    patch(section, () => {
      paintHeading(section);
      paintRows(section, rows);
      keep(section, desk.seeds.lineOf("first by flow"));
      paintSums(section, rows);
    });
    requestAnimationFrame(() => { // here the page is laid out anyway
      const now = placesOfRows(section);
      moveRows(section, places);
      places = now;
    });
  }

  function paintHeading(parent) {
    const { target, flow } = picture.record;
    const says = [];
    if (target) says.push(`the next item, ${clean(target.title, 30)}, has rank ${rank(target.rank)}${desk.rankNote()}`);
    if (!flow && picture.record.answer.top[0]?.parts?.length) says.push("the split is of the last layer alone");
    const heading = html(parent, "h3");
    say(heading, "Answer ");
    html(heading, "small", { class: "roomy", "data-room": desk.ask && target ? longest(target) : null }, says.join("; "));
  }

  // The heading at its longest: an edit adds the rank before it.
  const longest = ({ title }) => `the next item, ${clean(title, 30)}, has rank 1000, before the edit 1000`;

  function paintRows(parent, rows) {
    const { record } = picture;
    const parts = partsOf(record);
    const shown = record.flow ? [EARLY_GROUP, LATE_GROUP] : parts;
    const names = { [EARLY_GROUP]: "early", [LATE_GROUP]: "late" };
    const colourOf = (i) => lookOf(picture, shown[i], parts.indexOf(shown[i])).colour;
    const looks = (i) => (i < 3 ? {} : { class: "part", style: { borderColor: colourOf(i - 3) } });
    const isShort = desk.ask && record.target && rows.length === record.answer.top.length; // an edit may add the next item's row
    put(parent, { "data-short": isShort && "" });
    const addRow = grid(parent, ["item", "sum", "score", ...shown.map((part) => names[part] ?? part)], looks);
    const splits = rows.map((item) => splitOf(record, item));
    const scale = scaleOf(splits);
    rows.forEach((item, i) => {
      const isHit = item.item === record.target?.item;
      const isBest = i < record.answer.top.length;
      const place = isBest ? i + 1 : rank(record.target.rank);
      const numbers = shown.map((part) => splits[i][parts.indexOf(part)]);
      const values = [item.score, ...numbers];
      const name = `${place}. ${clean(item.title)}${isHit ? " ✓" : ""}`;
      const moved = isBest ? desk.movement(item.item, i + 1) : "";
      const named = (cell) => {
        thumb(cell, item);
        say(cell, name);
        if (moved) html(cell, "small", { class: "moved" }, moved);
      };
      const texts = values.map((value) => (value === null || value === undefined ? "" : fixed(value, 2)));
      const bar = (cell) => drawSigned(picture, cell, splits[i], parts, scale);
      addRow(name, [bar, ...texts], {
        kind: isHit ? "hit" : null,
        mark: (c) => (c === 0 ? {} : { "data-value": values[c - 1] }),
        row: { key: item.item, "data-item": item.item },
        write: named,
      });
    });
  }

  // All numbers of the sums, on demand.
  function paintSums(parent, rows) {
    const { record } = picture;
    if (!record.flow) return;
    const box = html(parent, "details", { class: "sums" });
    html(box, "summary", {}, "Each score as a sum over all layers");
    const fill = () => {
      const addRow = grid(html(box, "div", { class: "wide", tabindex: 0 }), ["item", ...record.flow.groups, "bias", "= score"]);
      for (const item of rows) {
        const flow = flowOfItem(record, item.item);
        if (!flow) continue;
        const values = [...flow.groups, flow.rest, item.score];
        addRow(clean(item.title, 30), values.map((value) => signed(value, 2)), { mark: (c) => ({ "data-value": values[c] }) });
      }
    };
    if (box.open) fill(); // what was opened stays so
    put(box, { on: { toggle: () => box.open && box.childElementCount === 1 && fill() } });
  }
  return { paint, wait, isSeen: () => isSeen, destroy: () => watch.disconnect() };
}

// The best items, and after them the one that came next where it is not among them.
function answerRows({ answer: { top }, target }) {
  const isMissing = target && !top.some(({ item }) => item === target.item);
  return isMissing ? [...top, target] : top;
}

// Names of the parts of a score: groups of paths through all layers, or, of a record without a flow, the last layer's.
function partsOf(record) {
  return record.flow ? record.flow.groups : record.answer.parts ?? [];
}

function splitOf(record, item) {
  if (record.flow) return flowOfItem(record, item.item)?.groups ?? [item.score];
  return item.parts?.length ? item.parts : [item.score];
}

// How far the bars of all rows reach to both sides of zero.
function scaleOf(splits) {
  const most = (sign) => Math.max(1e-9, ...splits.map((values) => sum(values.map((value) => Math.max(0, sign * value)))));
  return { up: most(1), down: most(-1) };
}

// Signed parts as a bar: what is positive to the right of zero, what is negative to the left. The bar is one background with
// hard stops, not an element for each part: an edit writes the bars of all rows before its first frame.
function drawSigned(picture, parent, values, parts, { up, down }) {
  const share = (value) => `${((100 * value) / (up + down)).toFixed(2)}%`;
  const pieces = [];
  let left = down;
  let right = down;
  values.forEach((value, i) => {
    const [from, to] = value < 0 ? [left + value, left] : [right, right + value];
    if (value < 0) left = from;
    else right = to;
    const { colour } = lookOf(picture, parts[i] ?? "score", i);
    pieces.push({ from, stops: `#0000 ${share(from)}, ${colour} ${share(from)} ${share(to)}, #0000 ${share(to)}` });
  });
  const stops = pieces.sort((a, b) => a.from - b.from).map((piece) => piece.stops);
  const title = values.map((value, i) => `${parts[i] ?? "score"} ${signed(value, 2)}`).join("\n");
  const bar = html(parent, "div", { class: "signed", "aria-hidden": true, title, style: { backgroundImage: `linear-gradient(90deg, ${stops.join(", ")})` } });
  html(bar, "b", { style: { left: share(down) } });
}

// ---- rows glide from where they were --------------------------------------------------------------------------------------

function placesOfRows(section) {
  const rows = [...section.querySelectorAll("tr[data-item]")];
  return new Map(rows.map((row) => [row.dataset.item, row.offsetTop]));
}

function moveRows(section, places) {
  if (wantsLessMotion() || !places.size) return;
  const rows = [...section.querySelectorAll("tr[data-item]")];
  const now = rows.map((row) => row.offsetTop); // all are read before any is moved: each move makes the next reading slow
  const { top, bottom } = section.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) return; // nobody sees them
  rows.forEach((row, i) => {
    const before = places.get(row.dataset.item);
    if (before === undefined || before === now[i]) return;
    const from = `translateY(${before - now[i]}px)`;
    row.animate({ transform: [from, "none"] }, { duration: 350, easing: "ease-out" });
  });
}
