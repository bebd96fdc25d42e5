"""HTML from templates with everything inside (pictures as data), for the page, reports and notebooks."""

import base64
import io
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from einops import rearrange
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from PIL import Image

from workbench.draw.canvas import as_png
from workbench.draw.charts import chart_to_picture
from workbench.draw.explanations import EXPLANATIONS
from workbench.paths import PACKAGE
from workbench.text import percent

TEMPLATES = PACKAGE / "draw" / "templates"
JPEG_QUALITY = 88  # of JPEG: pictures of frames; fields of flat colour are PNG, sharp and small


def render(template: str, **values: Any) -> Markup:
    """A template of the package, by its file's name, with these values; what is no `Markup` is escaped.

    Values may hold what `render` returned, which stays HTML. Filters beside Jinja's own are the four of `ENVIRONMENT`.
    Raises UndefinedError for a name that the template needs and the values lack.
    """
    return Markup(ENVIRONMENT.get_template(template).render(values))


def data_uri(picture: np.ndarray | Figure, photo: bool = False) -> str:
    """A picture `h w 3` uint8, or a chart, as an address that holds it. photo: packed as JPEG, quickly and small."""
    pixels = chart_to_picture(picture) if isinstance(picture, Figure) else picture
    if not photo:
        return as_data_uri("png", as_png(pixels, quick=True))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "jpeg", quality=JPEG_QUALITY)
    return as_data_uri("jpeg", file.getvalue())


def as_data_uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


WEBP_QUALITY = 82  # of lossy WebP: letters beneath a photograph stay sharp
PHOTO_COLOURS = 0.2  # share of distinct colours from which on a picture is a photograph; flat fields and charts have fewer


def small_data_uri(picture: np.ndarray) -> str:
    """A picture `h w 3` uint8 as an address that holds it, as small as can be: WebP, lossy for photographs, lossless for all else."""
    file = io.BytesIO()
    packing = {"quality": WEBP_QUALITY, "method": 4} if is_photo(picture) else {"lossless": True, "quality": 40}
    Image.fromarray(picture).save(file, "webp", **packing)
    return as_data_uri("webp", file.getvalue())


def is_photo(picture: np.ndarray) -> bool:
    """Whether a sample of the pixels has mostly colours of its own."""
    sample = rearrange(picture[::3, ::3].astype(np.uint32), "h w c -> c (h w)")
    return len(np.unique((sample[0] << 16) + (sample[1] << 8) + sample[2])) > PHOTO_COLOURS * sample.shape[1]


def mark_code(sentence: str) -> Markup:
    """The sentence with what stands between backquotes as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


class CompactTemplates(Extension):
    """Line breaks and indentation in a template are for its reader: beside a tag they vanish, elsewhere they are one space."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"\s*\n\s*", " ", re.sub(r"(?<=>|})\s*\n\s*|\s*\n\s*(?=<|{[%#])", "", source).strip())


ENVIRONMENT = Environment(
    loader=FileSystemLoader([TEMPLATES, PACKAGE / "page" / "templates"]),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=[CompactTemplates],
)
ENVIRONMENT.filters |= {"percent": percent, "data_uri": data_uri, "small_data_uri": small_data_uri, "mark_code": mark_code}


def piece(name: str, *values: Any) -> Markup:
    """A macro of pieces.html."""
    return getattr(ENVIRONMENT.get_template("pieces.html").module, name)(*values)


def plate(name: str, title: str, about: str, picture: np.ndarray | Figure, alt: str, photo: bool = False, hint: str = "") -> Markup:
    """A picture under its title and one line that says what it is. name: by which it is found on the page.

    alt: what it shows, for those who cannot see it. hint: for a picture that can be clicked or moved over with the arrow
    keys, what that does.
    """
    return piece("plate", name, title, about, picture, alt, photo, hint, EXPLANATIONS.get(name))


def plates(figures: Iterable[str], columns: int = 3) -> Markup:
    """Figures, which are `Markup`, in a grid that has fewer columns where the page is narrow."""
    return piece("plates", figures, columns)


def bar(share: float) -> Markup:
    """A share in [0, 1] of a line."""
    return piece("bar", share)


def note(sentence: str, kind: str = "") -> Markup:
    """A sentence on its own; what stands between backquotes is code.

    kind: "refused" for what could not be done, "good" and "bad" for verdicts.
    """
    return piece("note", sentence, kind)
