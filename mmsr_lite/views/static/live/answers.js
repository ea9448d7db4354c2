// Answers of the engine in the page: what a request of the explorer does to record, selection and message. In a notebook
// Python does this (views/widgets/explorer.py); the explorer does not know who answers.

class Answers {
  // `session` is an engine.Session; `told` is called after each answer.
  constructor(session, message, told) {
    Object.assign(this, { session, message, told, view: null, number: 0 });
    // After the listener has run, as an answer of Python comes, but before the browser paints: one frame shows the click
    // and its answer, and what browsers measure from click to paint (Event Timing) is what people wait for.
    this.ask = (request) => queueMicrotask(() => this.answer(request));
  }

  answer(request) {
    try {
      if (request.do === "page") this.tell({ error: null, found: null, page: wholePage() });
      else this.carryOut(request);
    } catch (error) {
      if (!(error instanceof engine.EngineError)) console.error(error);
      this.tell({ error: error.message, number: this.number += 1 });
    }
    this.told();
  }

  carryOut(request) {
    const { session, view } = this;
    const before = session.record;
    const selection = view.selection;
    const news = session.do(request);
    if (session.record === before) {
      this.tell({ error: null, found: null, page: null, ...news });
      return;
    }
    const style = session.data.models[session.draft.model].style;
    const kept = sameNode(before, session.record, selection, request);
    view.update({ record: session.record, style, selection: resolveSelection(session.record, selection, kept) });
    this.tell({ error: null, found: null, page: null, what_if: null, ...news });
  }

  tell(news) {
    const { name } = this.session.data.models[this.session.draft.model];
    this.message = { ...this.message, name, ...news };
    this.view.receive(this.message);
  }
}

// What to choose in the new record: what was edited, else the node that was chosen before.
function sameNode(before, record, { node }, request) {
  if (["add", "move", "replace"].includes(request.do)) {
    const last = record.history.length;
    return { position: Math.min(request.to ?? request.position ?? last, last) };
  }
  const chosen = before.nodes[node];
  const same = chosen ? record.nodes.findIndex(({ type, id }) => type === chosen.type && id === chosen.id) : -1;
  return { node: same < 0 ? null : same };
}

// This page as a file, as it was before anything was drawn.
function wholePage() {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelector("#report").replaceChildren();
  const body = copy.querySelector("body");
  body.classList.remove("mmsr");
  for (const name of Object.keys(body.dataset)) delete body.dataset[name];
  return `<!doctype html>\n${copy.outerHTML}`;
}
