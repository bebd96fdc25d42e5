"""What HTML files of ours share: one style, and a policy that keeps them to themselves."""

from collections.abc import Sequence
from html import escape

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
