"""The `workbench` command: predict, train, evaluate, study, doctor and the rest, as thin functions over the package."""

import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import tyro

from workbench.data.doctor import diagnose
from workbench.data.flow_pairs import read_flow_pairs
from workbench.draw.canvas import as_png
from workbench.draw.flow_report import draw_flow_report
from workbench.draw.report import draw_dataset_report
from workbench.draw.studies import draw_study_sheet
from workbench.experiments.job import lock
from workbench.experiments.notebooks import (
    as_parameters,
    check_names,
    complaint,
    default_parameters,
    execute_notebook,
    find_notebook,
    make_gallery,
)
from workbench.experiments.print_records import Interruption, is_first, print_records
from workbench.experiments.publish import SPLIT, make_checkpoints, write_readme
from workbench.experiments.recipe_tables import beside_reported, class_table, recipe_sheet, recipe_table, record_result
from workbench.experiments.reproduce import ReproduceConfig, reproduce
from workbench.experiments.results import read_study
from workbench.experiments.runner import count_runs
from workbench.experiments.study import Study
from workbench.explore import export
from workbench.explore.annotations import write_film_files
from workbench.explore.batch import predict_videos, videos_of, write_table
from workbench.explore.calibration import calibrate, held_out_scenes
from workbench.explore.config import AS_TRAINED, LookConfig
from workbench.explore.explorer import Explorer
from workbench.explore.flow_benchmark import evaluate_flow
from workbench.explore.matching import NO_CHANGES, MatchSettings
from workbench.explore.video_pairs import read_video_pairs
from workbench.hosting.options import Hosting
from workbench.model import hub
from workbench.model.backbone import StageName
from workbench.model.checkpoint import write_calibration
from workbench.parameters import config_of
from workbench.paths import PROJECT, RESULTS
from workbench.text import markdown_table, table_lines
from workbench.training.alphabet import train
from workbench.training.config import TrainConfig
from workbench.training.fit import fit
from workbench.training.fit_config import FitConfig
from workbench.training.recipes import find_recipe


def recipes(name: tyro.conf.Positional[str] = "") -> None:
    """List the recipes with parameters, MACs, the paper's number and ours; or show one of them whole.

    Args:
        name: of a recipe.
    """
    print(recipe_sheet(name) if name else recipe_table())


def train_recipe(config: tyro.conf.OmitArgPrefixes[FitConfig]) -> None:
    """Train by a recipe, `workbench train RECIPE --data DIR`, and print a line an epoch.

    Several GPUs: `torchrun --nproc-per-node 8 -m workbench.cli train RECIPE --data DIR`.

    Args:
        config: the run.
    """
    if is_first():
        print(config, file=sys.stderr)
    print_records(fit(config), config.output)
    if is_first() and config.output:
        print(f"{config.output}: workbench app --checkpoint {config.output} opens it in the page", file=sys.stderr)


def evaluate_recipe(config: tyro.conf.OmitArgPrefixes[ReproduceConfig], per_class: bool = False, record: bool = False) -> None:
    """Test a recipe's network on a whole split, `workbench evaluate RECIPE --data DIR --checkpoint F`, F and F2 for an ensemble.

    Args:
        config: the test.
        per_class: print a table of the classes, too.
        record: write the result to results/, where `workbench recipes` shows it beside the paper's.
    """
    done = reproduce(config)
    if not is_first():
        return
    for scores in {each.network: each for each in (*done.members, done.scores)}.values():
        print(scores)
    print(beside_reported(config.recipe, done.scores))
    if per_class:
        print(class_table(done.scores.evaluation()))
    if record:
        record_result(config.recipe, done.scores, config.split, config.fold)


def doctor(
    data: tyro.conf.Positional[Path],
    layout: str = "auto",
    fold: int = 1,
    frames: int = 8,
    every_frame: bool = False,
    processes: int = 0,
    html: Path | None = None,
    as_json: Annotated[Path | None, tyro.conf.arg(name="json")] = None,
) -> None:
    """Look for what is wrong with a data set; exit code 0 if it can be used, 1 if it is broken.

    Args:
        data: its folder.
        layout: how it is laid out; by default that is found out.
        fold: of HMDB-51 or UCF-101.
        frames: of the clips asked for; a shorter video is a finding.
        every_frame: decode all frames instead of the first, the middle and the last.
        processes: of decoding, 0 for one a core.
        html: a file for the report with all names, which opens without a server.
        as_json: a file for the same as JSON.
    """
    diagnosis = diagnose(data, layout, fold, frames, every_frame, processes)
    print(diagnosis)
    if html:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(draw_dataset_report(diagnosis), encoding="utf-8")
    if as_json:
        diagnosis.save(as_json)
    sys.exit(int(diagnosis.broken))


def push_checkpoint(checkpoint: tyro.conf.Positional[str], repo: tyro.conf.Positional[str], public: bool = False) -> None:
    """Put a checkpoint, with a model card, on the Hugging Face hub or into a folder.

    Args:
        checkpoint: a file, or the name of a run.
        repo: hf:owner/name on the hub, or a folder.
        public: for everyone to see; a new repository is private otherwise.
    """
    print(hub.push(checkpoint, repo, private=not public))


