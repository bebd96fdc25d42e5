// The clip plays in its own time, over and over, until one of its moments is chosen; a click chooses a spot of the picture.
const LEAST = 60, REST = 700; // milliseconds: of a picture, and before the clip begins again
let shown = 0, timer = 0, plays = !matchMedia("(prefers-reduced-motion: reduce)").matches, inSight = true;
let clip = "", chosen = null; // which clip it is, and the spot that was chosen in it: pair, x, y

const figure = () => element.querySelector("figure");
const pictures = () => [...element.querySelectorAll(".reel img")];

function show(number) {
  const slider = element.querySelector(".moments input"), time = figure().dataset.times.split("|")[number];
  shown = number;
  pictures().forEach((picture, place) => picture.classList.toggle("hidden", place !== number));
  slider.value = number;
  slider.setAttribute("aria-valuetext", time);
  element.querySelector(".moments span").textContent = time;
  const spot = element.querySelector(".spot");
  spot.hidden = chosen?.pair !== number;
  if (chosen) Object.assign(spot.style, {left: 100 * chosen.x + "%", top: 100 * chosen.y + "%"});
}

function play(on) {
  plays = on;
  element.querySelector(".moments button").textContent = on ? "Pause" : "Play";
  wait();
}

function wait() {
  clearTimeout(timer);
  if (!plays || !inSight || !figure()) return;
  const count = pictures().length, step = Math.max(LEAST, 1000 * parseFloat(figure().dataset.seconds));
  timer = setTimeout(() => { show((shown + 1) % count); wait(); }, step + (shown === count - 1 ? REST : 0));
}

watch("value", () => {
  if (!figure()) return clearTimeout(timer);
  if (figure().dataset.clip !== clip) [chosen, shown] = [null, parseInt(figure().dataset.first)];
  clip = figure().dataset.clip;
  show(Math.min(shown, pictures().length - 1));
  play(plays);
});
new IntersectionObserver((entries) => { inSight = entries.at(-1).isIntersecting; wait(); }).observe(element);

element.addEventListener("input", (event) => {
  const number = parseInt(event.target.value);
  play(false);
  show(number);
});
element.addEventListener("click", (event) => {
  if (event.target.closest(".moments button")) return play(!plays);
  if (!event.target.closest(".picks img")) return;
  const box = pictures()[shown].getBoundingClientRect();
  chosen = {pair: shown, x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height};
  play(false);
  show(shown);
  trigger("point", chosen);
});
