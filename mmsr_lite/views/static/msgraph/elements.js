// Elements of the page: how they are made, and how a part of the page is written again without making it anew.
// The files of this folder follow each other in one module; Python joins them in the order of page.py.
//
// `patch(parent, write)` lets `write` make the children of `parent` as if the place were empty. What stood there before is
// taken again where it is of the same kind; only attributes, texts and places that differ are changed, and what nobody
// asked for is removed. To make an element costs the browser styles, a layout and a paint; to leave it costs nothing.
//
// Kinds: two children of one parent are of a kind when tag and class are the same, or tag and `key` where attributes name
// one; children of a kind are taken in their order. Inside `write`, children come by `html`, `svg`, `say` and `keep` alone.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

let plans = new Map(); // of the patch that is going on: parent -> { before: kind -> its children, wanted: children now }, or
// null until the first child is asked for

// Set attributes of an element. `style` and `on` (event -> function) are objects; null, undefined and false take away.
// Each element knows what was put last, so that nothing is written twice.
function put(element, attributes) {
  const known = element.known ??= {};
  for (const name in attributes) {
    const value = attributes[name];
    if (name === "style") {
      putStyle(element, value);
    } else if (name === "on") {
      for (const event in value) listen(element, event, value[event]);
    } else if (name !== "key") {
      const isAway = value === null || value === undefined || value === false;
      const text = isAway ? null : String(value); // "true" too: an empty aria-hidden hides nothing
      if (known[name] === text) continue;
      known[name] = text;
      if (!isAway) element.setAttribute(name, text);
      else if (element.hasAttribute(name)) element.removeAttribute(name);
    }
  }
  return element;
}

function putStyle(element, style) {
  const known = element.knownStyle ??= {};
  for (const name in style) {
    if (known[name] === style[name]) continue;
    known[name] = style[name];
    element.style[name] = style[name];
  }
}

// One listener for each event of an element, which calls what was put last: to patch an element gives it other functions.
function listen(element, event, act) {
  const heard = element.heard ??= {};
  if (!heard[event]) {
    heard[event] = [];
    const options = event === "touchmove" ? { passive: false } : undefined; // it may keep the page from being scrolled
    element.addEventListener(event, hear, options);
  }
  heard[event].push(act);
}

function hear(event) {
  for (const act of event.currentTarget.heard[event.type]) act(event);
}

function make(parent, create, tag, attributes = {}, text = undefined) {
  const plan = planFor(parent);
  const kind = kindOf(tag, attributes, text);
  let element = plan ? taken(plan, kind) : undefined;
  if (element) {
    forget(element, attributes);
    if (text === undefined && element.firstChild) plans.set(element, null); // its children are written next
  } else {
    element = create(tag);
    element.kind = kind;
  }
  put(element, attributes);
  element.made = attributes;
  if (text !== undefined) setText(element, text); // names are untrusted: text, never HTML
  if (plan) plan.wanted.push(element);
  else parent?.append(element);
  return element;
}

function html(parent, tag, attributes, text) {
  return make(parent, createHTML, tag, attributes, text);
}

function svg(parent, tag, attributes, text) {
  return make(parent, createSVG, tag, attributes, text);
}

const createHTML = (tag) => document.createElement(tag);
const createSVG = (tag) => document.createElementNS(SVG_NAMESPACE, tag);

// The child of a kind that stood there before, as it is; undefined where there is none. Whoever takes it brings it up to date.
function again(parent, kind) {
  const plan = planFor(parent);
  const element = plan && taken(plan, kind);
  if (element) plan.wanted.push(element);
  return element;
}

// A piece of text between elements.
function say(parent, text) {
  const plan = planFor(parent);
  const before = plan ? taken(plan, "text") : undefined;
  const piece = before ?? document.createTextNode(text);
  if (piece.data !== String(text)) piece.data = text;
  if (plan) plan.wanted.push(piece);
  else parent.append(piece);
}

// An element that somebody else keeps up to date, put in this place as it is.
function keep(parent, element) {
  const plan = planFor(parent);
  if (!plan) {
    parent.append(element);
    return;
  }
  const places = plan.before.get(element.kind);
  if (places?.includes(element)) places.splice(places.indexOf(element), 1);
  plan.wanted.push(element);
}

// The value of a field; to set the one that it has already makes a browser choose the option, and its text, anew.
function setValue(field, value) {
  const wanted = String(value);
  if (field.value !== wanted) field.value = wanted;
}

// The text of an element that has nothing else.
function setText(element, text) {
  const wanted = String(text);
  if (element.knownText === wanted) return;
  element.knownText = wanted;
  const piece = element.firstChild;
  if (piece && piece === element.lastChild && piece.nodeType === Node.TEXT_NODE && wanted) piece.data = wanted; // no new piece, no new box
  else element.textContent = wanted;
}

// Write the children of `parent` again; see above.
function patch(parent, write) {
  const outer = plans;
  plans = new Map([[parent, null]]);
  try {
    write();
    plans.forEach(arrange);
  } finally {
    plans = outer;
  }
}

// Whether an element that is patched was made of the same values the last time; its children then stay as they are.
function isUnchanged(element, values) {
  const { madeOf } = element;
  element.madeOf = values;
  if (madeOf?.length !== values.length || !values.every((value, i) => value === madeOf[i])) return false;
  plans.delete(element);
  return true;
}

function kindOf(tag, { key, class: name }, text) {
  const mark = key === undefined ? `.${name ?? ""}` : ` ${key}`;
  return text === undefined ? tag + mark : `${tag}${mark}#`; // the text of an element is no child that a plan knows
}

// The plan of a parent that is being written again.
function planFor(parent) {
  if (!plans.has(parent)) return undefined;
  if (!plans.get(parent)) plans.set(parent, planOf(parent));
  return plans.get(parent);
}

function planOf(parent) {
  const before = new Map();
  for (let child = parent.firstChild; child; child = child.nextSibling) {
    const kind = child.kind ?? "text";
    if (before.has(kind)) before.get(kind).push(child);
    else before.set(kind, [child]);
  }
  return { before, wanted: [] };
}

// The next child of a kind that nobody has taken yet.
function taken(plan, kind) {
  return plan.before.get(kind)?.shift();
}

// Take away what was put when the element was made the last time, and is not put now; and all that it listened with.
function forget(element, attributes) {
  const { made, heard } = element;
  for (const name in made) {
    if (name === "on" || name === "key" || name === "class") continue;
    if (name !== "style") {
      if (!(name in attributes)) put(element, { [name]: null });
      continue;
    }
    for (const part in made.style) {
      if (!(part in (attributes.style ?? {}))) putStyle(element, { [part]: "" });
    }
  }
  for (const event in heard) heard[event] = [];
}

// Bring the children of a parent into the order that is wanted, and remove the others. From the last to the first: a child
// that has its right neighbour stays where it is.
function arrange(plan, parent) {
  if (!plan) { // nobody asked for a child
    parent.replaceChildren();
    return;
  }
  const { before, wanted } = plan;
  for (const left of before.values()) for (const child of left) child.remove();
  let next = null;
  for (let i = wanted.length - 1; i >= 0; i--) {
    const child = wanted[i];
    if (child.parentNode !== parent || child.nextSibling !== next) parent.insertBefore(child, next);
    next = child;
  }
}

// A picture with round corners.
function drawImage(parent, href, x, y, side) {
  const look = { "clip-path": "inset(0 round 15%)", preserveAspectRatio: "xMidYMid slice" };
  svg(parent, "image", { href, x, y, width: side, height: side, ...look });
}
