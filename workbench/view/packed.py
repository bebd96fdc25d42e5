"""Pictures and text as they stand inside an HTML file, so that it needs no other file and asks for nothing."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from einops import rearrange
from PIL import Image

QUALITY = 82  # of lossy WebP: letters beneath a photograph stay sharp
WIDE = 700  # pixels from which on a picture is not shrunk to a column
PHOTO = 0.2  # share of distinct colours from which on a picture is a photograph; flat fields and charts have fewer


def as_address(picture: np.ndarray) -> str:
    """A picture `h w 3` uint8 as a `data:` address that holds it: WebP, lossy for photographs, lossless for all else."""
    file = io.BytesIO()
    how = {"quality": QUALITY, "method": 4} if is_photo(picture) else {"lossless": True, "quality": 40}
    Image.fromarray(picture).save(file, "webp", **how)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def is_photo(picture: np.ndarray) -> bool:
    """Whether a sample of the pixels has mostly colours of its own."""
    sample = rearrange(picture[::3, ::3].astype(np.uint32), "h w c -> c (h w)")
    return len(np.unique((sample[0] << 16) + (sample[1] << 8) + sample[2])) > PHOTO * sample.shape[1]


def figure(picture: np.ndarray, alt: str, title: str = "") -> str:
    """A picture under its title, with its words for those who cannot see it; one with much on it is given a row of its own."""
    height, width, _ = picture.shape
    above = f"<figcaption>{escape(title)}</figcaption>" if title else ""
    kind = ' class="row"' if width > WIDE else ""
    return f'<figure{kind}>{above}<img src="{as_address(picture)}" width="{width}" height="{height}" alt="{escape(alt)}"></figure>'


def figures(pictures: Iterable[str]) -> str:
    """Figures side by side, as many as there is room for."""
    return f'<div class="figures">{"".join(pictures)}</div>'


def facts(values: dict[str, str]) -> str:
    """Names and what they are."""
    return f"<dl>{''.join(f'<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>' for name, value in values.items())}</dl>"


def bars(rows: Sequence[tuple[str, float]]) -> str:
    """Names with probabilities as bars, in the order given."""
    lines = (
        f'<li><span>{escape(name)}</span><i style="width:{60 * share:.1f}%"></i><b>{100 * share:.1f} %</b></li>' for name, share in rows
    )
    return f'<ol class="bars">{"".join(lines)}</ol>'


def section(title: str, *contents: str) -> str:
    """A part under its heading; contents are HTML."""
    return f"<section><h2>{escape(title)}</h2>{''.join(contents)}</section>"


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""
