"""A picture whose cells can be chosen by a click or by the arrow keys, as a notebook widget."""

import anywidget
import traitlets

# The attribute `data-lm-suppress-shortcuts` keeps JupyterLab from moving between notebook cells by the same keys.
SCRIPT = """
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
"""
LOOK = """
.cell-picker { position: relative; line-height: 0; }
.cell-picker img { width: 100%; height: auto; cursor: crosshair; }
.cell-picker div { position: absolute; box-sizing: border-box; border: 1px solid white; outline: 1px solid black; pointer-events: none; }
.cell-picker:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
"""


class CellPicker(anywidget.AnyWidget):
    """A PNG over which a grid of rows and columns lies; `cell`, row and column from 0, follows clicks and arrow keys.

    field: share of the picture's height, from the top, that the grid covers; below hang caption and legend.
    description: what screen readers say. As wide on the page as its layout says; needs nothing from outside the machine.
    """

    _esm = SCRIPT
    _css = LOOK
    picture = traitlets.Bytes().tag(sync=True)
    grid = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(1, 1)).tag(sync=True)
    cell = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(0, 0)).tag(sync=True)
    field = traitlets.Float(1.0).tag(sync=True)
    description = traitlets.Unicode("").tag(sync=True)
