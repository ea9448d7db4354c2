// In the panel of a node: what it brings to the score of the watched item, the exact bar of early and late.

// What this node brings to the score of the watched item, by group of paths, and the whole score below it.
function fillFlow(picture, n) {
  const { panel, record } = picture;
  const item = watchedItem(record);
  const flow = item && flowOfItem(record, item.item);
  if (!flow) return;
  const { groups } = record.flow;
  const heading = html(panel, "h4", {});
  term(picture, heading, "early fusion", "Early and late");
  say(heading, `: what reaches the score of ${clean(item.title, 24)}`);
  const most = Math.max(1e-9, ...flow.groups.map(Math.abs), ...(flow.nodes?.[n] ?? []).map(Math.abs));
  if (flow.nodes) flowBars(picture, panel, groups, flow.nodes[n], most, "from this node", "node");
  flowBars(picture, panel, groups, flow.groups, most, "from all nodes", "score");
  keepSeedLine(picture, "larger order");
  arithmetic(picture, panel, "flow", "The score as a sum", (box) => {
    const terms = [...flow.groups, ...(flow.rest ? [flow.rest] : [])];
    const names = [...groups, ...(flow.rest ? ["bias"] : [])];
    typeset(box, `score of ${clean(item.title, 24)} = ${three(item.score)}`);
    names.forEach((name, i) => typeset(box, `${signed(terms[i])}  ${FLOW_NAMES[name] ? `${FLOW_NAMES[name]} (${name})` : name}`));
    typeset(box, `sum = ${three(sum(terms))}`);
    typeset(box, "attention and gates are held as they are; then the sum is exact");
  });
}

// A row a group of paths, a signed bar from the line in the middle.
function flowBars(picture, parent, groups, values, most, name, key) {
  const box = html(parent, "div", { class: "flow", role: "group", "aria-label": name });
  html(box, "small", {}, name);
  groups.forEach((group, i) => {
    const row = html(box, "div", { class: "flow-row", "data-flow": `${key}/${group}`, "data-value": values[i] });
    const show = (event) => showTip(picture, event, [group, FLOW_SAYS[group] ?? "", signed(values[i], 4)].filter(Boolean));
    put(row, { on: { pointerenter: show, pointerleave: () => hideTip(picture) } });
    html(row, "span", {}, FLOW_NAMES[group] ?? group);
    const bar = html(row, "div", { class: "flow-bar", "aria-hidden": true });
    const half = (50 * Math.abs(values[i])) / most;
    const left = values[i] < 0 ? 50 - half : 50;
    html(bar, "i", { style: { left: `${left}%`, width: `${half}%`, background: lookOf(picture, group, i).colour } });
    html(row, "b", {}, signed(values[i]));
  });
}
