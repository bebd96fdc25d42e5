"""What a network answered: a sentence, and the exact frames that it saw."""

from html import escape

from workbench.look.explore import Exploration
from workbench.page.markup import data_uri
from workbench.view.figure import percent


def frames_seen(seen: Exploration, pair: int) -> str:
    """The exact crops that were classified, with their times; the two of the pair outlined."""
    about = f"{len(seen.crops)} frames of {seen.crops.shape[2]} × {seen.crops.shape[1]} pixels; the pair shown is outlined"
    crops = "".join(
        f'<li{" class=now" if i in (pair, pair + 1) else ""}><img src="{data_uri(crop, photo=True)}" '
        f'alt="Frame {seen.indices[i]}" draggable="false">{seen.times[i]:.2f} s</li>'
        for i, crop in enumerate(seen.crops)
    )
    head = f'<div class="head"><b>What the network saw</b> <span>{about}</span></div>'
    return f'<div class="plate" id="frames">{head}<ol class="crops">{crops}</ol></div>'


def summary(seen: Exploration) -> str:
    """One line: the answer, then where it was read from, and what was wrong with the file if anything was."""
    (label, probability), info, end = seen.top(1)[0], seen.info, seen.times[-1]
    lines = [
        f"in {seen.name}, {seen.times[0]:.2f} to {end:.2f} s of {info.duration:.1f} s, says {seen.network}; "
        f"{info.width} × {info.height} at {info.fps:.3g} frames a second, read by {seen.backend}.",
        f"The answer is {seen.config.averaged} of the video." if seen.config.averaged else "",
        "The picture was turned: left and right are as the world has them." if seen.config.mirrored else "",
        seen.note,
    ]
    return f'<p class="note"><b>{escape(label)}</b> ({percent(probability)}) {escape(" ".join(filter(None, lines)))}</p>'
