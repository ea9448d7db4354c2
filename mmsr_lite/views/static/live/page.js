// The page with models in it: choosers of user and model, the explorer, what can be copied and saved. Follows report.js.

const ADDRESS_PAUSE = 200; // milliseconds after a choice until the address says so

function livePage(held) {
  const { models, users, note, start } = held;
  const session = new engine.Session(held);
  if (start) {
    session.do({ do: "model", model: start.model });
    if (start.history) session.do({ do: "history", history: start.history, target: start.target });
    session.show([session.draft], 0);
  }
  const beside = start?.beside ? session.standBeside(start.beside) : null;
  const asked = location.hash.length > 1 ? followAddress(location.hash.slice(1), session) : null;
  session.show([session.draft], 0); // what the address asked for is where undo ends

  const place = html(null, "section", { class: "live" });
  main.prepend(place);
  const choosers = html(place, "div", { class: "choose-bar", role: "group", "aria-label": "Choose" });
  const card = html(place, "div", { class: "card" });
  const bar = html(place, "div", { class: "share-bar", role: "group", "aria-label": "Share and save" });
  html(place, "p", { class: "inside" }, note);

  const message = { what_if: null, stored: false, beside, name: models[session.draft.model].name };
  const answers = new Answers(session, message, told);
  const chooser = (name, options, act) => {
    const select = html(html(choosers, "label", {}, `${name} `), "select", { on: { change: () => act(Number(select.value)) } });
    options.forEach((text, i) => html(select, "option", { value: i }, clean(text, 40)));
    return select;
  };
  const user = chooser("User", users.map(({ id }) => id), (i) => answers.ask({ do: "user", user: users[i].id }));
  const model = chooser("Model", models.map(({ name }) => name), (i) => answers.ask({ do: "model", model: i }));
  const button = (text, label, act) => html(bar, "button", { type: "button", title: label, on: { click: act } }, text);
  const said = html(null, "span", { class: "said", role: "status" });
  const say = (text) => { said.textContent = text; };

  if (location.protocol !== "about:") { // the frame of a notebook has no address
    button("copy link", "copy a link to what is shown", async () => {
      writeAddress();
      say(await copyText(location.href) ? "The link is copied." : "The link stands in the address of this page.");
    });
  }
  button("copy history", "copy the history as text, one item a line", async () => {
    say(await copyText(historyText(session)) ? "The history is copied." : "This frame may not copy; open the page by itself.");
  });
  const pasted = html(bar, "input", { type: "text", size: 14, placeholder: "paste a history", "aria-label": "Paste a history: ids, titles or numbers of items",
    on: { paste: (event) => { event.preventDefault(); takeHistory(event.clipboardData.getData("text")); }, change: () => pasted.value && takeHistory(pasted.value) } });
  const whole = () => {
    paintUnseen(answers.view.picture);
    return card;
  };
  button("SVG", "save the picture as SVG", () => download("mmsr-history.svg", textAddress("image/svg+xml", svgOf(whole()).text)));
  button("PNG", "save the picture as PNG", async () => download("mmsr-history.png", await pngOf(whole())));
  button("CSV", "save attention, gates, scores and flow as CSV", () => download("mmsr-history.csv", textAddress("text/csv", csvOf(session.record))));
  bar.append(said);

  function takeHistory(text) {
    pasted.value = "";
    try {
      answers.ask({ do: "history", history: itemsOfText(text, session) });
      say("");
    } catch (error) {
      if (!(error instanceof engine.EngineError)) throw error;
      say(error.message);
    }
  }
  function change() {
    const changes = answers.message.what_if?.changes;
    return changes?.length === 1 ? changes[0] : null;
  }
  let pause = null;
  function writeAddressSoon() { // to write it takes as long as to paint a choice, so it waits until nothing happens
    clearTimeout(pause);
    pause = setTimeout(writeAddress, ADDRESS_PAUSE);
  }
  function writeAddress() {
    clearTimeout(pause);
    try {
      window.history.replaceState(null, "", `#${addressOf(session, answers.view.selection, change())}`);
    } catch { /* a frame has no address of its own */ }
  }
  function told() { // after each answer
    setValue(user, users.indexOf(session.draft.user));
    setValue(model, session.draft.model);
    writeAddressSoon();
  }
  function follow({ selection, change, beside }) {
    answers.view.update({ record: session.record, style: models[session.draft.model].style, selection: selection(session.record) });
    answers.tell({ what_if: null, error: null, beside });
    if (change) answers.answer({ do: "what_if", change, repeats: 20 });
  }

  const panels = explorer({ ask: answers.ask, message: answers.message, isPatient: true });
  const style = models[session.draft.model].style;
  const onselect = (_, theme) => {
    if (theme) wear(theme);
    writeAddressSoon();
  };
  answers.view = mount(card, session.record, { style, selection: data.selection ?? {}, theme: data.theme, onselect, panels });
  setValue(user, users.indexOf(session.draft.user));
  setValue(model, session.draft.model);
  if (asked) follow(asked);
  else if (start?.change) answers.answer({ do: "what_if", change: start.change, repeats: start.repeats });
  window.addEventListener("hashchange", () => {
    const now = followAddress(location.hash.slice(1), session);
    if (now) follow(now);
    told();
  });
}

// What Python packed: JSON, compressed, in base64.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

if ("DecompressionStream" in window) livePage(await unpacked(document.getElementById("models").textContent));
else html(main, "p", {}, "This page runs a model, which needs a browser of 2023 or newer.");
document.body.dataset.ready = "yes";