def pull_checkpoint(repo: tyro.conf.Positional[str], folder: Path | None = None) -> None:
    """Fetch a checkpoint from the Hugging Face hub or from a folder, and print where it lies.

    Args:
        repo: hf:owner/name, hf:owner/name@revision, or a folder.
        folder: to put it into; by default the hub's cache.
    """
    print(hub.pull(repo, folder))


def measure_flow(
    folder: tyro.conf.Positional[Path],
    checkpoint: tuple[str, ...] = (),
    against: Literal["truth", "dis", "dis-both-ways"] = "truth",
    resolution: int | None = None,
    layer: StageName | None = None,
    settings: MatchSettings = NO_CHANGES,
    html: Path | None = None,
    csv: Path | None = None,
) -> None:
    """Measure displacements against the true ones of real pairs of pictures, `workbench evaluate-flow DIR`, beside the simplest answers.

    Args:
        folder: pairs with .flo, .npz, KITTI's .png or disparity maps, as FlyingChairs, Sintel, KITTI and Middlebury come; or videos.
        checkpoint: networks, by default the shipped MSNet.
        against: the truth; or for a video or a folder of videos, of which it is not known, optical flow (DIS), everywhere or only where its
            way back ends where it began. DIS is wrong, too.
        resolution: short side in pixels at which pictures are matched.
        layer: the stage whose features are matched.
        settings: of the estimate, as the page's "Why this arrow?" has them.
        html: a file for the report with every pair, which opens without a server; of several networks that of the last.
        csv: a file for the table of every pair and method; NAME_confidence.csv beside it says how well the confidences rank.
    """
    config, tables, rankings = LookConfig(resolution=resolution, layer=layer), [], []
    for name in checkpoint or (None,):
        explorer = Explorer.load(name)
        pairs = read_flow_pairs(folder) if against == "truth" else read_video_pairs(folder, explorer, against == "dis-both-ways")
        evaluation = evaluate_flow(pairs, explorer, config, settings)
        tables.append(evaluation.table())
        rankings.append(evaluation.rankings())
        print(markdown_table(table_lines(evaluation.means())), markdown_table(table_lines(rankings[-1], digits=2)), sep="\n\n", end="\n\n")
        if html:
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(draw_flow_report(evaluation), encoding="utf-8")
    if csv:
        csv.parent.mkdir(parents=True, exist_ok=True)
        for path, rows in ((csv, tables), (csv.with_stem(f"{csv.stem}_confidence"), rankings)):
            pd.concat(rows).round(4).to_csv(path, index=False, lineterminator="\n")


def calibrate_checkpoint(checkpoint: tyro.conf.Positional[Path]) -> None:
    """Learn from generated scenes how probable a network's matches are, `workbench calibrate FILE`, and write it into its file.

    Printed is how well the probability ranks, and how far from the truth it is, on other scenes.

    Args:
        checkpoint: a file of the workbench, of a network with a motion module.
    """
    calibration = calibrate(Explorer.load(checkpoint), list(held_out_scenes()))
    write_calibration(checkpoint, calibration)
    print(calibration)
    rankings = evaluate_flow(held_out_scenes("test"), Explorer.load(checkpoint)).rankings()
    print(markdown_table(table_lines(rankings, digits=2)))


def predict(
    video: tyro.conf.Positional[Path],
    config: tyro.conf.OmitArgPrefixes[LookConfig] = AS_TRAINED,
    checkpoint: Path | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json")] = False,
    as_csv: Annotated[bool, tyro.conf.arg(name="csv")] = False,
    output: Path | None = None,
    scores: Path | None = None,
    segments: Path | None = None,
) -> None:
    """Name the motion in a video: the most probable classes of one clip of it. With --csv a row for each video of a folder.

    Exit code 1 where a video of the folder could not be read, whose row says why.

    Args:
        video: a video file, an animated GIF, a folder of pictures, or with --csv a folder of any of them.
        config: what to look at, and how.
        checkpoint: weights to use instead of the shipped MSNet.
        as_json: print one JSON object.
        as_csv: print a table with a row for each video; one that cannot be read has a sentence in the column error.
        output: a file for the table of --csv, which is whole after every video.
        scores: a file for the scores of the whole video in windows that slide over it, .csv or .json.
        segments: a file for the segments of the whole video by class, .csv, .json, or .eaf for ELAN.
    """
    if as_csv and (as_json or scores or segments):
        raise ValueError("--csv is a table of clips, one a video; --json, --scores and --segments are for one video, without it")
    if output and not as_csv:
        raise ValueError("--output is the file of the table that --csv makes; add --csv")
    explorer = Explorer.load(checkpoint)
    if as_csv:
        sys.exit(int(write_table(predict_videos(explorer, videos_of(video), config, video), output) > 0))
    if video.is_dir() and (videos := videos_of(video)) != [video]:
        raise ValueError(f"{video} is a folder with {len(videos)} videos; add --csv for a row of each")
    if scores or segments:
        write_film_files(explorer, video, config, scores, segments)
        if not as_json:
            return
    exploration = explorer.look_at_span(video, config)
    if as_json:
        print(export.as_json(exploration))
        return
    frames = ", ".join(map(str, exploration.indices))
    print(f"{exploration.name}: frames {frames} at {exploration.info.fps:.4g} fps, read by {exploration.backend}")
    if exploration.config.view_words:
        print(f"the answer is {exploration.config.view_words}")
    if exploration.doubt:
        print(exploration.doubt)
    for label, probability in exploration.top():
        print(f"{probability:7.1%}  {label}")


