// Random interactions with a live page, drawn from a seed: what `python -m benchmarks soak --page` carries out in it.

async ([seed, count]) => {
  let state = seed >>> 0;
  const draw = () => { // mulberry32, from 0 to 1
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const pick = (list) => list[Math.floor(draw() * list.length)];
  const later = () => new Promise((done) => setTimeout(done));
  const isOpen = (one) => one.checkVisibility() && !one.disabled;
  const seen = (mark) => [...document.querySelectorAll(`.live ${mark}`)].filter(isOpen);
  const press = (one) => one?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  const point = (one, kind) => one?.dispatchEvent(new PointerEvent(kind, { clientX: 300, clientY: 300 }));
  const change = (one, kind) => one.dispatchEvent(new Event(kind, { bubbles: true }));
  const never = /save page|copy|SVG|PNG|CSV|Full screen|tour/; // files, the clipboard, the whole screen
  const keys = [
    ["Delete", {}],
    ["Escape", {}],
    ["ArrowLeft", { altKey: true }],
    ["ArrowRight", { altKey: true }],
    ["z", { ctrlKey: true }],
    ["y", { ctrlKey: true }],
  ];
  const acts = {
    node: () => press(pick(seen("g.node .shape"))),
    step: () => press(pick(seen("g.step"))),
    button: () => press(pick(seen("button").filter((one) => !never.test(one.textContent + one.title)))),
    radio: () => pick(seen("input[type='radio']"))?.click(),
    box: () => pick(seen("input[type='checkbox']"))?.click(),
    hover: () => {
      const one = pick(seen("g.node, .cell, .flow-row"));
      point(one, "pointerenter");
      point(one, "pointerleave");
    },
    select: () => {
      const one = pick(seen("select"));
      if (!one?.options.length) return;
      one.value = pick([...one.options]).value;
      change(one, "change");
    },
    search: () => {
      const one = pick(seen("input[type='search']"));
      one.value = pick(["", "no", "a", "zz", "1"]);
      change(one, "input");
    },
    key: () => {
      const [key, more] = pick(keys);
      pick(seen("g.step"))?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    },
    details: () => {
      const one = pick(seen("details"));
      if (one) one.open = !one.open;
    },
  };
  const done = {};
  for (let i = 0; i < count; i++) {
    const name = pick(Object.keys(acts));
    acts[name]();
    done[name] = (done[name] ?? 0) + 1;
    await later();
    await later(); // an answer comes in a task of its own
  }
  return done;
}
