// Segments over the film: borders are dragged or moved by keys, segments are named, split and joined. What stands here is the truth; the
// page is sent all of it after each change, in one object that stays: what waits for an answer is sent with what it holds by then.
const STEP = 0.1, PAUSE = 400, UNDO = 200;
const edit = {film: "", segments: []}; // as the page is told: {start, end, class, probability}
let history = [], dragging = null, before = null, pending = 0;

const root = () => element.querySelector(".segments");
const data = (name) => JSON.parse(root().dataset[name]);
const duration = () => parseFloat(root().dataset.duration);
const least = () => Math.min(parseFloat(root().dataset.least), duration() / edit.segments.length);
const clone = () => edit.segments.map((segment) => ({...segment}));
const share = (seconds) => (100 * seconds / duration()) + "%";
const text = (seconds) => seconds.toFixed(2) + " s";

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function colour(label) { // by the order of the classes in the film as it was found; what a person named is grey, as is no clear motion
  const order = data("order"), colours = data("colours"), place = order.indexOf(label);
  return place < 0 ? "#6b6b6b" : colours[place % colours.length];
}

function drawAll() { // after a change of how many there are
  root().querySelector(".pieces").replaceChildren(...edit.segments.map((segment, i) => {
    const piece = make("button", {type: "button", class: "piece", "data-number": i});
    piece.append(make("span"));
    return piece;
  }), ...edit.segments.slice(1).map((_, i) => make("span", {
    class: "border", role: "slider", tabindex: "0", "data-number": i, title: "Border: drag, or use the arrow keys; Delete joins the two",
  })));
  root().querySelector("tbody").replaceChildren(...edit.segments.map((_, i) => {
    const time = (end) => make("input", {type: "number", step: STEP, min: 0, "data-end": end, "aria-label": `${end === "start" ? "Start" : "End"} of segment ${i + 1} in seconds`});
    const name = make("input", {type: "text", list: "segment-classes", maxlength: 80, "data-name": "", "aria-label": `Name of segment ${i + 1}`});
    const split = make("button", {type: "button", "data-do": "split", "aria-label": `Split segment ${i + 1}`}, "Split");
    const join = make("button", {type: "button", "data-do": "remove", "aria-label": `Remove segment ${i + 1}`}, "Remove");
    join.disabled = edit.segments.length === 1;
    return make("tr", {"data-number": i}, make("td", {}, String(i + 1)), make("td", {}, time("start")), make("td", {}, time("end")),
      make("td", {}, make("i", {class: "swatch"}), name), make("td", {class: "sure"}), make("td", {}, split, join));
  }));
  drawPlaces();
}

function drawPlaces() { // after a change of borders or names
  const pieces = root().querySelectorAll(".piece"), rows = root().querySelectorAll("tbody tr");
  edit.segments.forEach((segment, i) => {
    const words = `${segment.class}, ${text(segment.start)} to ${text(segment.end)}`;
    Object.assign(pieces[i].style, {left: share(segment.start), width: share(segment.end - segment.start)});
    pieces[i].style.setProperty("--class", colour(segment.class));
    pieces[i].setAttribute("aria-label", `Segment ${i + 1}: ${words}`);
    pieces[i].title = words;
    pieces[i].firstChild.textContent = segment.class;
    rows[i].style.setProperty("--class", colour(segment.class));
    for (const end of ["start", "end"]) {
      const input = rows[i].querySelector(`[data-end=${end}]`);
      input.disabled = end === "start" ? i === 0 : i === edit.segments.length - 1;
      if (document.activeElement !== input) input.value = segment[end].toFixed(2);
    }
    const name = rows[i].querySelector("[data-name]");
    if (document.activeElement !== name) name.value = segment.class;
    rows[i].querySelector(".sure").textContent = segment.probability === null ? "–" : Math.round(100 * segment.probability) + " %";
  });
  root().querySelectorAll(".border").forEach((border, i) => {
    const at = edit.segments[i].end;
    border.style.left = share(at);
    const attributes = {"aria-label": `Border between segments ${i + 1} and ${i + 2}`, "aria-valuemin": edit.segments[i].start.toFixed(2),
      "aria-valuemax": edit.segments[i + 1].end.toFixed(2), "aria-valuenow": at.toFixed(2), "aria-valuetext": text(at)};
    for (const [name, value] of Object.entries(attributes)) border.setAttribute(name, value);
  });
  root().querySelector("[data-do=undo]").disabled = !history.length;
}

function remember(state = clone()) {
  history = [...history.slice(1 - UNDO), state];
}

function tell(pause = 0) {
  clearTimeout(pending);
  pending = setTimeout(() => { if (root()) trigger("edit", edit); }, pause);
}

