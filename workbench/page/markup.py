"""Pictures and words as the page shows them: HTML with everything inside, so that no file is written or served for a visitor."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from workbench.view.figure import chart_to_picture, percent

PHOTO_QUALITY = 88  # of JPEG: pictures of frames; fields of flat colour are PNG, sharp and small


@lru_cache
def front(name: str) -> str:
    """A style sheet or script of the page, by its file's name."""
    return (Path(__file__).parent / "front" / name).read_text(encoding="utf-8")


def data_uri(picture: np.ndarray | Figure, photo: bool = False) -> str:
    """A picture `h w 3` uint8, or a chart, as an address that holds it. photo: packed as JPEG, quickly and small."""
    pixels = chart_to_picture(picture) if isinstance(picture, Figure) else picture
    file = io.BytesIO()
    if photo:
        Image.fromarray(pixels).save(file, "jpeg", quality=PHOTO_QUALITY)
    else:
        Image.fromarray(pixels).save(file, "png", compress_level=1)
    return f"data:image/{'jpeg' if photo else 'png'};base64,{base64.b64encode(file.getvalue()).decode()}"


def plate(name: str, title: str, about: str, picture: np.ndarray | Figure, alt: str, photo: bool = False, hint: str = "") -> str:
    """A picture under its title and one line that says what it is. name: by which it is found on the page.

    alt: what it shows, for those who cannot see it. hint: for a picture that can be clicked or moved over with the arrow
    keys, what that does.
    """
    picks = f' tabindex="0" role="application" aria-label="{escape(hint)}" class="picks"' if hint else ""
    return (
        f'<figure class="plate" id="{name}"><figcaption><b>{escape(title)}</b> <span>{escape(about)}</span>'
        f'<button type="button" class="enlarge" aria-label="Enlarge: {escape(title)}" title="Enlarge">⤢</button></figcaption>'
        f'<div{picks}><img src="{data_uri(picture, photo)}" alt="{escape(alt)}" draggable="false"></div></figure>'
    )


def plates(figures: Iterable[str], columns: int = 3) -> str:
    """Figures in a grid that has fewer columns where the page is narrow."""
    return f'<div class="plates" style="--columns: {columns}">{"".join(figures)}</div>'


def bars(rows: Sequence[tuple[str, float]], label: str) -> str:
    """Names with probabilities as bars, in the order given. label: what the list is, for screen readers."""
    items = (
        f'<li><span class="name">{escape(name)}</span>{bar(share)}<span class="value">{percent(share)}</span></li>' for name, share in rows
    )
    return f'<ol class="bars" aria-label="{escape(label)}">{"".join(items)}</ol>'


def bar(share: float) -> str:
    """A share in [0, 1] of a line."""
    return f'<span class="bar"><i style="width: {100 * share:.1f}%"></i></span>'


def note(sentence: str, kind: str = "") -> str:
    """A sentence on its own; what stands between backquotes is code.

    kind: "refused" for what could not be done, "good" and "bad" for verdicts.
    """
    role = ' role="alert"' if kind == "refused" else ""
    words = re.sub("`([^`]+)`", r"<code>\1</code>", escape(sentence))
    return f'<p class="note {kind}"{role}>{words}</p>'
