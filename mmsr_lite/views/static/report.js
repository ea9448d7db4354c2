// The page around the picture: chooses the user and draws the charts that all share. Follows msgraph.js and explorer.js in one module.

const data = JSON.parse(document.getElementById("data").textContent), main = document.getElementById("report");
let user = data.users[0];

function inDark(value) { // the same chart in the colours of dark paper; the scale of the gate stays white at one half
  if (typeof value === "string") return data.dark.colours[value] ?? value;
  if (Array.isArray(value)) return value.some((stop) => stop?.[1] === data.dark.but) ? value : value.map(inDark);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inDark(part)]));
}
function wrapped(text, letters) { // lines of escaped text: no entity holds a space
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= letters) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines.join("<br>");
}
function forPhone(layout) { // panels below each other, small letters, long names in lines
  const axes = (letter) => Object.keys(layout).filter((name) => new RegExp(`^${letter}axis`).test(name)), panels = axes("y").length;
  const narrow = { ...layout, font: { ...layout.font, size: 11 }, margin: { ...layout.margin, l: 10, r: 10 } };
  const inner = layout.height - layout.margin.t - layout.margin.b, below = 62;
  narrow.height = layout.height + (panels - 1) * (0.8 * inner + below);
  const share = below / (narrow.height - layout.margin.t - layout.margin.b), tall = (1 - (panels - 1) * share) / panels;
  axes("x").forEach((name) => { narrow[name] = { ...layout[name], ...(panels > 1 ? { domain: [0, 1] } : {}) }; });
  axes("y").forEach((name, i) => { narrow[name] = { ...layout[name], ...(panels > 1 ? { domain: [1 - i * (tall + share) - tall, 1 - i * (tall + share)] } : {}) }; });
  for (const name of [...axes("x"), ...axes("y")]) {
    const axis = narrow[name], small = { ...axis.title?.font, size: 11 };
    axis.title = { ...axis.title, text: wrapped(axis.title?.text ?? "", 36), font: small };
    if (axis.ticktext && name.startsWith("y")) {
      axis.ticktext = axis.ticktext.map((text) => wrapped(text, 24));
      axis.tickfont = { size: Math.min(axis.tickfont.size, 10) };
    }
  }
  for (const axis of axes("x").map((name) => narrow[name])) if (axis.tickangle) axis.tickfont = { size: 8 };
  narrow.updatemenus = layout.updatemenus?.map((menu) => ({ ...menu, y: -0.05, yanchor: "top" })); // beside the slider, not on the legend
  return narrow;
}
function chart(place, whole) { // title and caption are written here, where they wrap
  const { data: marks, layout, frames } = document.body.dataset.theme === "dark" ? inDark(whole) : whole;
  const { title, caption, head } = layout.meta, clear = "rgba(0,0,0,0)", margin = { ...layout.margin, t: layout.margin.t - head + 8 };
  let drawn = { ...layout, title: undefined, margin, height: layout.height - head + 8, paper_bgcolor: clear, plot_bgcolor: clear };
  if (place.clientWidth < 560) drawn = forPhone(drawn);
  if (!place.figure) {
    html(place, "h2", {}, title);
    if (caption) html(place, "p", { class: "caption" }, caption);
    place.figure = html(place, "div", { class: "figure", role: "img", "aria-label": whole.text });
    html(place, "p", { class: "summary" }, whole.text);
    if (whole.table.length) chartTable(place, whole.table);
  }
  place.figure.style.height = `${drawn.height}px`;
  Plotly.react(place.figure, { data: marks, layout: drawn, frames, config: { displayModeBar: false, responsive: true } });
}
function still(place, { picture, text, table }) { // a chart as a picture, its words and its table below
  html(html(place, "div", { class: "still", tabindex: 0 }), "img", { src: picture, alt: text });
  html(place, "p", { class: "summary" }, text);
  if (table.length) chartTable(place, table);
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

function besideOf({ beside, name }) { // what stands beside a user's record; an explorer of one record says it by itself
  return data.users.some((one) => one.beside) ? { beside: beside ?? null, name } : {};
}

const choice = data.users.length > 1 ? html(html(main, "label", { class: "chooser" }, "User "), "select") : null;
data.users.forEach(({ record, beside, name }, i) => choice && html(choice, "option", { value: i },
  `${beside ? `${clean(name, 24)} beside ${clean(beside.name, 24)} · ` : ""}${clean(record.user?.id ?? `history ${i + 1}`, 24)} · ${count(record.history.length, "interaction")} · next item ${record.target ? `rank ${rank(record.target.rank)}` : "unknown"}`));
if (user) {
  const place = html(main, "section", { class: "card", "aria-label": "MSGraph" });
  const panels = data.explorer ? explorer({ ...data.explorer, message: { ...data.explorer.message, ...besideOf(user) } }) : null;
  const view = mount(place, user.record, { style: user.style, selection: data.selection ?? {}, theme: data.theme, onselect: (_, theme) => theme && wear(theme), panels });
  choice?.addEventListener("change", () => {
    user = data.users[Number(choice.value)];
    view.update({ record: user.record, style: user.style, selection: { node: null } });
    if (data.explorer) view.receive({ ...data.explorer.message, ...besideOf(user) });
  });
}
const cards = html(main, "div", { class: "grid" });
for (const name of Object.keys(data.shared)) html(cards, "section", { class: "card chart", "data-chart": name, "aria-label": name });
for (const [name, picture] of Object.entries(data.stills)) still(html(main, "section", { class: "card chart", "data-chart": name, "aria-label": name }), picture);
document.body.classList.add("mmsr");
wear(data.theme);
if (!data.live) document.body.dataset.ready = "yes"; // else live/page.js says so
