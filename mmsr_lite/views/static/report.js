// The page around the picture: chooses the user and draws the charts that all share. Follows msgraph.js and explorer.js in one module.

const data = JSON.parse(document.getElementById("data").textContent), main = document.getElementById("report");
let user = data.users[0];

function chart(place, { data, layout, frames, text, table }) {
  const ink = getComputedStyle(document.body), drawn = { ...layout, font: { ...layout.font, color: ink.getPropertyValue("--ink") } };
  for (const [name, axis] of Object.entries(layout))
    if (/^[xy]axis/.test(name)) drawn[name] = { ...axis, gridcolor: ink.getPropertyValue("--line"), linecolor: ink.getPropertyValue("--line") };
  if (!place.figure) {
    place.figure = html(place, "div", { class: "figure", role: "img", "aria-label": text, style: { height: `${layout.height}px` } });
    html(place, "p", { class: "summary" }, text);
    const rows = html(place, "details");
    html(rows, "summary", {}, "The chart as a table");
    const body = html(html(rows, "table"), "tbody");
    for (const { of, value } of table) {
      const row = html(body, "tr");
      html(row, "th", { scope: "row" }, of);
      html(row, "td", {}, three(value));
    }
  }
  Plotly.react(place.figure, { data, layout: drawn, frames, config: { displayModeBar: false, responsive: true } });
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
