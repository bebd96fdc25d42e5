"""What each figure of the page shows: a sentence, its formula, and the notebook that explains it."""

from typing import NamedTuple

from markupsafe import Markup


class Explanation(NamedTuple):
    """sentence: in plain words. formula: HTML, "" where there is none. notebook: its file in notebooks/."""

    sentence: str
    formula: Markup
    notebook: str


NO_FORMULA = Markup()
CORRELATION = Markup(
    "s(x, p) = max(0, F<sub>t</sub>(x) · F<sub>t+1</sub>(x + p)), |p<sub>x</sub>|, |p<sub>y</sub>| ≤ R, F: features of unit length "
    "(Sec. 3.2); a network may average it over neighbouring cells, msnet-small over 5 × 5"
)
KERNEL = Markup("g(x, p) = exp(−‖p − p*‖² / 2σ²), p* = argmax<sub>p</sub> s(x, p) (Sec. 3.2)")
WEIGHTS = Markup("w(x, p) = exp(g(x, p) s(x, p) / τ) / ∑<sub>q</sub> exp(g(x, q) s(x, q) / τ) (Sec. 3.2)")
DISPLACEMENT = Markup("d(x) = ∑<sub>p</sub> w(x, p) p (Sec. 3.2)")
CONFIDENCE = Markup("s*(x) = max<sub>p</sub> s(x, p) (Sec. 3.2)")
FORWARD_BACKWARD = Markup("‖d(x) + d′(x + d(x))‖, with d′ from the target back to the source")
TRACK = Markup("x<sub>t+1</sub> = x<sub>t</sub> + d<sub>t</sub>(x<sub>t</sub>)")
MATCH_PROBABILITY = Markup(
    "1 / (1 + exp(−a log r + b log(1 + 2e) − c)): r how far the peak stands out, e how far in cells the way back misses; a, b, c are "
    "fitted where the true displacement is known"
)
EVIDENCE = Markup("M<sub>k</sub>(t, x) = ∑<sub>c</sub> w<sub>k,c</sub> A<sub>c</sub>(t, x); its mean and the bias are the logit")
AGREEMENT = Markup("‖d<sub>a</sub>(x) − d<sub>b</sub>(x)‖ in pixels")

EXPLANATIONS = {
    "source": Explanation(
        "The frame from which every arrow starts. The square is the cell that is explained below.", NO_FORMULA, "00_first_look"
    ),
    "target": Explanation("The next frame of the clip, in which every cell of the source is looked for.", NO_FORMULA, "01_correlation"),
    "overlay": Explanation(
        "The displacement as colour over the source: its hue is the direction, grey is still.", DISPLACEMENT, "02_displacement"
    ),
    "displacement": Explanation("Where each cell went: hue is the direction, strength of colour how far.", DISPLACEMENT, "02_displacement"),
    "arrows": Explanation(
        "The same displacement, an arrow for some of the cells; the fainter, the less probable.", DISPLACEMENT, "02_displacement"
    ),
    "tracks": Explanation("Points followed from frame to frame: each step starts where the last one ended.", TRACK, "06_one_video"),
    "probability": Explanation(
        "How probable it is that the match is right within a cell: from how far its peak stands out and whether the way back closes.",
        MATCH_PROBABILITY,
        "05_when_it_fails",
    ),
    "consistency": Explanation(
        "Each cell goes to the target and back: a right match ends where it began.", FORWARD_BACKWARD, "05_when_it_fails"
    ),
    "reasons": Explanation(
        "Why a match may be wrong: a flat surface, a texture that repeats, or a motion beyond the window.", NO_FORMULA, "05_when_it_fails"
    ),
    "confidence": Explanation(
        "How alike the best match is. The network reads it beside the displacement; it is no probability.", CONFIDENCE, "02_displacement"
    ),
    "why-target": Explanation(
        "The window in which the cell was looked for, and the arrow that came of it.", DISPLACEMENT, "02_displacement"
    ),
    "why-correlation": Explanation(
        "How alike the cell is to each cell of the window around it in the target.", CORRELATION, "01_correlation"
    ),
    "why-kernel": Explanation("A Gaussian around the highest peak: it silences other peaks that are far away.", KERNEL, "02_displacement"),
    "why-weights": Explanation("How much each offset counts: a softmax of the correlation under the kernel.", WEIGHTS, "02_displacement"),
    "why-field": Explanation("Every cell of the pair, by the settings above.", DISPLACEMENT, "02_displacement"),
    "beside-a": Explanation("The displacement of the network chosen above.", DISPLACEMENT, "05_when_it_fails"),
    "beside-b": Explanation(
        "That of another network, other settings, or optical flow, on the same scale.", DISPLACEMENT, "05_when_it_fails"
    ),
    "agreement": Explanation("How far apart the two end, in each cell.", AGREEMENT, "05_when_it_fails"),
    "two-first": Explanation("The frame from which every arrow starts.", NO_FORMULA, "00_first_look"),
    "two-second": Explanation("The frame in which every cell of the first is looked for.", NO_FORMULA, "01_correlation"),
    "two-arrows": Explanation("An arrow for some of the cells, from the first frame to the second.", DISPLACEMENT, "02_displacement"),
    "two-field": Explanation("Where each cell went: hue is the direction, strength of colour how far.", DISPLACEMENT, "02_displacement"),
    "two-sure": Explanation("How probable it is that each match is right within a cell.", MATCH_PROBABILITY, "05_when_it_fails"),
    "changes": Explanation("How the answer changes when the clip or the network is altered in one way.", NO_FORMULA, "04_network"),
    "activation": Explanation("Where and when the network sees evidence for a class (Zhou et al., CVPR 2016).", EVIDENCE, "04_network"),
}  # by the name of the figure on the page
