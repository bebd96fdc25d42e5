"""What all tests share: shapes are checked, nothing is sent out, and a browser is there or said to be missing."""

import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: the tests share the cores, not their threads

import jaxtyping
import matplotlib
import pytest

# Before anything imports the package: every annotated function of it checks types and shapes while tests run.
jaxtyping.install_import_hook("workbench", "numeric_tower.check_types")

os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1")
matplotlib.use("Agg")  # not MPLBACKEND: the kernels of tested notebooks would inherit it and show no figure

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def pytest_configure(config: pytest.Config) -> None:
    folder = tempfile.mkdtemp(prefix="workbench-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ.update(GRADIO_TEMP_DIR=f"{folder}/gradio", GRADIO_EXAMPLES_CACHE=f"{folder}/examples", WORKBENCH_CACHE=f"{folder}/cache")


LONGEST_FIRST = (
    "test_notebooks.py",
    "experiments/test_runner.py",
    "model/test_compile.py",
    "app/test_visitors.py",
    "app/test_input.py",
    "app/test_requests.py",
    "app/test_sections.py",
    "app/test_pictures.py",
    "test_jupyterlab.py",
    "training/test_fit.py",
    "training/test_alphabet.py",
)  # so that no core waits for them at the end


def place(item: pytest.Item) -> int:
    """Where the test's file stands among those; one that is not named comes after them."""
    places = (number for number, name in enumerate(LONGEST_FIRST) if item.path.as_posix().endswith(f"tests/{name}"))
    return next(places, len(LONGEST_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=place)
    for item in items:
        if "browser_type_launch_args" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Launches the machine's own Chromium; without one the test is skipped, and under CI it fails."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("no Chromium on this machine (looked for chromium, chromium-browser, google-chrome)")

    args = ["--disable-gpu", "--disable-background-networking"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium refuses to start as root with its sandbox
    return {**browser_type_launch_args, "executable_path": browser, "args": args}


@pytest.fixture
def outside_requests(page) -> list[str]:
    """Grows by every address that the page asks for beyond this machine; a page that works offline leaves it empty."""
    addresses: list[str] = []
    local = ("http://127.0.0.1:", "http://localhost:", "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else addresses.append(request.url))
    return addresses


@pytest.fixture(scope="session")
def explorer():
    """The shipped MSNet, loaded once."""
    import workbench

    return workbench.Explorer.load()


@pytest.fixture(scope="session")
def nasa() -> str:
    import workbench

    return str(next(sample.path for sample in workbench.sample_videos() if sample.name == "nasa"))


@pytest.fixture(scope="session")
def camouflage() -> str:
    """Generated, short and small: quickly looked at."""
    import workbench

    return str(next(sample.path for sample in workbench.sample_videos() if sample.name == "camouflage"))


@pytest.fixture(scope="session")
def networks():
    """The shipped networks."""
    from workbench.page.networks import NetworkLibrary

    return NetworkLibrary()


@pytest.fixture(scope="session")
def exploration(networks, nasa: str):
    return networks.look(nasa)


@pytest.fixture(scope="session")
def tsm_exploration(networks, nasa: str):
    """By a network without a motion module."""
    return networks.look(nasa, "tsm-tiny")
