// The two handles of the range over the film strip: dragged, or moved by the arrow keys. A release asks for another look.
const STEP = 0.1, PAUSE = 600;
const moved = {}; // the ends, in seconds, that no look has answered yet
let held = null, waiting = null, pending = 0, before = 0, drawn = "";

const line = () => element.querySelector(".timeline");
const number = (name) => parseFloat(line().dataset[name]);

function place(name, seconds) {
  const other = number(name === "start" ? "end" : "start"), duration = number("duration"), least = number("least");
  const value = name === "start" ? Math.max(0, Math.min(seconds, other - least)) : Math.min(duration, Math.max(seconds, other + least));
  line().dataset[name] = moved[name] = value;
  line().style.setProperty("--" + name, (100 * value / duration) + "%");
  const handle = line().querySelector(`[data-end="${name}"]`);
  handle.setAttribute("aria-valuenow", value.toFixed(2));
  handle.setAttribute("aria-valuetext", value.toFixed(2) + " s");
  handle.querySelector("output").textContent = value.toFixed(2) + " s";
}

function ask(name) {
  if (!line()) return; // the video was removed
  trigger("release", {end: name, seconds: number(name)});
}

function askWaiting() {
  clearTimeout(pending);
  if (waiting) ask(waiting);
  waiting = null;
}

// What is drawn again, with its scores or for another pair, keeps the ends where they were moved; the answer to another
// question only the one that is being moved.
watch("value", () => {
  const look = line() ? [number("start"), number("end"), number("duration")].join(" ") : "";
  for (const name of Object.keys(moved))
    if (!look || (look !== drawn && name !== held && name !== waiting)) delete moved[name];
  drawn = look;
  for (const [name, seconds] of Object.entries(moved)) place(name, seconds);
});

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
  if (!event.buttons) held = null; // let go where nobody saw it
  if (!held) return;
  const box = line().querySelector(".strip").getBoundingClientRect();
  place(held, (event.clientX - box.left) / box.width * number("duration"));
});
element.addEventListener("pointerup", () => {
  const name = held;
  held = null;
  if (name && number(name) !== before) ask(name);
});
element.addEventListener("pointercancel", () => { held = null; });
element.addEventListener("keydown", (event) => {
  const handle = event.target.closest(".handle"), sign = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1}[event.key];
  if (!handle || !sign) return;
  event.preventDefault();
  const name = handle.dataset.end;
  if (waiting && waiting !== name) askWaiting();
  waiting = name;
  place(name, number(name) + sign * (event.shiftKey ? 10 : 1) * STEP);
  clearTimeout(pending);
  pending = setTimeout(askWaiting, PAUSE);
});
