"""The laws of the way through the network: every value kept is one that the forward pass computes, and cells lie where they are shown."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

import workbench as wb
from workbench.explore.explorer import Exploration, Explorer
from workbench.explore.pipeline import CellTrace, PipelineTrace, trace_pipeline
from workbench.model.interventions import without_motion

ROUNDING = 2.0**-24  # of one float32 operation, relative to its result


@dataclass
class Pass:
    """A look, its trace, and what hooks caught of the network's own forward pass, by the name of the part."""

    explorer: Explorer
    exploration: Exploration
    trace: PipelineTrace
    caught: dict[str, Tensor]
    prediction: wb.Prediction

    @property
    def motion(self) -> wb.Motion:
        return self.prediction.motions[self.trace.stage]


def follow(explorer: Explorer, exploration: Exploration) -> Pass:
    """The forward pass of the clip that was classified, with hooks on the parts of the motion module."""
    caught: dict[str, Tensor] = {}
    modules = dict(explorer.model.motion.items())
    hooks = [
        part.register_forward_hook(lambda _, inputs, output, name=name: caught.update({f"{name} in": inputs[0], name: output}))
        for module in modules.values()
        for name, part in (("reduce", module.reduce), ("transform", module.transform))
    ]
    hooks.append(explorer.model.fc.register_forward_hook(lambda _, inputs, output: caught.update({"fc": output})))
    try:
        with torch.inference_mode():
            prediction = explorer.model(explorer.as_input(exploration.crops[None]))
    finally:
        for hook in hooks:
            hook.remove()
    return Pass(explorer, exploration, trace_pipeline(explorer, exploration), caught, prediction)


@pytest.fixture(scope="module", params=["msnet-small", "msnet-tiny"])
def forward(request, networks, camouflage: str) -> Iterator[Pass]:
    """With and without an average over neighbouring cells, and with two temperatures."""
    yield follow(networks.explorer(request.param), networks.look_at_span(camouflage, request.param, start=0.5))


@pytest.fixture(params=[(0, (0, 0)), (3, (8, 7)), (6, (15, 15))], ids=str)
def at(request, forward: Pass) -> CellTrace:
    return CellTrace(forward.trace, *request.param)


def test_features_are_those_that_the_module_matches_at_unit_length(forward):
    """A sum of c squares, a root and a division: at most c / 2 + 3 roundings of a value that is at most 1."""
    reduced = forward.caught["reduce"].double()
    expected = reduced / (reduced.square().sum(dim=1, keepdim=True) + 1e-6).sqrt()
    bound = (reduced.shape[1] / 2 + 3) * ROUNDING
    assert torch.allclose(forward.trace.features.double(), expected, rtol=0, atol=bound)


def test_the_module_reads_the_features_of_the_stage(forward):
    """Their length, a sum of c squares and a root."""
    features = forward.caught["reduce in"].double()
    bound = (features.shape[1] / 2 + 2) * ROUNDING
    assert torch.allclose(forward.trace.module.appearance.double(), features.norm(dim=1), rtol=bound, atol=0)
    assert (forward.trace.stage_channels, forward.trace.module.channels) == (features.shape[1], features.shape[1])


def test_correlation_and_displacement_are_those_of_the_prediction(forward):
    """Of one more pass of the same code on the same clip, so to the bit."""
    for name in ("correlation", "displacement", "confidence"):
        assert torch.equal(getattr(forward.trace.module.motion, name), getattr(forward.motion, name)), name


def test_the_correlation_of_a_cell_is_the_mean_dot_product_of_its_features(forward, at):
    """Over the cells around it that there are, at the same offset. c products, k * k means, and features of c / 2 + 3 roundings each."""
    (row, column), (rows, columns), config = at.cell, at.trace.grid, at.trace.module.config
    source, target = (at.trace.features[frame].double().numpy() for frame in (at.pair, at.pair + 1))
    reach, around, expected = config.radius, config.kernel_size // 2, np.zeros((2 * config.radius + 1,) * 2)
    cells = [
        (y, x)
        for y in range(max(row - around, 0), min(row + around + 1, rows))
        for x in range(max(column - around, 0), min(column + around + 1, columns))
    ]
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            inside = [(y, x) for y, x in cells if 0 <= y + dy < rows and 0 <= x + dx < columns]
            products = [source[:, y, x] @ target[:, y + dy, x + dx] for y, x in inside]
            expected[dy + reach, dx + reach] = max(sum(products) / len(cells), 0)
    channels = source.shape[0]
    bound = (channels + config.kernel_size**2 + 2 * (channels / 2 + 3)) * ROUNDING
    assert np.abs(at.match.correlation - expected).max() <= bound


def test_peak_and_confidence_are_the_largest_correlation(forward, at):
    volume = forward.motion.correlation[(0, at.pair, *at.cell)]
    row, column = np.unravel_index(int(volume.argmax()), volume.shape)
    radius = at.trace.module.config.radius
    assert at.match.peak == (column - radius, row - radius)
    assert at.match.confidence == float(forward.motion.confidence[(0, at.pair, 0, *at.cell)]) == float(volume.max())


