"""results/*.csv -> the tables and sentences that README shows: generated, so that they cannot drift apart."""

import re

from workbench.lab.learnt import learnt
from workbench.lab.results import RESULTS, ROOT, markdown, read_rows

SPLIT = {
    "20_kernel_size": "camouflage",
    "21_displacement_range": "speed",
    "22_insertion_layer": "speed",
    "23_what_makes_it_work": "camouflage",
}  # the studies, and what each is split by


def accuracy_table(rows: list[dict[str, str]]) -> str:
    """One line a network, one column a data set: accuracy with its 95 % interval."""
    data = list(dict.fromkeys(row["data"] for row in rows))
    lines = [["network", *data, "training"]]
    for name in dict.fromkeys(row["model"] for row in rows):
        mine = {row["data"]: row for row in rows if row["model"] == name}
        cells = [f"{percent(row['accuracy'])} ({percent(row['low'])} to {percent(row['high'])})" for row in mine.values()]
        any_row = next(iter(mine.values()))
        lines.append([name, *cells, f"{int(any_row['training_clips']):,} clips, {int(any_row['training_seconds']) / 60:.0f} min"])
    return markdown(lines)


def error_table(rows: list[dict[str, str]]) -> str:
    """Endpoint error of the learned displacement in pixels, over all visible cells and over those that move."""
    lines = [["MSNet's displacement", "all cells", "moving cells"]]
    lines += [[row["data"], row["endpoint_error"], row["moving_error"]] for row in rows if row["endpoint_error"] != "nan"]
    return markdown(lines)


def speed_table(rows: list[dict[str, str]]) -> str:
    return markdown([["what", "milliseconds"], *([row["what"], row["milliseconds"]] for row in rows)])


def loading_table(rows: list[dict[str, str]]) -> str:
    return markdown([["clips", "loader's processes", "a second"], *([row["what"], row["workers"], row["per_second"]] for row in rows)])


def percent(fraction: str) -> str:
    return f"{100 * float(fraction):.1f} %"


def study_text(name: str) -> str:
    """What a study taught, in the sentences that its notebook ends with; and its runs."""
    rows = read_rows(RESULTS / f"{name}.csv")
    seeds, seconds = len({row["seed"] for row in rows}), sum(float(row["seconds"]) for row in rows)
    clips = sorted({int(float(row["training_clips"])) for row in rows})
    budget = " or ".join(f"{count:,}" for count in clips)
    machines = " and ".join(dict.fromkeys(row["machine"].replace("1 threads", "1 thread") for row in rows))
    cost = f"{len(rows)} runs, {seeds} seeds, {budget} training clips each, {seconds / 60:.0f} min added up, {machines}"
    return f"{learnt(rows, SPLIT[name])} ({cost}.)"


def parallel_text(rows: list[dict[str, str]]) -> str:
    """What running side by side gains."""
    most = max(rows, key=lambda row: int(row["processes"]))
    return (
        f"{most['processes']} runs side by side take {most['gain']} times less time than one after the other, "
        f"{most['threads_of_a_run']} thread each (`python benchmarks/parallel.py`)."
    )


def fill_readme(text: str) -> str:
    """README with each table between its marks, `<!-- results: NAME -->` and `<!-- end -->`, made anew from results/."""
    alphabet, speed = read_rows(RESULTS / "alphabet.csv"), read_rows(RESULTS / "speed.csv")
    tables = {"accuracy": accuracy_table(alphabet), "error": error_table(alphabet), "speed": speed_table(speed)}
    tables["loading"] = loading_table(read_rows(RESULTS / "loading.csv"))
    tables |= {"parallel": parallel_text(read_rows(RESULTS / "parallel.csv")), "page": speed_table(read_rows(RESULTS / "page.csv"))}
    tables |= {f"study {name}": study_text(name) for name in SPLIT if (RESULTS / f"{name}.csv").exists()}
    for name, table in tables.items():
        text = re.sub(rf"(<!-- results: {name} -->\n).*?(<!-- end -->)", lambda m, t=table: f"{m[1]}{t}\n{m[2]}", text, flags=re.DOTALL)
    return text


def write_readme() -> None:
    readme = ROOT / "README.md"
    readme.write_text(fill_readme(readme.read_text(encoding="utf-8")), encoding="utf-8")
