"""What the doctor says of a data set as one HTML file: findings with every name, and how many videos each class has."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from workbench.data.findings import Case, Diagnosis, Finding, SplitFacts
from workbench.draw.html import document, paragraph, report_facts, report_figure, report_figures, section
from workbench.video.read import VideoError, probe_video, read_video

SEVERITY_COLOURS = """
:root { --error: #d55e00; --warning: #e69f00; --train: #0072b2; --validation: #e69f00; --test: #009e73 }
@media (prefers-color-scheme: dark) { :root { --train: #56b4e9 } }
.finding { border-left: .35rem solid var(--warning); padding: .1rem 0 .1rem .9rem; margin: 1.4rem 0; max-width: 60rem }
.finding.error { border-color: var(--error) }
.finding h3 { margin: 0 0 .2rem } .finding h3 small { color: var(--muted); font-weight: normal; margin-right: .4rem }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 .8rem; font-size: .95rem; table-layout: fixed }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line) }
td { overflow-wrap: anywhere }
th { color: var(--muted); font-weight: normal } th:first-child { width: 7rem } th:nth-child(2) { width: 38% }
.finding .figures { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .6rem; margin-bottom: .8rem }
.finding .figures figcaption { overflow-wrap: anywhere } .finding .figures figure { max-width: 12rem }
summary { cursor: pointer; padding: .3rem 0; color: var(--muted) }
.classes { list-style: none; margin: 0; padding: 0; max-width: 60rem }
.classes li { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 0 1rem; padding: .3rem 0; break-inside: avoid }
.classes li { border-bottom: 1px solid var(--line) } .classes span { overflow-wrap: anywhere }
.classes div div { display: flex; align-items: center; gap: .5rem; font-size: .85rem; line-height: 1.3; white-space: nowrap }
.classes i { height: .65rem; border-radius: 2px; flex: none } .classes .none { color: var(--error); font-weight: bold }
@media (max-width: 40rem) {
  .classes li { grid-template-columns: minmax(0, 1fr) } thead { display: none }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .3rem 0 } td { display: inline; border: 0; padding: 0 .4rem 0 0 }
  td:first-child { color: var(--muted) } td:nth-child(2) { font-weight: 600 }
}
"""
SHOWN = 20  # cases of a finding, and classes, that are seen without a click
PICTURED = 6  # copies of which a frame is shown
COPIES = ("leak", "shared", "duplicate", "contradiction")
BAR = 65  # percent of its room that the longest bar takes; its number stands beside it


def diagnosis_report(diagnosis: Diagnosis) -> str:
    """An HTML page: what was looked at, each finding, and the videos of each class. Frames of copies are read where they lie;
    those that are no longer there are left out."""
    name = Path(diagnosis.folder).resolve().name
    parts = [
        f"<header><h1>{escape(name)}</h1><p class='lead'>{escape(diagnosis.summary())}</p></header>",
        section("What was looked at", report_facts(looked_at(diagnosis))),
        section("What was found", *(map(one_finding, diagnosis.findings) if diagnosis.findings else [paragraph("Nothing.")])),
        section("How many videos has each class?", *class_bars(diagnosis.splits)),
    ]
    return document(f"{name} · the doctor of MotionSqueeze Workbench", parts, SEVERITY_COLOURS)


def looked_at(diagnosis: Diagnosis) -> dict[str, str]:
    frames = "every frame was decoded" if diagnosis.every_frame else "the first, middle and last frame of each were decoded"
    return {
        "folder": diagnosis.folder,
        "layout": diagnosis.layout,
        **{split.split: str(split) for split in diagnosis.splits},
        "how": f"all videos were opened, and {frames}; copies were found by the bytes of the files",
        "clips": f"{diagnosis.num_frames} frames",
    }


# ------------------------------------------------------------------------------------------------------------------ the findings
def one_finding(finding: Finding) -> str:
    """Its sentence under its severity, every case, and of copies a few frames."""
    head = f"<h3><small>{finding.severity.capitalize()}</small>{escape(finding.sentence)}</h3>"
    first, rest = finding.cases[:SHOWN], finding.cases[SHOWN:]
    more = f"<details><summary>{len(rest):,} more</summary>{cases_table(rest)}</details>" if rest else ""
    pictures = list(filter(None, map(case_picture, finding.cases[:PICTURED]))) if finding.kind in COPIES else []
    return f'<div class="finding {finding.severity}">{head}{cases_table(first)}{more}{report_figures(pictures) if pictures else ""}</div>'


def cases_table(cases: Sequence[Case]) -> str:
    if not any(case.name for case in cases):
        return "".join(paragraph(f"{case.note}.") for case in cases)
    rows = "".join(f"<tr><td>{escape(case.split)}</td><td>{escape(case.name)}</td><td>{escape(case.note)}</td></tr>" for case in cases)
    return f"<table><thead><tr><th>split</th><th>name</th><th>what is the matter</th></tr></thead><tbody>{rows}</tbody></table>"


def case_picture(case: Case) -> str:
    """The middle frame of a video under its name; nothing where it cannot be read any more."""
    frame = middle_frame(case.path)
    return "" if frame is None else report_figure(frame, f"The middle frame of {case.name}", f"{case.split}: {case.name}")


def middle_frame(path: str) -> np.ndarray | None:
    """`h w 3` uint8, small."""
    try:
        return read_video(path, [probe_video(path).num_frames // 2], short_side=180).frames[0]
    except VideoError:
        return None


# ------------------------------------------------------------------------------------------------------------------- the classes
def class_bars(splits: Sequence[SplitFacts]) -> list[str]:
    """A bar for each class and split, as long as the class has videos there; classes with the most for training first."""
    labels = list(dict.fromkeys(label for split in splits for label in split.counts))
    labels.sort(key=lambda label: -splits[0].counts.get(label, 0))
    longest = max((count for split in splits for count in split.counts.values()), default=0) or 1
    lines = [one_class(label, splits, longest) for label in labels]
    shown, rest = "".join(lines[:SHOWN]), "".join(lines[SHOWN:])
    more = f'<details><summary>{len(lines) - SHOWN:,} more classes</summary><ol class="classes">{rest}</ol></details>' if rest else ""
    return [f'<ol class="classes">{shown}</ol>', more]


def one_class(label: str, splits: Sequence[SplitFacts], longest: int) -> str:
    bars = "".join(one_bar(split.split, split.counts.get(label, 0), longest) for split in splits)
    return f"<li><span>{escape(label)}</span><div>{bars}</div></li>"


def one_bar(split: str, count: int, longest: int) -> str:
    words = f"{count:,} {escape(split)}" if count else f'<b class="none">none in {escape(split)}</b>'
    return f'<div><i style="width:{BAR * count / longest:.1f}%;background:var(--{escape(split)})"></i>{words}</div>'
