"""The endpoints for programs: a video in, JSON values out, the same as `workbench predict --json`."""

from dataclasses import dataclass
from typing import Any

from workbench.explore.export import as_facts, as_npz
from workbench.explore.matching import MatchSettings, match_in_pair
from workbench.explore.what_if import what_if
from workbench.page.networks import NetworkLibrary
from workbench.parameters import config_of


@dataclass(frozen=True)
class Api:
    """Each question takes a video, the name of a network ("" for the first), and in `wishes` the fields of `LookConfig`.

    Raises ValueError (VideoError for a file) with one sentence.
    """

    desk: NetworkLibrary

    def networks(self) -> list[str]:
        """The names of the networks to choose from."""
        return list(self.desk.checkpoints())

    @staticmethod
    def mapping(what: str, values: Any) -> dict[str, Any]:
        """Names with values, as a program sent them; none for nothing. Raises ValueError for anything else."""
        if values and not isinstance(values, dict):
            raise ValueError(f'{what} are names with values, such as {{"start": 1.5}}, got {values!r}')
        return values or {}

    def predict(self, video: str, network: str = "", /, **wishes: Any) -> dict[str, Any]:
        """Every class with its probability, the frames seen, and facts about video and network."""
        return as_facts(self.desk.look(video, network, **wishes))

    def displacement(self, video: str, network: str = "", /, **wishes: Any) -> bytes:
        """Displacement in pixels and confidence of all pairs, as an NPZ file."""
        return as_npz(self.desk.look(video, network, **wishes))

    def why(
        self, video: str, network: str, pair: int | None, row: int | None, column: int | None, knobs: Any = None, /, **wishes: Any
    ) -> dict[str, Any]:
        """How one cell of a pair, counted from 0, finds its arrow: correlation, kernel, weights `dy dx`, peak, displacement in cells.

        knobs: fields of `MatchSettings`.
        """
        if pair is None or row is None or column is None:
            raise ValueError(f"pair, row and column are whole numbers, counted from 0, got {pair}, {row} and {column}")
        exploration = self.desk.look(video, network, **wishes)
        if not exploration.correspondences:
            raise ValueError(f"{exploration.network} has no motion module; say a layer to match its features")
        correspondences = exploration.correspondences.of_pair(pair)
        settings = config_of(MatchSettings, self.mapping("knobs", knobs)).within(correspondences.motion)
        match = match_in_pair(correspondences.with_settings(settings), (row, column))
        surfaces = {name: getattr(match, name).tolist() for name in ("correlation", "kernel", "weights")}
        return surfaces | {"peak": list(match.peak), "displacement": list(match.displacement), "confidence": match.confidence}

    def what_if(self, video: str, network: str = "", /, **wishes: Any) -> dict[str, Any]:
        """The share of motion in the decision, pass or fail of mirroring and reversal, and the answer to each question."""
        exploration = self.desk.look(video, network, **wishes)
        asked = what_if(self.desk.explorer(exploration.network), exploration)
        answers = {answer.name: by_class(asked.labels, answer.probabilities) for answer in asked.answers}
        checks = [{"question": check.question, "passed": check.passed, "sentence": check.sentence} for check in asked.checks]
        return {
            "motion_share": asked.motion_share,
            "as seen": by_class(asked.labels, asked.unaltered),
            "answers": answers,
            "checks": checks,
        }


def by_class(labels: tuple[str, ...], probabilities: Any) -> dict[str, float] | None:
    """Probabilities by class; None for a question that could not be asked."""
    if probabilities is None:
        return None
    return dict(zip(labels, map(float, probabilities), strict=True))