def train_alphabet(
    config: tyro.conf.AvoidSubcommands[tyro.conf.OmitArgPrefixes[TrainConfig]],
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
    print_records(train(config), config.output)


def study(name: tyro.conf.Positional[str], settings: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()) -> None:
    """Run a study: the notebook of an ablation, which executes only the runs that are missing.

    The executed notebook goes to runs/studies/. At its own budget its runs become results/NAME.csv. How many of its runs are done is
    printed at its start and at its end.

    Args:
        name: of the notebook, for example 21_displacement_range.
        settings: parameters to change, for example clips=9216 seeds=5.
    """
    notebook, parameters = find_notebook(name), as_parameters(settings)
    check_names(notebook, parameters)
    grid = config_of(Study, {**default_parameters(notebook), **parameters})
    with lock(grid.output):  # before anything is written into it
        counts = count_runs(grid)
    print(f"{grid.name}: {counts.done} of {counts.total} runs are done, {counts.total - counts.done} to do", flush=True)
    executed = grid.output / notebook.stem / notebook.name
    try:
        execute_notebook(notebook, executed, parameters, folder=Path.cwd(), log=True)
    except KeyboardInterrupt:
        raise Interruption(
            f"Stopped: {count_runs(grid)}; what is done is kept, with {executed}.\nThe same command makes those that are missing."
        ) from None
    except Exception as error:
        raise ValueError(f"{executed} stopped: {complaint(error)}; {count_runs(grid)}") from error
    print(f"{grid.name}: {count_runs(grid)}")
    if not settings:
        shutil.copy(executed.with_name("results.csv"), RESULTS / f"{notebook.stem}.csv")


def gallery(folder: Path = Path("gallery"), only: tuple[str, ...] = ()) -> None:
    """Execute the notebooks at their default budget into HTML pages that open without a server.

    Args:
        folder: for the pages; index.html leads to them.
        only: names of notebooks, to make some of them.
    """
    for page in make_gallery(folder, only):
        print(page, flush=True)


def readme() -> None:
    """Fill the tables and figures of README, docs/results.md and docs/recipes.md from results/."""
    write_readme()
    (PROJECT / "docs" / "recipes.md").write_text(f"# Recipes\n\n{recipe_table()}\n", encoding="utf-8")
    for name, split in SPLIT.items():
        rows = read_study(RESULTS / f"{name}.csv")
        (PROJECT / "docs" / f"{name}.png").write_bytes(as_png(draw_study_sheet(rows, split)))


def app(hosting: tyro.conf.OmitArgPrefixes[Hosting]) -> None:
    """Open the page at http://127.0.0.1:7860.

    Args:
        hosting: for whom it is open, and with which networks.
    """
    page = PROJECT / "app.py"
    if not page.exists():
        raise FileNotFoundError(f"{page.name} is not beside the installed package; run `workbench app` from a clone installed with pip -e")
    sys.path.insert(0, str(page.parent))
    import_module("app").open_page(hosting)


def with_recipe(words: list[str]) -> list[str]:
    """The words of a command with the name of a recipe, where `train` or `evaluate` has one, as an option. Raises ValueError for a
    name that is none."""
    if words[:1] not in (["train"], ["evaluate"]) or not words[1:] or words[1].startswith("-"):
        return words
    return [words[0], "--recipe", find_recipe(words[1]).name, *words[2:]]


def main() -> None:
    """Run a command; what the user can put right is one sentence and exit code 2."""
    try:
        words = with_recipe(sys.argv[1:])
        tyro.extras.subcommand_cli_from_dict(
            {
                "predict": predict,
                "train": train_recipe if "--recipe" in words else train_alphabet,
                "evaluate": evaluate_recipe,
                "evaluate-flow": measure_flow,
                "calibrate": calibrate_checkpoint,
                "recipes": recipes,
                "doctor": doctor,
                "push": push_checkpoint,
                "pull": pull_checkpoint,
                "study": study,
                "gallery": gallery,
                "checkpoints": make_checkpoints,
                "readme": readme,
                "app": app,
            },
            args=words,
            prog="workbench",
            description="MotionSqueeze: use, study and teach learned motion features.",
        )
    except (Interruption, KeyboardInterrupt) as stop:
        if is_first():
            print(stop if str(stop) else "Stopped.", file=sys.stderr)
        sys.exit(130)
    except (ValueError, OSError, RuntimeError, ImportError, FloatingPointError) as error:
        print(f"workbench: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
