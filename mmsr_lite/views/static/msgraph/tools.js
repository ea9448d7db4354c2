// Small tools: elements of the page, and texts and numbers as people read them.
// The files of this folder follow each other in one module; Python joins them in the order of page.py.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
const PICTURE_ADDRESS = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+$/;
const LONGEST_PICTURE = 4e6; // letters of a data address

// Set attributes of an element. `style` and `on` (event -> function) are objects; null, undefined and false take away.
function put(element, attributes) {
  for (const name in attributes) {
    const value = attributes[name];
    if (name === "style") {
      Object.assign(element.style, value);
    } else if (name === "on") {
      for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    } else if (value === null || value === undefined || value === false) {
      if (element.hasAttribute(name)) element.removeAttribute(name);
    } else {
      element.setAttribute(name, String(value)); // "true" too: an empty aria-hidden hides nothing
    }
  }
  return element;
}

function make(parent, element, attributes = {}, text = undefined) {
  put(element, attributes);
  if (text !== undefined) element.textContent = text; // names are untrusted: text, never HTML
  parent?.append(element);
  return element;
}

function html(parent, tag, attributes, text) {
  return make(parent, document.createElement(tag), attributes, text);
}

function svg(parent, tag, attributes, text) {
  return make(parent, document.createElementNS(SVG_NAMESPACE, tag), attributes, text);
}

// Text fit for a picture: no control or direction marks, at most `most` letters. Python's untrusted.clean is the same;
// a test compares them.
function clean(text, most = 60) {
  const units = String(text ?? "").slice(0, 16 * most); // a letter has one or two units
  const letters = [...units].slice(0, 8 * most).join("");
  const visible = letters.replace(/[\p{Cc}\p{Cf}]/gu, " ");
  const words = [...visible.trim().split(/\s+/).join(" ")];
  if (words.length <= most) return words.join("");
  return `${words.slice(0, most - 1).join("")}…`;
}

// The data address of a picture, or null: nothing else may reach the page, so that no page asks the network.
function safePicture(address) {
  const isShort = typeof address === "string" && address.length < LONGEST_PICTURE;
  return isShort && PICTURE_ADDRESS.test(address) ? address : null;
}

// A formula as a line, in which _word becomes an index.
function typeset(parent, formula) {
  const line = html(parent, "div");
  formula.split(/_(\w+)/).forEach((piece, i) => {
    if (i % 2) html(line, "sub", {}, piece);
    else line.append(piece);
  });
  return line;
}

function three(value) {
  return value === null || value === undefined ? "–" : fixed(value, 3);
}

function fixed(value, digits) {
  return value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1"); // no minus zero
}

function signed(value, digits = 3) {
  const text = fixed(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}

function mean(values) {
  return sum(values) / values.length;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function between(low, value, high) {
  return Math.max(low, Math.min(value, high));
}

function count(number, one) {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

function rank(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function wantsLessMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
