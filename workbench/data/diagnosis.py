"""What is wrong with a data set, as data: kinds of findings, each with the videos or classes that it concerns.

>>> diagnosis = read_diagnosis("doctor.json")
>>> print(diagnosis)
>>> diagnosis.broken, diagnosis.bad("train")
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

# kind: severity, what is counted, the remedy
KINDS = {
    "layout": ("error", "Lists or folders that do not fit", "correct them; what they hold was not looked at"),
    "missing": ("error", "Videos that are listed and not there", "fetch them, or take them off the list"),
    "undecodable": ("error", "Videos that give no frames", "fetch them again, or train without them"),
    "leak": ("error", "Training videos that stand in another split, too", "train without them, or accuracy is not of unseen videos"),
    "unlearnt": ("error", "Classes to be tested that have no training video", "add videos, or take the class out of the other splits"),
    "spelling": ("error", "Classes whose names differ in spelling alone", "give them one name"),
    "misplaced": ("error", "Videos that stand in the folder of another class", "correct the list, or move them"),
    "contradiction": ("warning", "Videos that are there twice, with different classes", "decide for one class"),
    "damaged": ("warning", "Videos with lost frames, which others stand in for", "fetch them again if the clips matter"),
    "short": ("warning", "Videos shorter than the clips asked for", "they will show frames twice"),
    "count": ("warning", "Videos that have another number of frames than their list says", "correct the list"),
    "shared": ("warning", "Videos that stand in validation and test", "leave them out of one"),
    "duplicate": ("warning", "Videos that are there twice in a split", "leave one out"),
    "untested": ("warning", "Classes with training videos and none to test with", "their accuracy will stay unknown"),
    "ignored": ("warning", "Files among the videos that are none", "take them away, or convert them"),
    "empty": ("warning", "Classes without a video", "add videos, or take the class off the list"),
    "imbalance": ("warning", "Classes with less than a tenth of the largest one's training videos", "expect them to be missed more often"),
}
SHOWN = 4  # names under each finding in the terminal; files hold them all


@dataclass(frozen=True)
class Case:
    """A video of a split by name and path, or a class or file (then without a path), and what is the matter with it."""

    split: str
    name: str
    note: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.split}: {self.name} {self.note}" if self.name else f"{self.split}: {self.note}"


@dataclass(frozen=True)
class Finding:
    kind: str  # one of KINDS
    cases: tuple[Case, ...]

    @property
    def severity(self) -> str:
        """Where training or the accuracy would be wrong it is "error", else "warning"."""
        return KINDS[self.kind][0]

    @property
    def sentence(self) -> str:
        _, what, remedy = KINDS[self.kind]
        return f"{what}: {len(self.cases):,}; {remedy}."


@dataclass(frozen=True)
class SplitFacts:
    """A split: how many videos each class has that are there, in the order of the classes; lengths: fewest, median and most
    frames of those that can be decoded, empty where none can."""

    split: str
    counts: dict[str, int]
    lengths: tuple[int, ...]

    def __str__(self) -> str:
        sizes = [count for count in self.counts.values() if count]
        classes = f", {span(min(sizes), max(sizes))} in each of {len(sizes):,} classes" if sizes else ""
        lengths = f"; {span(self.lengths[0], self.lengths[2])} frames, median {self.lengths[1]:,}" if self.lengths else ""
        return f"{sum(sizes):,} videos{classes}{lengths}"


def span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


@dataclass(frozen=True)
class Diagnosis:
    """fingerprint: of the lists and files that were looked at, and of how. num_frames: of the clips asked for."""

    folder: str
    layout: str
    num_frames: int
    every_frame: bool
    splits: tuple[SplitFacts, ...]
    findings: tuple[Finding, ...]
    fingerprint: str = ""

    @property
    def broken(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)

    def bad(self, split: str) -> dict[str, str]:
        """Videos of a split that are better skipped, with the reason: those without frames, and of "train" those that stand in
        another split, too. Missing ones are not in the split in the first place."""
        cases = [case for finding in self.findings if finding.kind in ("undecodable", "leak") for case in finding.cases]
        return {case.name: case.note for case in cases if case.split == split}

    def summary(self) -> str:
        """In one sentence."""
        severities = [finding.severity for finding in self.findings]
        if not severities:
            return "Nothing was found: the set is healthy."
        errors, warnings = severities.count("error"), severities.count("warning")
        kinds = f"{errors} kind{'s' * (errors != 1)} of error, {warnings} of warning"
        return f"{kinds}: the set is {'broken' if errors else 'usable'}."

    def __str__(self) -> str:
        lines = [f"{self.folder} (layout: {self.layout})", *(f"  {split.split}: {split}" for split in self.splits)]
        for finding in self.findings:
            more = len(finding.cases) - SHOWN
            lines += ["", f"{finding.severity.upper()}  {finding.sentence}", *(f"  {case}" for case in finding.cases[:SHOWN])]
            lines += [f"  and {more:,} more"] if more > 0 else []
        return "\n".join([*lines, "", self.summary()])

    def as_facts(self) -> dict:
        """Ready for JSON."""
        findings = [{"severity": finding.severity, "sentence": finding.sentence, **asdict(finding)} for finding in self.findings]
        return {**asdict(self), "broken": self.broken, "findings": findings}

    def save(self, path: str | os.PathLike) -> None:
        """As JSON; whoever reads meanwhile finds the old file or the new one, never half of it."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        partial.write_text(json.dumps(self.as_facts(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(target)


def read_diagnosis(path: str | os.PathLike) -> Diagnosis:
    """A diagnosis that was saved. Raises OSError where there is no such file, ValueError for a file that is none."""
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        facts.pop("broken")
        facts["splits"] = tuple(SplitFacts(split["split"], split["counts"], tuple(split["lengths"])) for split in facts["splits"])
        cases = [(finding["kind"], tuple(Case(**case) for case in finding["cases"])) for finding in facts["findings"]]
        return Diagnosis(**{**facts, "findings": tuple(Finding(kind, each) for kind, each in cases if KINDS[kind])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds no diagnosis of this version; run the doctor again.") from error
