"""torch.compile and torch.export give the same numbers."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Inductor writes C++ for the CPU; where nothing can compile that, the graphs are still traced and run.
BACKEND = "inductor" if shutil.which("g++") or shutil.which("clang++") else "aot_eager"


# By the compiler that is used for speed, but the training step: Inductor agrees to 2e-12 there, and takes two minutes.
BACKENDS = {"export": "none", "inference": BACKEND, "correlation": BACKEND, "training": "aot_eager"}


@pytest.fixture(scope="module")
def differences() -> dict[str, dict[str, float]]:
    """In a process of its own: the checks that the tests hang on every annotated function cannot be traced."""
    script = Path(__file__).with_name("compiled_numbers.py")
    done = subprocess.run([sys.executable, script, json.dumps(BACKENDS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_exported_network_answers_as_the_plain_one(differences):
    assert max(differences["export"].values()) < 1e-5


@pytest.mark.slow
def test_the_compiled_network_answers_as_the_plain_one(differences):
    assert max(differences["inference"].values()) < 1e-5


@pytest.mark.slow
def test_the_compiled_correlation_has_the_same_gradient(differences):
    """The backward pass written by hand, in float64."""
    assert max(differences["correlation"].values()) < 1e-12


@pytest.mark.slow
def test_a_compiled_training_step_has_the_same_gradients(differences):
    """Every parameter's, in float64; only the tracing is tried here."""
    assert max(differences["training"].values()) < 1e-9
