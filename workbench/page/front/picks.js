// A picture whose spots can be chosen: by a click, or by the arrow keys cell by cell.
const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

element.addEventListener("click", (event) => {
  const picture = event.target.closest(".picks img");
  if (!picture) return;
  const box = picture.getBoundingClientRect();
  trigger("point", {x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height});
});
element.addEventListener("keydown", (event) => {
  const move = MOVES[event.key];
  if (!move || !event.target.closest(".picks")) return;
  event.preventDefault();
  trigger("step", {row: move[0], column: move[1]});
});
