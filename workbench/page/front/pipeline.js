// The steps of the network: one is seen at a time, chosen by its name, by the two buttons, or by the arrow keys to the left and right.
const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
// How far the keys have led in all, in one object, as in picks.js: a key that waits is sent with what it holds by then.
const keys = {row: 0, column: 0};
let chosen = 1; // number of the step

const articles = () => [...element.querySelectorAll("article")];

function show(place) { // of the steps that there are
  const steps = articles(), last = steps.length - 1;
  if (last < 0) return;
  place = Math.min(Math.max(place, 0), last);
  chosen = parseInt(steps[place].dataset.number);
  steps.forEach((step, other) => step.toggleAttribute("hidden", other !== place));
  element.querySelectorAll(".stepper button").forEach((button, other) => {
    if (other === place) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  const status = element.querySelector("[role=status]"), words = `${chosen} of 7: ${steps[place].dataset.title}`;
  if (status.textContent !== words) status.textContent = words;
  element.querySelector("[data-move='-1']").setAttribute("aria-disabled", place === 0);
  element.querySelector("[data-move='1']").setAttribute("aria-disabled", place === last);
}

// A network without a motion module has fewer steps: the nearest before it.
const placeOf = (number) => articles().filter((step) => parseInt(step.dataset.number) <= number).length - 1;
const move = (by) => show(placeOf(chosen) + by);

watch("value", () => show(placeOf(chosen)));

element.addEventListener("click", (event) => {
  const button = event.target.closest("nav button"), picture = event.target.closest(".picks img");
  if (button?.dataset.number) show(placeOf(parseInt(button.dataset.number)));
  else if (button) move(parseInt(button.dataset.move));
  if (!picture) return;
  // The square of the frame fills the picture's width, above the legend; on a full screen the picture lies in the middle of its box.
  const box = picture.getBoundingClientRect(), scale = Math.min(box.width / picture.naturalWidth, box.height / picture.naturalHeight);
  const side = picture.naturalWidth * scale, within = (share) => Math.min(Math.max(share, 0), 0.9999);
  const [left, top] = [box.left + (box.width - side) / 2, box.top + (box.height - picture.naturalHeight * scale) / 2];
  trigger("point", {x: within((event.clientX - left) / side), y: within((event.clientY - top) / side)});
});
element.addEventListener("keydown", (event) => {
  const by = MOVES[event.key];
  if (!by || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  if (event.target.closest(".picks")) {
    event.preventDefault();
    keys.row += by[0];
    keys.column += by[1];
    trigger("step", keys);
  } else if (by[1]) {
    event.preventDefault();
    move(by[1]);
  }
});
