// The attribute `data-lm-suppress-shortcuts` keeps JupyterLab from moving between notebook cells by the same keys.
const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

function render({ model, el }) {
  const image = document.createElement("img"), hint = document.createElement("div");
  el.classList.add("cell-picker");
  el.tabIndex = 0;
  el.dataset.lmSuppressShortcuts = "true";
  el.setAttribute("role", "application");
  el.append(image, hint);

  function show() {
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([model.get("picture")], {type: "image/png"}));
    image.alt = model.get("description");
    el.setAttribute("aria-label", model.get("description"));
  }
  function at(event) {
    const box = image.getBoundingClientRect(), [rows, columns] = model.get("grid");
    return [Math.floor((event.clientY - box.top) / (box.height * model.get("field")) * rows),
            Math.floor((event.clientX - box.left) / box.width * columns)];
  }
  function inside([row, column]) {
    const [rows, columns] = model.get("grid");
    return row >= 0 && row < rows && column >= 0 && column < columns;
  }
  function choose(cell) {
    if (!inside(cell)) return;
    model.set("cell", cell);
    model.save_changes();
  }

  image.draggable = false;
  image.onclick = (event) => choose(at(event));
  image.onmousemove = (event) => {
    const cell = at(event), [rows, columns] = model.get("grid");
    const high = image.clientHeight * model.get("field") / rows, wide = image.clientWidth / columns;
    hint.hidden = !inside(cell);
    Object.assign(hint.style, {top: cell[0] * high + "px", left: cell[1] * wide + "px", height: high + "px", width: wide + "px"});
  };
  image.onmouseleave = () => { hint.hidden = true; };
  el.onkeydown = (event) => {
    const move = MOVES[event.key], [row, column] = model.get("cell");
    if (!move) return;
    event.preventDefault();
    choose([row + move[0], column + move[1]]);
  };

  hint.hidden = true;
  model.on("change:picture", show);
  show();
  return () => { model.off("change:picture", show); URL.revokeObjectURL(image.src); };
}

export default { render };
