"""A picture in a notebook that changes while a cell runs."""

from IPython.display import DisplayHandle
from matplotlib.figure import Figure

from workbench.view.show import show


class LivePicture:
    """Shown where it is made, changed by `update`; what stays in the notebook is the last picture."""

    def __init__(self, alt: str = ""):
        self.alt, self.handle, self.shown = alt, DisplayHandle(), False

    def update(self, picture: Figure) -> None:
        (self.handle.update if self.shown else self.handle.display)(show(picture, self.alt))
        self.shown = True
