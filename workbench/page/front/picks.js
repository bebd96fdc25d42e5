// A picture whose spots can be chosen: by a click, or by the arrow keys cell by cell.
const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
// How far the keys have led in all. It stays one object: a key that waits for the answer to the one before is sent with what
// the object holds by then, so that none is lost and none counts twice.
const keys = {row: 0, column: 0};

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
  keys.row += move[0];
  keys.column += move[1];
  trigger("step", keys);
});
