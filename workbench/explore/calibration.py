"""What makes a network's correlation a probability: a logistic regression on scenes whose displacement is known."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float
from scipy.optimize import minimize

from workbench.data.alphabet.dataset import MotionAlphabet, Split
from workbench.data.alphabet.open_set import OPEN_LABELS
from workbench.data.alphabet.scenes import MovingScenes
from workbench.data.flow_pairs import FlowPair
from workbench.explore.config import EstimateName, LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.flow_benchmark import sides_of_cells, truth_of_cells
from workbench.explore.matching import Correspondences
from workbench.explore.probability import evidence_of_match
from workbench.explore.volume import MARGIN
from workbench.model.checkpoint import Calibration

CALIBRATION_SCENES, CALIBRATION_CLIPS = 64, 360
FALSELY_DOUBTED = 0.05  # of the clips of the network's own classes
SCENE_SIZE, FASTEST, MOST_SHAPES = 192, 40.0, 8  # pixels, pixels a frame: about one cell in ten is matched wrong, as on real pairs


def held_out_scenes(split: Split = "validation", count: int = CALIBRATION_SCENES, size: int = SCENE_SIZE) -> Iterator[FlowPair]:
    """Pairs of frames with their displacement, of scenes that no network is trained on."""
    scenes = MovingScenes(split, size=size, num_frames=2, speed=FASTEST, most_shapes=MOST_SHAPES, length=count)
    for number, scene in enumerate(scenes):
        flow = scene.displacement[0].astype(np.float32)
        yield FlowPair(f"{split} {number}", scene.frames, flow, np.ones(flow.shape[1:], bool))


def calibrate(explorer: Explorer, pairs: Sequence[FlowPair]) -> Calibration:
    """The calibration under which the matches of these pairs are as likely as can be: first of the network's own, and with that, which
    decides what is refined, of those and the refined ones.

    Raises ValueError for a network without motion, and where all matches are right or all wrong.
    """
    own = fit_logistic([evidence for pair in pairs for evidence in evidence_of(explorer, pair, ("network",))])
    explorer = replace(explorer, calibration=own)
    both = fit_logistic([evidence for pair in pairs for evidence in evidence_of(explorer, pair, ("network", "refined"))])
    return replace(both, least_logit=least_known_logit(explorer))


def least_known_logit(explorer: Explorer) -> float | None:
    """The largest logit that all but 5 % of held-out clips of the motion alphabet reach; None for a network of other classes."""
    if explorer.labels not in (MotionAlphabet.labels, OPEN_LABELS):
        return None
    clips = MotionAlphabet("validation", length=CALIBRATION_CLIPS)
    logits = [explorer.score(rearrange(clip.frames, "t h w c -> 1 1 t h w c"))[0] for clip in clips]
    largest = [float(each[: len(MotionAlphabet.labels)].max()) for each in logits]
    return round(float(np.quantile(largest, FALSELY_DOUBTED)), 3)


Evidence = tuple[Float[np.ndarray, "_ 3"], Bool[np.ndarray, " _"]]


def evidence_of(explorer: Explorer, pair: FlowPair, estimates: tuple[EstimateName, ...]) -> Iterator[Evidence]:
    """For each estimate of a pair: what the probability of its matches follows from, and whether each is right within a cell. Those with
    rivals as good do not count.

    Raises ValueError for a network without motion.
    """
    for estimate in estimates:
        matched = explorer.match(pair.frames, LookConfig(estimate=estimate))
        if matched is None:
            raise ValueError(f"{explorer.name or 'this network'} has no motion module: no matches to calibrate")
        truth, counts = truth_of_cells(pair, matched.grid)
        gap, error = matched.stand_out()[0], matched.return_error()[0]
        cells = counts & (gap > MARGIN).numpy()
        yield evidence_of_match(gap, error).numpy()[cells], (endpoint_errors(matched, pair, truth) <= matched.cell)[cells]


def fit_logistic(parts: Sequence[Evidence]) -> Calibration:
    """By maximum likelihood, with weights of at least 0. Raises ValueError where all matches are right or all wrong."""
    values, right = (np.concatenate(each) for each in zip(*parts, strict=True))
    if right.all() or not right.any():
        raise ValueError("all matches are right or all are wrong, from which no probability can be learned")

    def unlikely(weights: np.ndarray) -> float:
        logit = values @ weights
        return float(np.mean(np.logaddexp(0, logit) - right * logit))

    fitted = minimize(unlikely, x0=np.ones(3), bounds=[(0, None), (0, None), (None, None)])
    return Calibration(*(round(float(weight), 3) for weight in fitted.x))


def endpoint_errors(matched: Correspondences, pair: FlowPair, truth: Float[np.ndarray, "2 gh gw"]) -> Float[np.ndarray, "gh gw"]:
    """In pixels of the pictures."""
    in_cells = matched.displacement()[0] / matched.cell
    return np.hypot(*(in_cells * sides_of_cells(pair.frames.shape[1:3], matched.grid) - truth))
