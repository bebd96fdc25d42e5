"""Numbers as text, tables, an error in one line, and the nearest name to a misspelt one."""

import difflib
import re
import textwrap
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LINE = 200  # characters of an error in one line


def nearest(name: str, names: tuple[str, ...], likeness: float = 0.6) -> str:
    """Which name was probably meant, as the end of a sentence. likeness: that it needs, from 0 to 1."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=likeness)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"


def plain_markdown(text: str) -> str:
    """A text that Markdown shows as it is: no markup, formula or HTML in it."""
    return re.sub(r"([\\`*_{}\[\]()#!|<>~$&^:])", r"\\\1", " ".join(text.split()))


def markdown_table(lines: list[list[str]]) -> str:
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])


def table_lines(table: "pd.DataFrame", digits: int = 1) -> list[list[str]]:
    """The heads, then a line for each row: numbers with so many digits, nothing for nan; a column of shares, "... (share)", in percent."""

    def cell(head: str, value: object) -> str:
        if not isinstance(value, float):
            return str(value)
        return "" if value != value else exact_percent(value) if head.endswith("(share)") else f"{value:.{digits}f}"

    heads = list(table.columns)
    rows = [[cell(head, value) for head, value in zip(heads, row, strict=True)] for row in table.itertuples(index=False)]
    return [[head.removesuffix(" (share)") for head in heads], *rows]


def signed(text: str) -> str:
    """With the minus of print, and no minus before what rounds to zero."""
    return text.replace("-0.00", "0.00").replace("-", "−")


def exact_percent(fraction: float | str) -> str:
    """With one decimal, as in tables."""
    return f"{100 * float(fraction):.1f} %"


def percent(fraction: float) -> str:
    digits = 0 if 0.1 <= fraction < 0.99 or fraction in (0, 1) else 1  # near the ends a whole percent says too little
    return f"{100 * fraction:.{digits}f} %"


def describe_error(error: BaseException) -> str:
    """Its kind, what it says and where it happened, in one line that is not long."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(places[-1].filename).name}:{places[-1].lineno})" if places else ""
    return textwrap.shorten(f"{type(error).__name__}: {error}", LINE) + place
