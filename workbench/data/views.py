"""Test protocols: which views of a video a network is asked about, and how its answers become one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """clips: in time. crops: 1 is the centre, 3 are left, centre and right (top, centre, bottom of tall frames).
    resize: of whole frames, rows and columns whatever the aspect, or the short side alone. size: pixels of the square crop;
    None is full resolution, the resized frame uncut. sampling, stride: as in training. average: of "logits" or "probabilities".
    """

    clips: int = 1
    crops: int = 1
    resize: tuple[int, int] | int = (240, 320)
    size: int | None = 224
    sampling: str = "segment"
    stride: int | None = None
    average: str = "logits"
