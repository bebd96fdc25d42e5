// The two handles of the range over the film strip: dragged, or moved by the arrow keys. A release asks for another look.
const STEP = 0.1, PAUSE = 600;
let held = null, pending = 0, before = 0;

const line = () => element.querySelector(".timeline");
const number = (name) => parseFloat(line().dataset[name]);

function place(name, seconds) {
  const other = number(name === "start" ? "end" : "start"), duration = number("duration"), least = number("least");
  const value = name === "start" ? Math.max(0, Math.min(seconds, other - least)) : Math.min(duration, Math.max(seconds, other + least));
  line().dataset[name] = value;
  line().style.setProperty("--" + name, (100 * value / duration) + "%");
  const handle = line().querySelector(`[data-end="${name}"]`);
  handle.setAttribute("aria-valuenow", value.toFixed(2));
  handle.setAttribute("aria-valuetext", value.toFixed(2) + " s");
  handle.querySelector("output").textContent = value.toFixed(2) + " s";
}

function ask() {
  clearTimeout(pending);
  trigger("release", {start: number("start"), seconds: number("end") - number("start")});
}

element.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest(".handle");
  if (!handle) return;
  event.preventDefault();
  held = handle.dataset.end;
  before = number(held);
  handle.focus();
  handle.setPointerCapture(event.pointerId);
});
element.addEventListener("pointermove", (event) => {
  if (!event.buttons) held = null; // let go where nobody saw it, while another pair was drawn
  if (!held) return;
  const box = line().querySelector(".strip").getBoundingClientRect();
  place(held, (event.clientX - box.left) / box.width * number("duration"));
});
element.addEventListener("pointerup", () => {
  const moved = held && number(held) !== before;
  held = null;
  if (moved) ask();
});
element.addEventListener("pointercancel", () => { held = null; });
element.addEventListener("keydown", (event) => {
  const handle = event.target.closest(".handle"), sign = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1}[event.key];
  if (!handle || !sign) return;
  event.preventDefault();
  place(handle.dataset.end, number(handle.dataset.end) + sign * (event.shiftKey ? 10 : 1) * STEP);
  clearTimeout(pending);
  pending = setTimeout(ask, PAUSE);
});
