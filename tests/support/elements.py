"""A section of the page taken apart, for tests: its elements in order, with their attributes and what is written in them."""

import base64
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np
from PIL import Image

VOID = {"img", "input", "br"}  # have no end


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    words: str = ""
    inside: list["Element"] = field(default_factory=list)

    def all(self, tag: str = "", kind: str = "") -> list["Element"]:
        """Every element in this one, of a tag and of a class where these are given."""
        found = [part for child in self.inside for part in (child, *child.all())]
        return [part for part in found if tag in ("", part.tag) and (not kind or kind in (part.attributes.get("class") or "").split())]

    def get(self, identity: str) -> "Element":
        """The one element with this id."""
        (found,) = [part for part in self.all() if part.attributes.get("id") == identity]
        return found

    @property
    def structure(self) -> list[tuple[str, list[str]]]:
        """Tags and names of attributes, without anything that is written."""
        return [(part.tag, sorted(part.attributes)) for part in self.all()]


class Reader(HTMLParser):
    """Complains of an element that is not closed in its place."""

    def __init__(self):
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.words += data


def read(section: str) -> Element:
    """What stands in a section, as one element around it."""
    reader = Reader()
    reader.feed(str(section))  # Markup escapes what it is joined with
    reader.close()
    (whole,) = reader.open
    return whole


def pixels(uri: str) -> np.ndarray:
    """The picture `h w 3` that an address holds."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(";base64,")[2], validate=True))).convert("RGB"))


def percents(style: str) -> list[float]:
    """The shares of a line, in percent, that a style names, in order."""
    return [float(part.split(":")[1].strip().removesuffix("%")) for part in style.split(";")]
