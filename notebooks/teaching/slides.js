// One slide at a time on a wide screen; all of them, one below the other, on a phone, on paper and without this script.
const slides = [...document.querySelectorAll("section")];
const place = document.createElement("div");
place.id = "place";
place.setAttribute("aria-live", "polite");
document.body.append(place);

function shown() {
  const asked = Number(location.hash.slice(1)) || 1;
  return Math.min(Math.max(asked, 1), slides.length);
}

function show() {
  const number = shown();
  slides.forEach((slide, index) => slide.classList.toggle("shown", index === number - 1));
  place.textContent = `${number} / ${slides.length}`;
}

function turn(by) {
  location.hash = String(Math.min(Math.max(shown() + by, 1), slides.length));
}

const KEYS = {
  ArrowRight: () => turn(1),
  ArrowDown: () => turn(1),
  PageDown: () => turn(1),
  " ": () => turn(1),
  ArrowLeft: () => turn(-1),
  ArrowUp: () => turn(-1),
  PageUp: () => turn(-1),
  Home: () => turn(-slides.length),
  End: () => turn(slides.length),
  p: () => document.body.classList.toggle("one"),
};

document.addEventListener("keydown", (event) => {
  const act = document.body.classList.contains("one") || event.key === "p" ? KEYS[event.key] : undefined;
  if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  event.preventDefault();
  act();
});
document.addEventListener("click", (event) => {
  const wide = matchMedia("(min-width: 700px) and (orientation: landscape)").matches;
  if (wide && document.body.classList.contains("one") && String(getSelection()) === "") {
    turn(event.clientX < innerWidth / 4 ? -1 : 1);
  }
});
addEventListener("hashchange", show);
document.body.classList.add("one");
show();
