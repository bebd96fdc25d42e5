"""Segments of a film by class: the best way to cut it into pieces that are not too short, one class to a piece."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float

from workbench.data.alphabet.open_set import OTHER_LABELS, UNCLEAR
from workbench.explore.film import FilmScores
from workbench.explore.whole_video import HOPS
from workbench.parameters import Range, check_ranges


@dataclass(frozen=True)
class Segment:
    """From start to end, in seconds, the film shows `label`. probability: the mean over the windows of it; None where a person decided,
    or where no class was probable."""

    start: float
    end: float
    label: str
    probability: float | None = None


SAME_TIME = 1e-3  # seconds: times are written with three decimals
LONGEST_LABEL = 80  # letters of a segment's label


@dataclass(frozen=True)
class FilmSegments:
    """The segments of a film, in order; between two there may be time that none has. duration: of the film, in seconds. labels: the
    classes of the network; a segment may be called otherwise. video, network: by name.

    Raises ValueError for a segment without a name, outside the film, or before the end of the one before it.
    """

    video: str
    network: str
    duration: float
    labels: tuple[str, ...]
    segments: tuple[Segment, ...]

    def __post_init__(self):
        end = 0.0
        for number, segment in enumerate(self.segments, 1):
            if not segment.label.strip() or not segment.label.isprintable() or len(segment.label) > LONGEST_LABEL:
                raise ValueError(f"the name of segment {number} must be 1 to {LONGEST_LABEL} letters on one line, got {segment.label!r}")
            if not (end - SAME_TIME <= segment.start <= segment.end - SAME_TIME and segment.end <= self.duration + SAME_TIME):
                raise ValueError(
                    f"segment {number} must lie between {end:.3f} s and the end of the film, {self.duration:.3f} s, "
                    f"got {segment.start:.3f} to {segment.end:.3f} s"
                )
            end = segment.end


@dataclass(frozen=True)
class SegmentConfig:
    """shortest: length in seconds that a segment has at least; by default that of a window, which no border is finer than.
    least: probability that a class must have, in the mean, to be named; else the segment has no clear motion.

    Raises ValueError for what cannot be.
    """

    shortest: Annotated[float | None, Range(above=0, unit="s")] = None
    least: Annotated[float, Range(0, 1)] = 0.4

    def __post_init__(self):
        check_ranges(self)


def find_segments(film: FilmScores, config: SegmentConfig | None = None) -> FilmSegments:
    """Segments from the start of the film to its end, none beside another of its class.

    Of all ways to cut the film into pieces of at least `shortest`, with one class each, the one whose windows have the largest
    probabilities in sum: a class that wins a window or two for itself is no segment, and a border lies where one class takes over from the
    other. "no clear motion" is a class like the others, and counts `least` at least. Windows across the cut between two motions show
    neither: where they are called no motion, for no longer than such windows last, the two meet in the middle.
    """
    config = config or SegmentConfig()
    labels = (*film.labels, *(() if UNCLEAR in film.labels else (UNCLEAR,)))
    worth = np.zeros((len(film.times), len(labels)))
    worth[:, : len(film.labels)] = film.scores
    unclear = labels.index(UNCLEAR)
    worth[:, unclear] = np.maximum(worth[:, unclear], config.least)

    cuts = best_cuts(worth, film.edges, min(config.shortest or film.seconds, film.duration))
    pieces = [Piece(first, last, labels[worth[first:last].sum(axis=0).argmax()]) for first, last in pairwise(cuts)]
    pieces = join_alike(close_cuts(join_alike(pieces), film))
    edges = film.edges.tolist()
    segments = (Segment(edges[piece.first], edges[piece.last], piece.label, mean_probability(film, piece)) for piece in pieces)
    return FilmSegments(film.video, film.network, film.duration, film.labels, tuple(segments))


class Piece(NamedTuple):
    """The windows of a film from `first` to the one before `last`, counted from 0."""

    first: int
    last: int
    label: str


def join_alike(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one class as one piece."""
    groups = [list(group) for _, group in groupby(pieces, key=lambda piece: piece.label)]
    return [Piece(group[0].first, group[-1].last, group[0].label) for group in groups]


def close_cuts(pieces: Sequence[Piece], film: FilmScores) -> list[Piece]:
    """Without the pieces between two others that name no motion and last no longer than a window and the hop to the next: each half of
    one goes to the neighbour on its side."""
    longest = film.seconds * (1 + 1 / HOPS) + 1e-6
    named, edges = [piece.label not in OTHER_LABELS for piece in pieces], film.edges
    middles = {
        i: (pieces[i].first + pieces[i].last) // 2
        for i in range(1, len(pieces) - 1)
        if named[i - 1 : i + 2] == [True, False, True] and edges[pieces[i].last] - edges[pieces[i].first] <= longest
    }
    return [
        Piece(middles.get(i - 1, piece.first), middles.get(i + 1, piece.last), piece.label)
        for i, piece in enumerate(pieces)
        if i not in middles
    ]


def mean_probability(film: FilmScores, piece: Piece) -> float | None:
    """Of its class over its windows; None for one that the network does not have."""
    if piece.label not in film.labels:
        return None
    return float(film.scores[piece.first : piece.last, film.labels.index(piece.label)].mean())


def best_cuts(worth: Float[np.ndarray, "n k"], edges: Float[np.ndarray, " m"], shortest: float) -> list[int]:
    """The windows, counted from 0, with which the pieces of the best segmentation begin, and at last n. edges: of the windows.

    Exact, by dynamic programming: the best of the first j windows ends in a piece that begins with some window i, before which
    stands the best of the first i. shortest: no longer than the film, in the unit of the edges.
    """
    count = len(worth)
    sums = np.concatenate([np.zeros((1, worth.shape[1])), worth.cumsum(axis=0)])
    best, begins = np.full(count + 1, -np.inf), np.zeros(count + 1, int)
    best[0] = 0
    for end in range(1, count + 1):
        longest = int(np.searchsorted(edges, edges[end] - shortest + 1e-9, side="right"))
        totals = best[:longest] + (sums[end] - sums[:longest]).max(axis=1)
        if longest and totals.max() > -np.inf:
            begins[end] = int(totals.argmax())
            best[end] = totals[begins[end]]
    cuts = [count]
    while cuts[-1]:
        cuts.append(int(begins[cuts[-1]]))
    return cuts[::-1]
