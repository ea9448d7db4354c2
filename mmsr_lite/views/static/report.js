// The page around the picture: chooses the user and draws the charts that all share. Follows msgraph.js and explorer.js in one module.

const data = JSON.parse(document.getElementById("data").textContent), main = document.getElementById("report");
let user = data.users[0];

function chart(place, { data, layout, frames, text, table }) { // title and caption are written here, where they wrap
  const ink = getComputedStyle(document.body), { title, caption, head } = layout.meta, margin = { ...layout.margin, t: layout.margin.t - head + 8 };
  const tall = layout.height - head + 8, drawn = { ...layout, title: undefined, margin, height: tall };
  drawn.font = { ...layout.font, color: ink.getPropertyValue("--ink") };
  for (const [name, axis] of Object.entries(layout))
    if (/^[xy]axis/.test(name)) drawn[name] = { ...axis, gridcolor: ink.getPropertyValue("--line"), linecolor: ink.getPropertyValue("--line") };
  if (!place.figure) {
    html(place, "h2", {}, title);
    if (caption) html(place, "p", { class: "caption" }, caption);
    place.figure = html(place, "div", { class: "figure", role: "img", "aria-label": text, style: { height: `${tall}px` } });
    html(place, "p", { class: "summary" }, text);
    if (table.length) chartTable(place, table);
  }
  Plotly.react(place.figure, { data, layout: drawn, frames, config: { displayModeBar: false, responsive: true } });
}
function chartTable(place, table) { // one row a mark
  const rows = html(place, "details"), interval = table.some((row) => "low" in row);
  html(rows, "summary", {}, "The chart as a table");
  const body = html(html(html(rows, "div", { tabindex: 0 }), "table"), "tbody");
  for (const { of, value, low, high } of table) {
    const row = html(body, "tr");
    html(row, "th", { scope: "row" }, of);
    html(row, "td", {}, three(value));
    if (interval) html(row, "td", {}, low === undefined ? "" : `${three(low)} to ${three(high)}`);
  }
}
function wear(theme) {
  const night = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.dataset.theme = night ? "dark" : theme === "projector" ? "projector" : "light";
  for (const [name, figure] of Object.entries(data.shared)) chart(main.querySelector(`[data-chart="${name}"]`), figure);
}

const choice = data.users.length > 1 ? html(html(main, "label", { class: "chooser" }, "User "), "select") : null;
data.users.forEach(({ record }, i) => choice && html(choice, "option", { value: i },
  `${clean(record.user?.id ?? `history ${i + 1}`, 24)} · ${count(record.history.length, "interaction")} · next item ${record.target ? `rank ${rank(record.target.rank)}` : "unknown"}`));
if (user) {
  const place = html(main, "section", { class: "card", "aria-label": "MSGraph" }), panels = data.explorer ? explorer(data.explorer) : null;
  const view = mount(place, user.record, { style: user.style, selection: data.selection ?? {}, theme: data.theme, onselect: (_, theme) => theme && wear(theme), panels });
  choice?.addEventListener("change", () => {
    user = data.users[Number(choice.value)];
    view.update({ record: user.record, style: user.style, selection: { node: null } });
  });
}
const grid = html(main, "div", { class: "grid" });
for (const name of Object.keys(data.shared)) html(grid, "section", { class: "card chart", "data-chart": name, "aria-label": name });
document.body.classList.add("mmsr");
wear(data.theme);
document.body.dataset.ready = "yes";
