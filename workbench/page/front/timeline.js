// The two handles of the range over the film strip: dragged, or moved by the arrow keys. A release asks for another look.
const STEP = 0.1, PAUSE = 600;
const unanswered = {}; // where the visitor put an end, in seconds, until a look has answered it
let dragging = null, waiting = null, pending = 0;
let before = 0, wished; // of the end that is dragged: where it was drawn, and what no look had answered

const line = () => element.querySelector(".timeline");
const number = (name) => parseFloat(line().dataset[name]);

function draw(name, seconds) {
  line().dataset[name] = seconds;
  line().style.setProperty("--" + name, (100 * seconds / number("duration")) + "%");
  const handle = line().querySelector(`[data-end="${name}"]`);
  handle.setAttribute("aria-valuenow", seconds.toFixed(2));
  handle.setAttribute("aria-valuetext", seconds.toFixed(2) + " s");
  handle.querySelector("output").textContent = seconds.toFixed(2) + " s";
}

function move(name, seconds) { // as far as the other end and the video let it
  const other = number(name === "start" ? "end" : "start"), least = number("least");
  const value = name === "start" ? Math.max(0, Math.min(seconds, other - least)) : Math.min(number("duration"), Math.max(seconds, other + least));
  unanswered[name] = value;
  draw(name, value);
}

function ask() { // for both ends, so that of two requests none undoes the other
  clearTimeout(pending);
  waiting = null;
  if (line()) trigger("release", {start: unanswered.start ?? null, end: unanswered.end ?? null});
}

function forgetAll() {
  clearTimeout(pending);
  dragging = waiting = null;
  for (const name of Object.keys(unanswered)) delete unanswered[name];
}

function giveUp() { // the end is where it was before it was dragged
  if (dragging && line()) draw(dragging, before);
  if (dragging && line() && wished === undefined) delete unanswered[dragging];
  else if (dragging) unanswered[dragging] = wished;
  dragging = null;
}

// A redraw, with the scores or for another pair, keeps the ends where they were put, until the look that was asked for is there.
watch("value", () => {
  if (!line()) return forgetAll();
  for (const [name, seconds] of Object.entries(unanswered)) {
    const answered = Math.abs(parseFloat(line().dataset["asked" + (name === "start" ? "Start" : "End")]) - seconds) < 0.005;
    if (answered && name !== dragging && name !== waiting) delete unanswered[name];
    else draw(name, seconds);
  }
});

element.addEventListener("click", (event) => {
  const button = event.target.closest(".livelier");
  if (!button) return;
  const start = parseFloat(button.dataset.start), length = number("end") - number("start");
  forgetAll();
  trigger("release", {start, end: start + length});
});
element.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest(".handle");
  if (!handle) return;
  event.preventDefault();
  dragging = handle.dataset.end;
  [before, wished] = [number(dragging), unanswered[dragging]];
  handle.focus();
  handle.setPointerCapture(event.pointerId);
});
element.addEventListener("pointermove", (event) => {
  if (!event.buttons) giveUp(); // let go where nobody saw it
  if (!dragging || !line()) return;
  const box = line().querySelector(".strip").getBoundingClientRect();
  move(dragging, (event.clientX - box.left) / box.width * number("duration"));
});
element.addEventListener("pointerup", () => {
  if (!dragging || !line() || number(dragging) === before) return giveUp();
  dragging = null;
  ask();
});
element.addEventListener("pointercancel", giveUp);
element.addEventListener("keydown", (event) => {
  const handle = event.target.closest(".handle"), sign = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1}[event.key];
  if (!handle || !sign) return;
  event.preventDefault();
  waiting = handle.dataset.end;
  move(waiting, number(waiting) + sign * (event.shiftKey ? 10 : 1) * STEP);
  clearTimeout(pending);
  pending = setTimeout(ask, PAUSE);
});