function moveBorder(i, seconds) { // between segments i and i + 1, as far as their other ends let it; whether it moved
  const [left, right] = [edit.segments[i], edit.segments[i + 1]];
  const at = Math.max(left.start + least(), Math.min(right.end - least(), seconds));
  if (!Number.isFinite(at) || Math.abs(at - left.end) < 1e-6) return false;
  left.end = right.start = Math.round(1000 * at) / 1000;
  left.probability = right.probability = null; // those were of other times
  drawPlaces();
  return true;
}

function rename(i, name) {
  if (!name.trim() || name.trim() === edit.segments[i].class) return drawPlaces();
  remember();
  Object.assign(edit.segments[i], {class: name.trim(), probability: null});
  drawPlaces();
  tell();
}

function split(i) {
  const segment = edit.segments[i], middle = Math.round(500 * (segment.start + segment.end)) / 1000;
  if (segment.end - segment.start < 2 * least()) return;
  remember();
  edit.segments.splice(i, 1, {...segment, end: middle, probability: null}, {...segment, start: middle, probability: null});
  drawAll();
  focus(`tbody tr[data-number="${i + 1}"] [data-name]`);
  tell();
}

function remove(i) { // its time goes to the one before it, that of the first to the next
  if (edit.segments.length === 1) return;
  remember();
  const [segment] = edit.segments.splice(i, 1), heir = edit.segments[Math.max(i - 1, 0)];
  Object.assign(heir, {start: Math.min(heir.start, segment.start), end: Math.max(heir.end, segment.end), probability: null});
  drawAll();
  focus(`tbody tr[data-number="${Math.max(i - 1, 0)}"] [data-name]`);
  tell();
}

function undo() {
  if (!history.length) return;
  edit.segments = history.pop();
  drawAll();
  focus("[data-do=undo]");
  tell();
}

function focus(selector) {
  const node = root().querySelector(selector);
  if (node && !node.disabled) node.focus({preventScroll: true});
}

watch("value", () => { // another film, or none; a redraw of the same one keeps what was done
  clearTimeout(pending);
  dragging = null;
  if (!root()) return;
  if (root().dataset.film !== edit.film) [edit.film, edit.segments, history] = [root().dataset.film, data("segments"), []];
  drawAll();
});

element.addEventListener("pointerdown", (event) => {
  const border = event.target.closest(".border");
  if (!border) return;
  event.preventDefault();
  border.focus();
  border.setPointerCapture(event.pointerId);
  [dragging, before] = [parseInt(border.dataset.number), clone()];
});
element.addEventListener("pointermove", (event) => {
  if (dragging === null || !event.buttons) return;
  const box = root().querySelector(".pieces").getBoundingClientRect();
  moveBorder(dragging, (event.clientX - box.left) / box.width * duration());
});
element.addEventListener("pointerup", () => {
  if (dragging === null) return;
  const moved = before[dragging].end !== edit.segments[dragging].end;
  dragging = null;
  if (!moved) return;
  remember(before);
  drawPlaces();
  tell();
});
element.addEventListener("pointercancel", () => {
  if (dragging === null) return;
  edit.segments = before;
  dragging = null;
  drawPlaces();
});
element.addEventListener("keydown", (event) => {
  const border = event.target.closest(".border");
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && event.target.tagName !== "INPUT") return event.preventDefault(), undo();
  if (event.key === "Enter" && event.target.matches("input")) return event.target.blur(), event.target.focus();
  if (!border) return;
  const i = parseInt(border.dataset.number), sign = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1}[event.key];
  if (event.key === "Delete" || event.key === "Backspace") return event.preventDefault(), remove(i + 1);
  if (!sign) return;
  event.preventDefault();
  const state = clone();
  if (!moveBorder(i, edit.segments[i].end + sign * (event.shiftKey ? 10 : 1) * STEP)) return;
  remember(state);
  drawPlaces();
  tell(PAUSE);
});
element.addEventListener("change", (event) => {
  const row = event.target.closest("tr[data-number]"), i = row && parseInt(row.dataset.number);
  if (!row) return;
  if (event.target.matches("[data-name]")) return rename(i, event.target.value);
  const state = clone(), at = event.target.dataset.end === "start" ? i - 1 : i;
  if (moveBorder(at, parseFloat(event.target.value))) { remember(state); tell(); }
  event.target.value = edit.segments[i][event.target.dataset.end].toFixed(2);
  drawPlaces();
});
element.addEventListener("click", (event) => {
  const piece = event.target.closest(".piece"), act = event.target.closest("[data-do]");
  if (piece) return root().querySelector(`tbody tr[data-number="${piece.dataset.number}"] [data-name]`).focus();
  if (!act) return;
  if (act.dataset.do === "undo") return undo();
  const i = parseInt(act.closest("tr").dataset.number);
  if (act.dataset.do === "split") split(i); else remove(i);
});
