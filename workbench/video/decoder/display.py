"""A decoded frame -> the picture as players show it: upright, mirrored, of square pixels, on black where it is transparent."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

MOST_STRETCH = 8  # times: a pixel that is longer than this is a mistake of the file
TRANSPARENT = "it is transparent in places, shown on black"
HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics (ITU-T H.273)


@dataclass(frozen=True)
class Display:
    """What is done to a stored picture: made `stretch` times as wide (as high, where it is below 1), rows and columns exchanged, then
    flipped from left to right and from top to bottom."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False
    stretch: Fraction = Fraction(1)

    @property
    def mirrored(self) -> bool:
        return self.transpose ^ self.flip_x ^ self.flip_y

    @property
    def rotation(self) -> int:
        """Degrees clockwise, after mirroring from left to right where it is mirrored."""
        if self.transpose:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    def stretched(self, height: int, width: int) -> tuple[int, int]:
        return (height, round(width * self.stretch)) if self.stretch >= 1 else (round(height / self.stretch), width)

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Of a stored picture, as it is shown."""
        height, width = self.stretched(height, width)
        return (width, height) if self.transpose else (height, width)


def display_of(frame: av.VideoFrame, stretch: Fraction | None) -> Display:
    """By the display matrix (ISO/IEC 14496-12, 6.2.2: x' = a x + c y, y' = b x + d y), which has any multiple of 90 degrees and any
    mirroring; of another angle the nearest. stretch: width of a pixel by its height."""
    if not stretch or not 1 / MOST_STRETCH <= stretch <= MOST_STRETCH:
        stretch = Fraction(1)
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Display(stretch=stretch)
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), "<i4", 9).tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Display(False, a < 0, d < 0, stretch)
    return Display(True, c < 0, b < 0, stretch)


def describe_picture(frame: av.VideoFrame, display: Display) -> list[str]:
    """What is to be known about the pictures of a stream, by its first one."""
    remarks = []
    if display.size(frame.height, frame.width) not in ((frame.height, frame.width), (frame.width, frame.height)):
        stored = f"{frame.width} x {frame.height}"
        remarks.append(f"its pixels are not square: {stored} stored, made {'wider' if display.stretch > 1 else 'higher'}")
    if frame.interlaced_frame:
        remarks.append("it is interlaced: each frame holds two moments, so that what moves has combed edges; deinterlace it first")
    if name := HDR.get(int(frame.color_trc)):
        remarks.append(f"it is HDR ({name}), shown without tone mapping: its colours are paler than in a player")
    if has_alpha(frame) and frame.to_ndarray(format="rgba")[..., 3].min() < 255:
        remarks.append(TRANSPARENT)
    return remarks


def has_alpha(frame: av.VideoFrame) -> bool:
    return any(component.is_alpha for component in frame.format.components) or frame.format.has_palette


def render_upright(frame: av.VideoFrame, display: Display, height: int, width: int) -> np.ndarray:
    """The picture `h w 3` uint8, upright, of that size."""
    if display.transpose:
        height, width = width, height
    alpha = has_alpha(frame)
    pixels = frame.to_ndarray(format="rgba" if alpha else "rgb24", height=height, width=width, interpolation="BILINEAR")
    if alpha:
        pixels = on_black(pixels)
    if display.transpose:
        pixels = pixels.swapaxes(0, 1)
    return pixels[:: -1 if display.flip_y else 1, :: -1 if display.flip_x else 1]


def on_black(pixels: np.ndarray) -> np.ndarray:
    """`h w 4` -> `h w 3`: transparent parts are black, whatever the format of the file."""
    colour, alpha = pixels[..., :3].astype(np.uint16), pixels[..., 3:]
    return ((colour * alpha + 127) // 255).astype(np.uint8)
