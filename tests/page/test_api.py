"""The laws of the page's questions for programs: the numbers are those that visitors see, and JSON has every one."""

import json
from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench import cli
from workbench.explore.export import as_facts
from workbench.explore.tracks import follow_points
from workbench.model.load import find_checkpoint
from workbench.page.api import Api, mapping
from workbench.page.correspondences import first_selection
from workbench.page.tab import Selection


@pytest.fixture(scope="module")
def api(networks) -> Api:
    return Api(networks)


@pytest.fixture(scope="module")
def moving(networks, camouflage) -> wb.Exploration:
    return networks.look(camouflage, start=0.0)


def strict(value: Any) -> Any:
    """By way of JSON, which has no nan and no infinity."""
    return json.loads(json.dumps(value, allow_nan=False))


def test_networks_are_those_of_the_desk(api, networks):
    assert api.networks() == list(networks.checkpoints())


@pytest.mark.parametrize(("network", "checkpoint", "classes"), [("", None, 20), ("tsm-tiny", find_checkpoint("tsm-tiny"), 18)])
def test_the_command_gives_the_same_numbers(api, nasa, capsys, network, checkpoint, classes):
    """`workbench predict --json` and the API, for the same span: every class to the last bit, the frames, and all facts."""
    span = {"start": 2.5, "seconds": 1.5}
    cli.predict(wb.sample_videos()[1].path, wb.LookConfig(**span), checkpoint, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert strict(api.predict(nasa, network, span)) == printed
    assert len(printed["predictions"]) == classes


def test_prediction_and_page_agree(api, exploration, nasa):
    assert api.predict(nasa) == as_facts(exploration)


def test_displacement_is_read_without_pickles(api, exploration, nasa, tmp_path, monkeypatch):
    """Arrays, each that of the exploration."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with np.load(api.displacement(nasa), allow_pickle=False) as file:
        assert np.array_equal(file["displacement"], exploration.displacement)
        assert np.array_equal(file["confidence"], exploration.confidence)


@pytest.mark.parametrize("settings", [None, {"radius": 2, "sigma": 1, "exponent": -1}, {"kind": "soft-argmax"}, {"kind": "hard argmax"}])
def test_why_ends_in_the_displacement_of_the_field(api, moving, camouflage, settings):
    """In cells what the reading says there in pixels; the weights sum to one, and the peak is where the correlation is largest."""
    pair, (row, column) = 3, first_selection(moving, Selection(3)).cell
    answer = strict(api.why(camouflage, "", {"start": 0.0}, pair, row, column, knobs=settings))
    correspondences = moving.correspondences.with_settings(**settings or {}).of_pair(pair)
    field = correspondences.displacement()[0, :, row, column]
    assert np.array(answer["displacement"]) * correspondences.cell == pytest.approx(field, abs=1e-3)
    assert answer["confidence"] == pytest.approx(correspondences.confidence()[0, row, column], abs=1e-6)

    correlation, weights = np.array(answer["correlation"], np.float32), np.array(answer["weights"])
    assert np.array_equal(correlation, correspondences.correlation[0, row, column]) and weights.sum() == pytest.approx(1, abs=1e-5)
    offsets = np.arange(len(weights)) - len(weights) // 2
    assert [weights.sum(axis=0) @ offsets, weights.sum(axis=1) @ offsets] == pytest.approx(answer["displacement"], abs=1e-4)
    x, y = answer["peak"]
    assert x != y, "so that they cannot be exchanged"
    assert correlation[y + correspondences.motion.radius, x + correspondences.motion.radius] == correlation.max()
    assert np.array(answer["kernel"]).shape == weights.shape


def test_what_if_is_that_of_the_package(api, networks, camouflage):
    """Every class of every question by name, None for one that could not be asked; share and checks likewise."""
    for network in ("msnet-tiny", "tsm-tiny"):
        exploration = networks.look(camouflage, network, start=1.0)
        facts, result = strict(api.what_if(camouflage, network, {"start": 1.0})), wb.what_if(networks.explorer(network), exploration)
        assert facts["motion_share"] == result.motion_share
        assert facts["as seen"] == dict(zip(exploration.labels, result.unaltered.astype(float), strict=True))
        assert list(facts["answers"]) == [answer.name for answer in result.answers]
        for answer in result.answers:
            probabilities = facts["answers"][answer.name]
            assert (probabilities is None) == (answer.probabilities is None)
            assert probabilities is None or list(probabilities.values()) == pytest.approx(answer.probabilities)
        assert (facts["answers"]["module off"] is None) == (network == "tsm-tiny")
        assert [(check["question"], check["passed"], check["sentence"]) for check in facts["checks"]] == [
            (check.question, check.passed, check.sentence) for check in result.checks
        ]


def test_tracks_are_those_of_the_package(api, moving, camouflage):
    """From a frame in the middle both ways; what JSON does not have is null."""
    points = [[128.0, 100.0], [1.0, 200.0]]
    facts = strict(api.tracks(camouflage, "", {"start": 0.0}, points, 3))
    tracks = follow_points(moving.correspondences, points, 3, moving.frames.shape[1:3])
    assert np.array(facts["points"], float) == pytest.approx(tracks.points, nan_ok=True)
    assert np.array(facts["probability"], float) == pytest.approx(tracks.probability, nan_ok=True)
    assert facts["points"][3] == points
    assert facts["consistent"] == tracks.consistent.tolist()
    assert facts["schema"] == 1


@pytest.mark.parametrize("points", [None, [], [1, 2], [[1, 2, 3]], [["1", "2"]], [[True, 1]], [[10**400, 1]], [[1, 2]] * 1001])
def test_points_that_are_none_are_refused(api, camouflage, points):
    with pytest.raises(ValueError, match="points are 1 to 1000 pairs of numbers"):
        api.tracks(camouflage, "", {}, points)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (lambda api, camouflage: api.tracks(camouflage, "", {}, [[999, 1]]), "must lie within the 256 x 256 pixels"),
        (lambda api, camouflage: api.tracks(camouflage, "", {}, [[9, 1]], 8), "one of the frames 0 to 7"),
        (lambda api, camouflage: api.predict("nowhere.mp4"), "nowhere.mp4 is no longer here"),
        (lambda api, camouflage: api.predict(camouflage, "../secret"), "no checkpoint '../secret'"),
        (lambda api, camouflage: api.predict(camouflage, "", {"frames": 1}), "2 to 32"),
        (lambda api, camouflage: api.predict(camouflage, "", {"strid": 2}), "no parameter 'strid'; did you mean 'stride'"),
        (lambda api, camouflage: api.predict(camouflage, "", {"stride": "two"}), "stride must be"),
        (lambda api, camouflage: api.why(camouflage, "", {}, 0, 0, 0, knobs={"sigmo": 1}), "no parameter 'sigmo'; did you mean 'sigma'"),
        (lambda api, camouflage: api.why(camouflage, "", {}, 0, 0, 0, knobs={"kind": "argmax"}), "kind must be one of"),
        (lambda api, camouflage: api.what_if(camouflage, "", {"start": 99.0}), "start within"),
        (lambda api, camouflage: api.predict(camouflage, "", {"name": "tsm-tiny", "video": 1}), "no parameter"),
        (lambda api, camouflage: api.predict(""), "no video was given"),
        (lambda api, camouflage: api.why(camouflage, "", {}, None, 0, 0), "pair, row and column are whole numbers"),
        (lambda api, camouflage: api.why(camouflage, "", {}, 0, 0, 0, knobs=[1]), "knobs are names with values"),
        (lambda api, camouflage: api.why(camouflage, "", {}, 0, 0, 0, knobs={"exponent": 1e9}), "temperature"),
        (lambda api, camouflage: mapping("wishes", "start"), "wishes are names with values"),
        (lambda api, camouflage: api.why(camouflage, "", {}, 7, 0, 0), "pair must be one of 0 to 6, got 7"),
        (lambda api, camouflage: api.why(camouflage, "", {}, 0, 999, 0), "no cell 999, 0"),
        (lambda api, camouflage: api.why(camouflage, "tsm-tiny", {}, 0, 0, 0), "tsm-tiny has no motion module; say a layer"),
    ],
)
def test_what_cannot_be_is_a_sentence(api, camouflage, question, words):
    with pytest.raises(ValueError, match=words):
        question(api, camouflage)


def test_a_layer_gives_a_network_without_the_module_an_answer(api, camouflage):
    answer = api.why(camouflage, "tsm-tiny", {"layer": "layer2"}, 0, 0, 0)
    assert 0 <= answer["confidence"] <= 1.001
    assert len(answer["displacement"]) == 2
