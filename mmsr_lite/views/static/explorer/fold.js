// On a phone the picture comes first: the bars above it are folded, and a button opens each. Wider windows show them all.

const FOLDS = { // what a button opens -> its name for who cannot see the button
  view: "Layer, order, phase, zoom and theme",
  edit: "Edit the history",
};

function foldBars(desk) {
  const { picture } = desk;
  const place = html(null, "div", { class: "folds", role: "group", "aria-label": "Open a bar" });
  picture.heading.after(place);
  for (const [name, says] of Object.entries(FOLDS)) {
    if (name === "edit" && !desk.ask) continue; // a page that replays a record edits nothing
    const button = pressButton(place, name, says, () => {
      const isOpen = picture.root.classList.toggle(`open-${name}`);
      put(button, { "aria-expanded": String(isOpen) });
    }, { "aria-expanded": "false" });
  }
}
