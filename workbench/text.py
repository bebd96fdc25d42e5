"""Numbers as text, Markdown tables, and the nearest name to a misspelt one."""

import difflib


def nearest(name: str, names: tuple[str, ...]) -> str:
    """Which name was probably meant, as the end of a sentence."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"


def markdown_table(lines: list[list[str]]) -> str:
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])


def signed(text: str) -> str:
    """With the minus of print, and no minus before what rounds to zero."""
    return text.replace("-0.00", "0.00").replace("-", "−")


def percent(fraction: float) -> str:
    digits = 0 if 0.1 <= fraction < 0.99 or fraction in (0, 1) else 1  # near the ends a whole percent says too little
    return f"{100 * fraction:.{digits}f} %"
