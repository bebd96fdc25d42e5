"""What each step of the tab How it works says: its sentence, its lines of code as they stand in model/, its shapes and its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from workbench.draw.pipeline import STEP_PICTURES, StepPicture
from workbench.explore.explorer import Exploration
from workbench.explore.pipeline import CellTrace
from workbench.page.why import arrow_in_pixels
from workbench.paths import PACKAGE
from workbench.text import percent, signed

METHOD = "Kwon et al., MotionSqueeze, ECCV 2020"
STEP_NAMES = ("frames", "features", "correlation", "kernel", "arrow", "motion features", "answer")
WITHOUT_MODULE = ("frames", "features", "answer")  # steps of a network that has no motion module
# Of each step: the file in model/ and a part of the line that does it.
STEP_CODE: dict[str, tuple[tuple[str, str], ...]] = {
    "frames": (("msnet.py", "rearrange(clip,"),),
    "features": (("motion.py", "rearrange(self.reduce("), ("correlation.py", "return features / (")),
    "correlation": (("correlation.py", "product = source[:, :, rows]"), ("correlation.py", "return F.relu(volume)")),
    "kernel": (("displacement.py", "table = torch.exp("), ("displacement.py", "kernel = 1 if math.isinf(sigma)")),
    "arrow": (("displacement.py", "weights = torch.softmax("), ("displacement.py", "displacement = rearrange(weights,")),
    "motion features": (("motion.py", "maps, _ = pack("), ("motion.py", "return features + self.transform(")),
    "answer": (("msnet.py", "pooled = self.dropout("), ("msnet.py", "return reduce(frame_logits,")),
}
AVERAGE_CODE = ("correlation.py", "mean = F.avg_pool2d(")  # where the correlation is averaged over neighbouring cells
STEP_SOURCES = {
    "frames": f"{METHOD}: the input of MSNet",
    "features": f"{METHOD}, “MotionSqueeze”",
    "correlation": f"{METHOD}, “Correlation computation”",
    "kernel": f"{METHOD}, “Displacement estimation”",
    "arrow": f"{METHOD}, “Displacement estimation”",
    "motion features": f"{METHOD}, “Feature transformation”",
    "answer": "Wang et al., TSN, ECCV 2016: the mean over frames",
}
STEP_SYMBOLS = {
    "frames": "I: grey levels of frame t; μ, σ: mean and spread of each colour in training.",
    "features": "F: features of frame t at cell x; c: channel.",
    "correlation": "s: correlation of cell x at offset p; F: features of unit length.",
    "kernel": "p*: the offset of the largest correlation; σ: width of the kernel.",
    "arrow": "d: displacement of cell x, the mean of offsets p under weights w; τ: temperature.",
    "motion features": "d: displacement in cells, R: reach of the window; s*: confidence; φ: four depthwise-separable convolutions.",
    "answer": "z: logits; W, b: the classifier; T: number of frames.",
}


@dataclass(frozen=True)
class CodeLine:
    """A line as it stands in a file of model/. number: counted from 1."""

    file: str
    number: int
    code: str


@dataclass(frozen=True)
class PipelineStep:
    """One step, to be shown. number: of seven, from 1. shapes: what it is, and the pattern with its numbers. facts: values by name.
    brief: what it comes to, in a word or number."""

    number: int
    name: str
    sentence: str
    pictures: Sequence[StepPicture]
    lines: Sequence[CodeLine]
    shapes: Sequence[tuple[str, str]]
    facts: Mapping[str, str]
    brief: str

    @property
    def title(self) -> str:
        return self.name.capitalize()

    @property
    def source(self) -> str:
        return STEP_SOURCES[self.name]

    @property
    def symbols(self) -> str:
        return STEP_SYMBOLS[self.name]


@cache
def find_code(file: str, part: str) -> CodeLine:
    """The one line of a file of model/ that holds the part. Raises ValueError where there is none or more than one."""
    lines = (PACKAGE / "model" / file).read_text(encoding="utf-8").splitlines()
    numbers = [number for number, line in enumerate(lines, 1) if part in line]
    if len(numbers) != 1:
        raise ValueError(f"{part!r} must stand in one line of model/{file}, got {numbers or 'none'}")
    return CodeLine(f"model/{file}", numbers[0], lines[numbers[0] - 1].strip())


def pipeline_steps(exploration: Exploration, at: CellTrace) -> list[PipelineStep]:
    """All steps that the network has, for one pair and cell."""
    names = STEP_NAMES if at.trace.module else WITHOUT_MODULE
    return [
        PipelineStep(
            STEP_NAMES.index(name) + 1,
            name,
            STEP_SENTENCES[name](exploration, at),
            STEP_PICTURES[name](exploration, at) if name in STEP_PICTURES else [],
            step_code(name, at),
            step_shapes(name, at),
            STEP_FACTS[name](exploration, at),
            step_brief(name, at),
        )
        for name in names
    ]


def step_code(name: str, at: CellTrace) -> list[CodeLine]:
    """The lines that do a step in this network."""
    parts, module = STEP_CODE[name], at.trace.module
    if name == "features" and module is None:
        parts = parts[1:]  # nothing is reduced
    if name == "correlation" and module and module.config.kernel_size > 1:
        parts = (parts[0], AVERAGE_CODE, *parts[1:])
    return [find_code(file, part) for file, part in parts]


def step_brief(name: str, at: CellTrace) -> str:
    """What a step comes to, in a word or number, so that the names of the steps together show the whole way."""
    trace = at.trace
    if name == "frames":
        return f"{trace.crops.shape[0]} frames of {trace.crops.shape[1]} px"
    if name == "features":
        return f"{trace.features.shape[1]} channels"
    if name == "answer":
        return trace.labels[trace.decision]
    if name == "correlation":
        return f"peak {at.match.confidence:.2f}"
    if name == "kernel":
        return f"σ = {at.match.sigma:.3g}"
    if name == "arrow":
        return signed("{:.2f}, {:.2f} cells".format(*at.match.displacement))
    return f"+{percent(float(trace.needed_module.energy[(at.pair, *at.cell)]))}"


# what happens


def describe_frames(exploration: Exploration, at: CellTrace) -> str:
    count, side = at.trace.crops.shape[:2]
    return (
        f"The network sees {count} frames of the clip, {side} × {side} pixels each. Two that follow one another are a pair: "
        f"frame {at.pair + 1} is its source, frame {at.pair + 2} its target. The large pictures are sharper than what the network sees."
    )


def describe_features(exploration: Exploration, at: CellTrace) -> str:
    stage, channels, (rows, columns) = at.trace.stage, at.trace.features.shape[1], at.trace.grid
    cells = f"After {stage} a frame is {rows} × {columns} cells, each {at.trace.stride} pixels wide"
    if at.trace.module is None:
        return f"{cells}, with {channels} channels; shown at unit length. This network matches none of them with the next frame."
    return (
        f"{cells}. A 1 × 1 convolution turns its {at.trace.stage_channels} channels into the {channels} that are matched, "
        "and each cell's vector is divided by its length."
    )


def describe_correlation(exploration: Exploration, at: CellTrace) -> str:
    config = at.trace.needed_module.config
    window, reach = 2 * config.radius + 1, config.radius * config.dilation
    around = f"{config.kernel_size} × {config.kernel_size} cells around it"
    mean = f", each averaged with those of the {around}" if config.kernel_size > 1 else ""
    return (
        f"The cell is compared with every cell at most {reach} cells away in the next frame: {window} × {window} dot products{mean}. "
        "Bright is alike."
    )


def describe_kernel(exploration: Exploration, at: CellTrace) -> str:
    if at.match.kind == "kernel-soft-argmax":
        return "A Gaussian around the highest peak is multiplied on, so that other peaks, far from it, do not pull the arrow away."
    return f"This network uses the {at.match.kind}: it multiplies no Gaussian."


def describe_arrow(exploration: Exploration, at: CellTrace) -> str:
    x, y = at.match.displacement
    return signed(
        "The softmax of kernel × correlation / temperature gives each offset a weight; the mean of the offsets under these weights is the "
        f"arrow: {x:.2f} cells to the right, {y:.2f} cells down."
    )


def describe_motion_features(exploration: Exploration, at: CellTrace) -> str:
    module = at.trace.needed_module
    maps = "Three maps, displacement x and y and the confidence," if module.config.confidence else "Two maps, displacement x and y,"
    return (
        f"{maps} go through four small convolutions; the {module.channels} channels that come out are added to the features "
        f"of {at.trace.stage}."
    )


def describe_decision(exploration: Exploration, at: CellTrace) -> str:
    trace = at.trace
    best = trace.decision
    doubt = f" But: {exploration.doubt}" if exploration.doubt else ""
    answer = f"The rest of the network gives each frame a logit for each class; their mean says “{trace.labels[best]}”"
    if trace.module is None:
        return f"{answer} ({percent(float(trace.answer.probabilities[best]))}).{doubt}"
    off = int(trace.module.answer_off.logits.argmax())
    other = f"still says “{trace.labels[off]}”" if off == best else f"says “{trace.labels[off]}”"
    return f"{answer}. With the module switched off, the same network {other}.{doubt}"


STEP_SENTENCES = {
    "frames": describe_frames,
    "features": describe_features,
    "correlation": describe_correlation,
    "kernel": describe_kernel,
    "arrow": describe_arrow,
    "motion features": describe_motion_features,
    "answer": describe_decision,
}

# shapes


def shape_line(pattern: str, *sizes: int) -> str:
    """An einops pattern with the numbers of this network: "b t c h w = 1 8 64 16 16"."""
    return f"{pattern} = {' '.join(map(str, sizes))}"


def step_shapes(name: str, at: CellTrace) -> list[tuple[str, str]]:
    """What goes through a step, and its shape."""
    trace, module = at.trace, at.trace.module
    frames, side = trace.crops.shape[:2]
    stage = (f"features of {trace.stage}", shape_line("(b t) c h w", frames, trace.stage_channels, *trace.grid))
    shapes = {
        "frames": [("clip", shape_line("b t c h w", 1, frames, 3, side, side))],
        "features": [stage],
        "answer": [
            ("frame logits", shape_line("b t k", 1, *trace.answer.frame_logits.shape)),
            ("logits", shape_line("b k", 1, *trace.answer.logits.shape)),
        ],
    }
    if module:
        correlation = ("correlation", shape_line("b p h w dy dx", *module.motion.correlation.shape))
        shapes["features"] = [stage, ("matched", shape_line("b t c h w", 1, *trace.features.shape))]
        shapes |= {"correlation": [correlation], "kernel": [correlation]}
        shapes["arrow"] = [
            ("displacement", shape_line("b p 2 h w", *module.motion.displacement.shape)),
            ("confidence", shape_line("b p 1 h w", *module.motion.confidence.shape)),
        ]
        shapes["motion features"] = [("maps", shape_line("b t 3 h w", 1, *module.maps.shape)), ("added", stage[1])]
    return shapes[name]


# values


def cell_fact(at: CellTrace) -> dict[str, str]:
    return {"cell (row, column)": f"{at.cell[0]}, {at.cell[1]}", "pair": f"{at.pair + 1} of {len(at.trace.crops) - 1}"}


def list_frame_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    source, target = exploration.times[at.pair : at.pair + 2]
    rows, columns = at.trace.grid
    return cell_fact(at) | {"grid": f"{rows} × {columns} cells", "source, target": f"{source:.2f} s, {target:.2f} s"}


def list_feature_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    vector = at.vector
    strongest = [f"{channel}: {vector[channel]:.2f}" for channel in at.strongest_channels(4)]
    return {"length of the cell's vector": f"{vector.norm():.3f}", "strongest channels": ", ".join(strongest)}


def list_correlation_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    (x, y), values = at.match.peak, at.match.correlation
    return {
        "peak": f"{at.match.confidence:.3f}",
        "at (dx, dy)": signed(f"{x}, {y} cells"),
        "mean of the window": f"{values.mean():.3f}",
        "lowest": f"{values.min():.3f}",
    }


def list_kernel_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    (x, y), kernel = at.match.peak, at.match.kernel
    return {
        "centre (dx, dy)": signed(f"{x}, {y} cells"),
        "sigma": at.match.describe_settings()["sigma"],
        "kernel at the far corner": f"{kernel.min():.3f}",
    }


def list_arrow_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    x, y = at.match.displacement
    return {
        "expected (dx, dy)": signed(f"{x:.2f}, {y:.2f} cells"),
        "in pixels of the input": arrow_in_pixels(at.match, at.trace.stride),
        "largest weight": f"{at.match.weights.max():.3f}",
        "temperature": f"{at.match.temperature:.3g}",
        "confidence": f"{at.match.confidence:.3f}",
    }


def list_motion_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    module, place = at.trace.needed_module, (at.pair, *at.cell)
    x, y, confidence = (float(field[at.cell]) for field in at.maps)
    return {
        "maps at the cell": signed(f"x {x:.2f}, y {y:.2f}, confidence {confidence:.2f}"),
        "length of the features": f"{module.appearance[place]:.2f}",
        "length of what is added": f"{module.added[place]:.2f}",
        "added, beside the features": percent(float(module.energy[place])),
    }


def list_answer_facts(exploration: Exploration, at: CellTrace) -> dict[str, str]:
    best, trace = at.trace.decision, at.trace
    facts = {"answer": f"{trace.labels[best]} ({percent(float(trace.answer.probabilities[best]))})"}
    if trace.module:
        facts["its logit, with → off"] = signed(f"{trace.answer.logits[best]:.2f} → {trace.module.answer_off.logits[best]:.2f}")
        facts["lead over chance that the module brings"] = percent(trace.module_share)
    return facts


STEP_FACTS = {
    "frames": list_frame_facts,
    "features": list_feature_facts,
    "correlation": list_correlation_facts,
    "kernel": list_kernel_facts,
    "arrow": list_arrow_facts,
    "motion features": list_motion_facts,
    "answer": list_answer_facts,
}
