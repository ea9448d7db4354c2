// Small tools: texts and numbers as people read them.

const PICTURE_ADDRESS = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+$/;
const LONGEST_PICTURE = 4e6; // letters of a data address

// Text fit for a picture: no control or direction marks, at most `most` letters. Python's untrusted.clean is the same;
// a test compares them.
function clean(text, most = 60) {
  const given = String(text ?? "");
  if (!cleaned.has(most)) cleaned.set(most, new Map());
  const known = cleaned.get(most);
  if (known.size > MOST_CLEANED) known.clear();
  if (!known.has(given)) known.set(given, cleanAnew(given, most));
  return known.get(given);
}

const MOST_CLEANED = 2000; // texts that are kept for each number of letters
const cleaned = new Map(); // how many letters at most -> text -> what is fit of it; the same titles come again and again

function cleanAnew(text, most) {
  const units = text.slice(0, 16 * most); // a letter has one or two units
  const letters = [...units].slice(0, 8 * most).join("");
  const visible = letters.replace(/[\p{Cc}\p{Cf}]/gu, " ");
  const words = [...visible.trim().split(/\s+/).join(" ")];
  if (words.length <= most) return words.join("");
  return `${words.slice(0, most - 1).join("")}…`;
}

// The data address of a picture, or null: nothing else may reach the page, so that no page asks the network.
function safePicture(address) {
  if (typeof address !== "string" || address.length >= LONGEST_PICTURE) return null;
  if (!tested.has(address)) {
    if (tested.size > MOST_CLEANED) tested.clear();
    tested.set(address, PICTURE_ADDRESS.test(address) ? address : null);
  }
  return tested.get(address);
}

const tested = new Map(); // address -> itself where it is safe, else null; to read one takes as long as it is

// A formula as a line, in which _word becomes an index.
function typeset(parent, formula, attributes) {
  const line = html(parent, "div", attributes);
  formula.split(/_(\w+)/).forEach((piece, i) => {
    if (i % 2) html(line, "sub", {}, piece);
    else if (piece) say(line, piece);
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
