// The state of the page in its address: #user=...&model=...&history=...&node=...&gate=... Whoever opens the link gets the
// same view. An address is written by strangers: each field is checked, and what does not fit does nothing.

const LONGEST_ADDRESS = 4000; // letters
const NUMBERS = ["position", "layer", "phase", "stage"]; // of a selection
const FORCES = ["hohe", "heho", "half"];

// `session` and `selection` as the part of an address after "#"; `change` is the what-if that is shown, or null.
function addressOf(session, selection, change) {
  const { draft, record } = session;
  const fields = { user: draft.user.id };
  if (session.data.models.length > 1) fields.model = draft.model + 1;
  if (!session.isOwn(draft)) Object.assign(fields, { history: draft.history.join(","), target: draft.target });
  if (draft.families.length < 2) fields.families = draft.families.join(",");
  const node = record.nodes[selection.node];
  if (node) fields.node = `${record.node_types[node.type]}:${node.id}`;
  if (selection.edge !== null) {
    const source = record.nodes[record.edges[selection.edge][0]];
    fields.listens = `${record.node_types[source.type]}:${source.id}`;
  }
  for (const name of NUMBERS) if (selection[name]) fields[name] = selection[name];
  if (selection.path) fields.path = selection.path;
  if (session.beside !== null) fields.beside = session.beside;
  const isPlainGate = change && change.do === "gate" && change.type === null && change.layer === null;
  if (isPlainGate) fields.gate = change.to;
  else if (change) fields.change = JSON.stringify(change);
  return Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":")}`).join("&");
}

// What an address asks for: requests to the session, then a selection. `hash` is what follows "#".
function readAddress(hash, session) {
  if (hash.length > LONGEST_ADDRESS) return null;
  const given = new Map(new URLSearchParams(hash));
  const whole = (text) => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : null);
  const list = (text) => (text ?? "").split(",").filter(Boolean);
  const requests = [];
  if (given.has("model")) requests.push({ do: "model", model: (whole(given.get("model")) ?? 0) - 1 });
  if (session.data.users.some(({ id }) => id === given.get("user"))) requests.push({ do: "user", user: given.get("user") });
  const history = list(given.get("history")).map(whole);
  const target = whole(given.get("target"));
  if (history.length) requests.push({ do: "history", history, ...(target === null ? {} : { target }) });
  if (given.has("families")) requests.push({ do: "families", families: list(given.get("families")) });
  if (given.has("beside")) requests.push({ do: "beside", model: given.get("beside") });
  return { requests, selection: (record) => selectionOf(given, record, whole), change: changeOf(given) };
}

function selectionOf(given, record, whole) {
  const nodeOf = (text) => {
    const [, type, id] = /^(.*):(\d{1,9})$/.exec(text ?? "") ?? [];
    const found = record.nodes.findIndex((node) => record.node_types[node.type] === type && node.id === Number(id));
    return found < 0 ? null : found;
  };
  const wanted = {};
  const [node, source] = [nodeOf(given.get("node")), nodeOf(given.get("listens"))];
  const edge = record.edges.findIndex(([neighbour, centre]) => neighbour === source && centre === node);
  if (node !== null) wanted.node = node;
  if (edge >= 0) wanted.edge = edge;
  for (const name of NUMBERS) if (whole(given.get(name)) !== null) wanted[name] = whole(given.get(name));
  if (given.has("path")) wanted.path = given.get("path");
  return resolveSelection(record, {}, wanted);
}

function changeOf(given) {
  if (FORCES.includes(given.get("gate"))) return { do: "gate", to: given.get("gate") };
  try {
    const change = JSON.parse(given.get("change") ?? "null");
    return change !== null && typeof change === "object" && !Array.isArray(change) ? change : null;
  } catch {
    return null;
  }
}

// Bring the session to what an address asks for; what cannot be done is left out. Gives what is to be chosen, which change
// is to be made and what stands beside; null where the address asks for nothing.
function followAddress(hash, session) {
  const asked = readAddress(hash, session);
  if (!asked) return null;
  let beside = null;
  for (const request of asked.requests) {
    try {
      beside = session.do(request).beside ?? beside;
    } catch (error) {
      if (!(error instanceof engine.EngineError)) throw error;
    }
  }
  return { ...asked, beside };
}
