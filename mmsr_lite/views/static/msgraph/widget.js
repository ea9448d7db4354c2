// The widget in a notebook: a few synced traits are the border to Python.

function render({ model, el }) {
  const read = (...names) => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const readAll = () => ({ ...read("record", "selection", "theme"), style: model.get("look") }); // ipywidgets keeps `style`
  const send = (values) => {
    Object.entries(values).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  const onselect = (selection, theme) => send(theme ? { selection, theme } : { selection });
  const ask = (request) => send({ request: { ...request, number: (model.get("request").number ?? 0) + 1 } });
  const message = model.get("message"); // of the explorer alone
  const panels = message ? explorer({ ask: message.stored ? null : ask, message }) : null;
  const view = mount(el, model.get("record"), { ...readAll(), onselect, panels });
  const isSelected = () => JSON.stringify(model.get("selection")) === JSON.stringify(view.selection);
  const listeners = {
    "change:record": () => view.update(readAll()),
    "change:theme": () => view.update(read("theme")),
    "change:message": () => view.receive(model.get("message")),
    "change:selection": () => isSelected() || view.update(read("selection")), // what is painted stays
  };
  for (const [event, act] of Object.entries(listeners)) model.on(event, act);
  return () => {
    for (const [event, act] of Object.entries(listeners)) model.off(event, act);
    view.destroy();
  };
}

export { clean, curve, describe, resolveSelection, twoLines }; // for the test that compares them with Python
export default { render };
