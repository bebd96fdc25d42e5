// The clip plays in its own time, over and over, until a picture of it is chosen; a click chooses a spot of that picture.
const LEAST = 60, REST = 700; // milliseconds: of a picture, and before the clip begins again
let shown = 0, timer = 0, plays = !matchMedia("(prefers-reduced-motion: reduce)").matches;

const all = (selector) => [...element.querySelectorAll(selector)];

function show(number) {
  shown = number;
  all(".reel img").forEach((picture, place) => picture.classList.toggle("hidden", place !== number));
  const buttons = all(".times [aria-pressed]");
  buttons.forEach((button, place) => button.setAttribute("aria-pressed", place === number));
  element.querySelector(".times output").textContent = buttons[number].title;
}

function play(on) {
  clearTimeout(timer);
  plays = on;
  const halt = element.querySelector(".halt");
  if (!halt) return;
  halt.textContent = on ? "Pause" : "Play";
  if (on) wait();
}

function wait() {
  const pictures = all(".reel img"), step = Math.max(LEAST, 1000 * parseFloat(element.querySelector("figure").dataset.seconds));
  timer = setTimeout(() => { show((shown + 1) % pictures.length); wait(); }, step + (shown === pictures.length - 1 ? REST : 0));
}

function mark(x, y) {
  const spot = element.querySelector(".spot");
  spot.hidden = false;
  spot.style.left = 100 * x + "%";
  spot.style.top = 100 * y + "%";
}

watch("value", () => {
  if (!element.querySelector("figure")) return clearTimeout(timer);
  show(Math.min(shown, all(".reel img").length - 1));
  play(plays);
});

element.addEventListener("click", (event) => {
  const button = event.target.closest(".times [aria-pressed]");
  if (event.target.closest(".halt")) play(!plays);
  else if (button) { play(false); show(all(".times [aria-pressed]").indexOf(button)); }
  else if (event.target.closest(".picks")) {
    const box = all(".reel img")[shown].getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    play(false);
    mark(x, y);
    trigger("point", {pair: shown, x, y});
  }
});
