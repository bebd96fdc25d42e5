"""What ends a run is said so that one can go on: a folder that takes nothing, a loss that is no number."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from workbench.model.msnet import MSNet
from workbench.paths import check_writable
from workbench.training import loop
from workbench.training.alphabet import train
from workbench.training.config import TINY, TrainConfig

SHORT = TrainConfig(
    clips=8, batch_size=4, epochs=1, size=32, validation_clips=4, model=replace(TINY, dropout=0.0), progress=False, workers=0
)


def test_a_folder_that_takes_nothing_is_noticed_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands in its place."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(loop, "begin_training", lambda *_: pytest.fail("trains"))
    with pytest.raises(OSError, match=r"nothing can be written into the output folder .*choose another one"):
        next(train(replace(SHORT, output=tmp_path / "file" / "run")))


def test_looking_whether_a_folder_can_be_written_leaves_nothing_in_it(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "run")
    assert list((tmp_path / "new" / "run").iterdir()) == []


def test_weights_that_are_no_numbers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    original = MSNet.__init__

    def broken(self: MSNet, config) -> None:
        original(self, config)
        with torch.no_grad():
            self.fc.bias[0] = torch.nan

    monkeypatch.setattr(MSNet, "__init__", broken)
    with pytest.raises(FloatingPointError, match=r"step 1 of epoch 1: fc\.bias and 0 more weights were no numbers"):
        next(train(SHORT))


def test_a_loader_leaves_interrupts_to_the_run() -> None:
    before = signal.getsignal(signal.SIGINT)
    loop.leave_interrupts(0)
    ignored = signal.signal(signal.SIGINT, before)
    assert ignored == signal.SIG_IGN


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a step: the step is done, the state is kept, and the end is the same to the bit."""
    whole = [replace(record, seconds=0, clips_per_second=0) for record in train(SHORT)]
    original = loop.optimise

    def press(*args) -> float:
        signal.raise_signal(signal.SIGINT)
        return original(*args)

    monkeypatch.setattr(loop, "optimise", press)
    with pytest.raises(KeyboardInterrupt):
        next(train(replace(SHORT, output=tmp_path)))
    monkeypatch.setattr(loop, "optimise", original)
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 1
    assert [replace(record, seconds=0, clips_per_second=0) for record in train(replace(SHORT, output=tmp_path))] == whole


def test_afterwards_interrupts_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    next(train(SHORT))
    assert signal.getsignal(signal.SIGINT) == before
