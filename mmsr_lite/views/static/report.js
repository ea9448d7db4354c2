// The page around the picture: chooses the user, keeps picture and charts on one selection. Follows msgraph.js in one module.

const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("report");
let user = data.users[0], view = null;

function chart(place, { data, layout, text, table }) {
  const ink = getComputedStyle(document.body);
  const font = { ...layout.font, color: ink.getPropertyValue("--ink") };
  const drawn = { ...layout, font };
  for (const [name, axis] of Object.entries(layout))
    if (/^[xy]axis/.test(name)) drawn[name] = { ...axis, gridcolor: ink.getPropertyValue("--line"), linecolor: ink.getPropertyValue("--line") };
  if (!place.figure) {
    place.figure = html(place, "div", { class: "figure", role: "img" });
    place.words = html(place, "p", { class: "summary" });
    place.rows = html(place, "details", {});
  }
  put(place.figure, { "aria-label": text, style: { height: `${layout.height}px` } });
  place.words.textContent = text;
  place.rows.replaceChildren();
  html(place.rows, "summary", {}, "The chart as a table");
  const body = html(html(place.rows, "table"), "tbody");
  for (const { of, value } of table) {
    const row = html(body, "tr");
    html(row, "th", { scope: "row" }, of);
    html(row, "td", {}, three(value));
  }
  Plotly.react(place.figure, data, drawn, { displayModeBar: false, responsive: true });
  if (place.dataset.chart === "gates" && !place.linked) {
    place.linked = true;
    place.figure.on("plotly_click", ({ points: [{ customdata }] }) => follow({ node: customdata[0], layer: customdata[1] }));
  }
}
const follow = (selection) => { view.update({ selection }); selected(view.selection); };
const section = (name) => main.querySelector(`[data-chart="${name}"]`);
function selected({ layer, path, phase }, theme) {
  if (theme) wear(theme);
  const matrix = user.attention[`${layer}/${path}/${phase}`];
  if (matrix) chart(section("attention"), matrix);
}
function wear(theme) {
  const night = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.dataset.theme = night ? "dark" : theme === "projector" ? "projector" : "light";
  drawCharts();
}
function drawCharts() {
  for (const [name, figure] of Object.entries({ ...user?.charts, ...data.shared })) chart(section(name), figure);
}

if (data.users.length > 1) {
  const field = html(main, "label", { class: "chooser" }, "User ");
  const choice = html(field, "select", {});
  data.users.forEach(({ record }, i) => html(choice, "option", { value: i },
    `${clean(record.user?.id ?? `history ${i + 1}`, 24)} · ${count(record.history.length, "interaction")} · next item ${record.target ? `rank ${rank(record.target.rank)}` : "unknown"}`));
  choice.addEventListener("change", () => {
    user = data.users[Number(choice.value)];
    view.update({ record: user.record, style: user.style, selection: { node: null } });
    drawCharts();
    selected(view.selection);
  });
}
if (user) {
  const place = html(main, "section", { class: "card", "aria-label": "MSGraph" });
  view = mount(place, user.record, { style: user.style, selection: data.selection ?? {}, theme: data.theme, onselect: selected });
}
const grid = html(main, "div", { class: "grid" });
for (const name of [...Object.keys(user?.charts ?? {}), ...(Object.keys(user?.attention ?? {}).length ? ["attention"] : []), ...Object.keys(data.shared)])
  html(grid, "section", { class: "card chart", "data-chart": name, "aria-label": name });
document.body.classList.add("mmsr");
wear(data.theme);
if (view) selected(view.selection);
document.body.dataset.ready = "yes";
