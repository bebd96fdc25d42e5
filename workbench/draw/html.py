"""Pictures and text inside HTML that needs no other file: templates of the page, the reports and the notebooks."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from einops import rearrange
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from PIL import Image

from workbench.draw.charts import chart_to_picture
from workbench.paths import PACKAGE
from workbench.text import percent

PHOTO_QUALITY = 88  # of JPEG: pictures of frames; fields of flat colour are PNG, sharp and small


def render(template: str, **values: Any) -> Markup:
    """A template of the package, by its file's name, with these values; what is no `Markup` is escaped.

    Values may hold what `render` gave, which stays HTML. Filters beside Jinja's own: `percent`, `data_uri` and `mark_code`.
    Raises UndefinedError for a name that the template needs and was not given.
    """
    return Markup(ENVIRONMENT.get_template(template).render(values))


def data_uri(picture: np.ndarray | Figure, photo: bool = False) -> str:
    """A picture `h w 3` uint8, or a chart, as an address that holds it. photo: packed as JPEG, quickly and small."""
    pixels = chart_to_picture(picture) if isinstance(picture, Figure) else picture
    file = io.BytesIO()
    if photo:
        Image.fromarray(pixels).save(file, "jpeg", quality=PHOTO_QUALITY)
    else:
        Image.fromarray(pixels).save(file, "png", compress_level=1)
    return f"data:image/{'jpeg' if photo else 'png'};base64,{base64.b64encode(file.getvalue()).decode()}"


def mark_code(sentence: str) -> Markup:
    """The sentence with what stands between backquotes as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


class CompactTemplates(Extension):
    """Line breaks and indentation in a template are for its reader: beside a tag they vanish, elsewhere they are one space."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"\s*\n\s*", " ", re.sub(r"(?<=>|})\s*\n\s*|\s*\n\s*(?=<|{[%#])", "", source).strip())


ENVIRONMENT = Environment(
    loader=FileSystemLoader([PACKAGE / "draw" / "templates", PACKAGE / "page" / "templates"]),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=[CompactTemplates],
)
ENVIRONMENT.filters |= {"percent": percent, "data_uri": data_uri, "mark_code": mark_code}


def piece(name: str, *values: Any) -> Markup:
    """A macro of pieces.html."""
    return getattr(ENVIRONMENT.get_template("pieces.html").module, name)(*values)


def plate(name: str, title: str, about: str, picture: np.ndarray | Figure, alt: str, photo: bool = False, hint: str = "") -> Markup:
    """A picture under its title and one line that says what it is. name: by which it is found on the page.

    alt: what it shows, for those who cannot see it. hint: for a picture that can be clicked or moved over with the arrow
    keys, what that does.
    """
    return piece("plate", name, title, about, picture, alt, photo, hint)


def plates(figures: Iterable[str], columns: int = 3) -> Markup:
    """Figures, which are `Markup`, in a grid that has fewer columns where the page is narrow."""
    return piece("plates", figures, columns)


def bars(rows: Sequence[tuple[str, float]], label: str) -> Markup:
    """Names with probabilities as bars, in the order given. label: what the list is, for screen readers."""
    return piece("bars", rows, label)


def bar(share: float) -> Markup:
    """A share in [0, 1] of a line."""
    return piece("bar", share)


def note(sentence: str, kind: str = "") -> Markup:
    """A sentence on its own; what stands between backquotes is code.

    kind: "refused" for what could not be done, "good" and "bad" for verdicts.
    """
    return piece("note", sentence, kind)


# ------------------------------------------------------------------------------------------------------------ the reports
STYLE = """
:root { color-scheme: light dark; --ink: #222; --muted: #5c5c5c; --line: #d9d9d9; --paper: #fff; --bar: #0072b2 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --muted: #a8a8a8; --line: #444; --paper: #191b1f; --bar: #56b4e9 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; break-after: avoid }
h1 { font-size: 1.7rem; margin: .5rem 0 } h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem } h3 { font-size: 1rem; margin: 1.6rem 0 .3rem }
p { max-width: 46rem; margin: .3rem 0 .8rem; overflow-wrap: anywhere } p.lead { font-size: 1.1rem }
dl { margin: 0 } dl div { display: flex; gap: 1rem; padding: .25rem 0; border-bottom: 1px solid var(--line) }
dt { flex: 0 0 6.5rem; color: var(--muted) } dd { margin: 0; min-width: 0; overflow-wrap: anywhere }
figure { margin: 0; break-inside: avoid } figcaption { font-size: .9rem; padding: 0 0 .25rem }
img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1rem; align-items: start }
.figures img { width: 100% } .figures .row { grid-column: 1 / -1; max-width: 60rem }
.bars { list-style: none; margin: 0; padding: 0; max-width: 40rem }
.bars li { display: flex; align-items: center; gap: .6rem; padding: .15rem 0 }
.bars span { flex: 0 0 38%; overflow-wrap: anywhere } .bars i { height: .9rem; background: var(--bar); border-radius: 2px; min-width: 2px }
pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--line); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .9rem }
@media print {
  :root { --ink: #000; --muted: #444; --line: #bbb; --paper: #fff; --bar: #0072b2 }
  main { max-width: none; padding: 0 } figcaption { font-size: .7rem } .figures { grid-template-columns: repeat(3, 1fr); gap: .5rem }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
"""
# Nothing but what stands in the file: no script runs, and no address is asked, whatever a video is called.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
FOOTER = "Made by MotionSqueeze Workbench. Method: Kwon, Kim, Kwak, Cho, MotionSqueeze, ECCV 2020. Everything is in this file."


def document(title: str, parts: Sequence[str], style: str = "") -> str:
    """An HTML page of these parts, which are HTML, with more style where it is needed; it opens without a server."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style>"
    )
    body = f"<main>{''.join(parts)}<footer>{escape(FOOTER)}</footer></main>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


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


def report_figure(picture: np.ndarray, alt: str, title: str = "") -> str:
    """A picture under its title, with its words for those who cannot see it; one with much on it is given a row of its own."""
    height, width, _ = picture.shape
    above = f"<figcaption>{escape(title)}</figcaption>" if title else ""
    kind = ' class="row"' if width > WIDE else ""
    return f'<figure{kind}>{above}<img src="{as_address(picture)}" width="{width}" height="{height}" alt="{escape(alt)}"></figure>'


def report_figures(pictures: Iterable[str]) -> str:
    """Figures side by side, as many as there is room for."""
    return f'<div class="figures">{"".join(pictures)}</div>'


def report_facts(values: dict[str, str]) -> str:
    """Names and what they are."""
    return f"<dl>{''.join(f'<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>' for name, value in values.items())}</dl>"


def report_bars(rows: Sequence[tuple[str, float]]) -> str:
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
