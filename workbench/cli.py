"""The `workbench` command."""

import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import tyro

import workbench as wb
from workbench import commands


def predict(
    video: tyro.conf.Positional[Path],
    checkpoint: Path | None = None,
    start: float | None = None,
    seconds: float | None = None,
    clips: int = 1,
    crops: int = 1,
    as_json: Annotated[bool, tyro.conf.arg(name="json")] = False,
) -> None:
    """Name the motion in a video: the most probable classes of one clip of it.

    Args:
        video: a video file, an animated GIF or a folder of pictures.
        checkpoint: weights to use instead of the shipped MSNet.
        start: where the clip begins, in seconds; by default it is the middle of the video.
        seconds: how long the clip lasts; by default as long as the network was trained on.
        clips: over the video, whose answers are averaged; 1 is the one said.
        crops: of each clip: 1, the centre, or 3.
        as_json: print one JSON object.
    """
    seen = wb.Explorer.load(checkpoint).look(video, start=start, seconds=seconds, clips=clips, crops=crops)
    if as_json:
        print(wb.as_json(seen))
        return
    print(f"{seen.name}: frames {', '.join(map(str, seen.indices))} at {seen.info.fps:.4g} fps, read by {seen.backend}")
    if seen.config.averaged:
        print(f"the answer is {seen.config.averaged}")
    for label, probability in seen.top(5):
        print(f"{probability:7.1%}  {label}")


def train(
    config: tyro.conf.AvoidSubcommands[tyro.conf.OmitArgPrefixes[wb.TrainConfig]],
    network: Literal["msnet", "tsm", "tsn"] = "msnet",
) -> None:
    """Train a network on the motion alphabet and print a line an epoch.

    On a data set by a recipe: `workbench train RECIPE --data DIR`, of which `workbench train RECIPE --help` tells more.

    Args:
        config: the run.
        network: "tsm" leaves the motion module out, "tsn" the temporal shift as well.
    """
    if network != "msnet":
        shift_div = config.model.shift_div if network == "tsm" else None
        config = replace(config, model=replace(config.model, motion=None, shift_div=shift_div))
    for record in wb.train(config):
        commands.print_record(record)


def study(name: tyro.conf.Positional[str], settings: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()) -> None:
    """Run a study: the notebook of an ablation, which executes only the runs that are missing.

    The executed notebook goes to runs/studies/. At its own budget its runs become results/NAME.csv.

    Args:
        name: of the notebook, for example 21_displacement_range.
        settings: parameters to change, for example clips=9216 seeds=5.
    """
    notebook, parameters = wb.find_notebook(name), wb.as_parameters(settings)
    wb.check_names(notebook, parameters)
    executed = Path(parameters.get("output", "runs/studies")) / notebook.stem / notebook.name
    try:
        wb.execute_notebook(notebook, executed, parameters, folder=Path.cwd(), log=True)
    except Exception as error:
        raise ValueError(f"{executed} stopped: {wb.complaint(error)}") from error
    if not settings:
        shutil.copy(executed.with_name("results.csv"), wb.results.RESULTS / f"{notebook.stem}.csv")


def gallery(folder: Path = Path("gallery"), only: tuple[str, ...] = ()) -> None:
    """Execute the notebooks at their default budget into HTML pages that open without a server.

    Args:
        folder: for the pages; index.html leads to them.
        only: names of notebooks, to make some of them.
    """
    for page in wb.make_gallery(folder, only):
        print(page, flush=True)


def readme() -> None:
    """Fill README's tables and figures, and docs/recipes.md, from results/."""
    wb.write_readme()
    (wb.results.ROOT / "docs" / "recipes.md").write_text(f"# Recipes\n\n{wb.recipe_table()}\n", encoding="utf-8")
    for name, split in wb.SPLIT.items():
        rows = wb.results.read_rows(wb.results.RESULTS / f"{name}.csv")
        (wb.results.ROOT / "docs" / f"{name}.png").write_bytes(wb.show(wb.draw_study_sheet(rows, split)).data)


def checkpoints(
    seed: int = 0, clips: int = 98_304, only: tuple[str, ...] = (), runs: Path = Path("runs/shipped"), device: str = "auto"
) -> None:
    """Train the shipped MSNet, TSM and TSN again, and write their accuracy to results/.

    Args:
        seed: of the weights, the clips and their order.
        clips: the training budget of each network.
        only: names of networks, to train some of the three.
        runs: folder for the states from which a killed run goes on.
        device: "auto", "cpu" or "cuda".
    """
    wb.make_checkpoints(seed, clips, only, runs, device)


def app(hosting: tyro.conf.OmitArgPrefixes[wb.Hosting]) -> None:
    """Open the page at http://127.0.0.1:7860.

    Args:
        hosting: for whom it is open, and with which networks.
    """
    page = Path(wb.__file__).parent.parent / "app.py"
    if not page.exists():
        raise FileNotFoundError(f"{page.name} is not beside the installed package; run `workbench app` from a clone installed with pip -e")
    sys.path.insert(0, str(page.parent))
    import_module("app").open_page(hosting)


def with_recipe(words: list[str]) -> list[str]:
    """The words of a command with the name of a recipe, where `train` or `evaluate` has one, as an option. Raises ValueError for a
    name that is none."""
    if words[:1] not in (["train"], ["evaluate"]) or not words[1:] or words[1].startswith("-"):
        return words
    return [words[0], "--recipe", wb.find_recipe(words[1]).name, *words[2:]]


def main() -> None:
    """Run a command; what the user can put right is one sentence and exit code 2."""
    try:
        words = with_recipe(sys.argv[1:])
        tyro.extras.subcommand_cli_from_dict(
            {
                "predict": predict,
                "train": commands.train_recipe if "--recipe" in words else train,
                "evaluate": commands.evaluate,
                "recipes": commands.recipes,
                "doctor": commands.doctor,
                "push": commands.push,
                "pull": commands.pull,
                "study": study,
                "gallery": gallery,
                "checkpoints": checkpoints,
                "readme": readme,
                "app": app,
            },
            args=words,
            prog="workbench",
            description="MotionSqueeze: use, study and teach learned motion features.",
        )
    except (ValueError, OSError, RuntimeError, ImportError, FloatingPointError) as error:
        print(f"workbench: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
