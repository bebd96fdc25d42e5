"""`show`: pictures and charts in a notebook, also while a cell runs."""

import io

import numpy as np
from IPython.display import DisplayHandle
from IPython.display import Image as Shown
from matplotlib.figure import Figure
from PIL import Image

from workbench.draw.charts import chart_to_picture

DENSITY = 1.6  # pixels of a chart for each that it takes on the page: sharp on fine screens


def show(picture: np.ndarray | Figure, alt: str = "") -> Shown:
    """A picture `h w 3` uint8, or a chart, as the last value of a cell. alt: what it shows, for those who cannot see it."""
    density = DENSITY if isinstance(picture, Figure) else 1
    pixels = chart_to_picture(picture) if isinstance(picture, Figure) else np.asarray(picture)
    return Shown(data=as_png(pixels), format="png", width=round(pixels.shape[1] / density), alt=alt or None)


def as_png(pixels: np.ndarray, quick: bool = False) -> bytes:
    """`h w 3` uint8 as a file; `quick` packs it lightly, since as small as can be takes longer than drawing."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=1 if quick else 6)
    return file.getvalue()


class LivePicture:
    """Shown where it is made, changed by `update`; what stays in the notebook is the last picture."""

    def __init__(self, alt: str = ""):
        self.alt, self.handle, self.shown = alt, DisplayHandle(), False

    def update(self, picture: Figure) -> None:
        (self.handle.update if self.shown else self.handle.display)(show(picture, self.alt))
        self.shown = True