def test_the_kernel_is_a_gaussian_around_the_peak(at):
    """Two exponentials and their product: a few roundings of a value that is at most 1, and of an exponent of at most its logarithm."""
    config, (x, y) = at.trace.module.config, at.match.peak
    offset = np.arange(-config.radius, config.radius + 1)
    expected = np.exp(-((offset[:, None] - y) ** 2 + (offset[None] - x) ** 2) / (2 * config.sigma**2))
    bound = (8 + 4 * abs(np.log(expected).min())) * ROUNDING
    assert np.abs(at.match.kernel - expected).max() <= bound


def test_the_arrow_is_the_displacement_of_the_prediction(forward, at):
    """The mean of offsets up to the radius under w * w weights, whose exponents of up to 1 / temperature have 8 roundings each."""
    config = at.trace.module.config
    expected = forward.motion.in_cells(config)[(0, at.pair, slice(None), *at.cell)].numpy()
    bound = config.radius * (2 * 8 / config.temperature + (2 * config.radius + 1) ** 2) * ROUNDING
    assert np.abs(np.array(at.match.displacement) - expected).max() <= bound


def test_maps_are_those_that_enter_the_transformation(forward):
    """As hooks caught them, to the bit; the last frame takes those of the last pair."""
    assert torch.equal(forward.trace.module.maps, forward.caught["transform in"])
    assert torch.equal(forward.trace.module.maps[-1], forward.trace.module.maps[-2])


def test_what_is_added_is_what_comes_out_of_the_transformation(forward):
    added = forward.caught["transform"].double()
    bound = (added.shape[1] / 2 + 2) * ROUNDING
    assert torch.allclose(forward.trace.module.added.double(), added.norm(dim=1), rtol=bound, atol=1e-30)


def test_logits_are_those_of_the_forward_pass(forward):
    """By frame, as hooks caught them, and their mean; the probabilities are those of the look."""
    assert torch.equal(forward.trace.answer.frame_logits, forward.caught["fc"][0])
    assert torch.equal(forward.trace.answer.logits, forward.prediction.logits[0])
    assert np.abs(forward.trace.answer.probabilities - forward.exploration.probabilities).max() < 1e-5


def test_switched_off_is_the_network_without_motion(forward):
    with torch.inference_mode():
        off = without_motion(forward.explorer.model)(forward.explorer.as_input(forward.exploration.crops[None]))
    assert torch.equal(forward.trace.module.answer_off.frame_logits, off.frame_logits[0])
    assert torch.equal(forward.trace.module.answer_off.logits, off.logits[0])
    decided = int(forward.prediction.logits.argmax())
    classes = forward.trace.highest_classes(5)
    assert classes[0] == decided and int(off.logits.argmax()) in classes
    assert not torch.allclose(forward.trace.module.answer_off.logits, forward.trace.answer.logits, atol=0.1)


def test_the_display_refines_and_the_trace_does_not(networks, camouflage):
    """Whether the page shows refined displacements or the network's own, the way through the network is the same."""
    traces = [
        trace_pipeline(networks.explorer("msnet-tiny"), networks.look_at_span(camouflage, "msnet-tiny", start=0.5, estimate=estimate))
        for estimate in ("refined", "network")
    ]
    assert torch.equal(*(trace.module.motion.displacement for trace in traces))


def test_every_cell_lies_where_it_is_shown(networks, nasa):
    """Its middle leads back to it, in a crop of a wide frame, too; what is outside the crop counts for the nearest cell."""
    trace = trace_pipeline(networks.explorer("msnet-tiny"), networks.look_at_span(nasa, "msnet-tiny"))
    left, top, width, height = trace.square
    assert left > 0 and left + width < 1 and top == 0 and height == 1
    for cell in np.ndindex(trace.grid):
        assert trace.cell_at(*trace.middle_of(cell)) == cell
    assert trace.cell_at(0, 0) == (0, 0)
    assert trace.cell_at(1, 1) == (trace.grid[0] - 1, trace.grid[1] - 1)


def test_a_network_without_a_module_has_features_and_logits_alone(networks, camouflage):
    explorer, exploration = networks.explorer("tsm-tiny"), networks.look_at_span(camouflage, "tsm-tiny", start=0.5)
    trace = trace_pipeline(explorer, exploration)
    assert trace.module is None and trace.module_share == 0
    assert np.abs(trace.answer.probabilities - exploration.probabilities).max() < 1e-5
    with pytest.raises(ValueError, match="no motion module"):
        trace.match(0, (0, 0))


def test_what_is_not_there_is_named(at, networks, exploration):
    with pytest.raises(ValueError, match="cell 16, 0"):
        at.trace.match(0, (16, 0))
    with pytest.raises(ValueError, match="pair 7"):
        at.trace.match(7, (0, 0))
    with pytest.raises(ValueError, match="another network"):
        trace_pipeline(networks.explorer("msnet-tiny"), replace(exploration, network="another"))
