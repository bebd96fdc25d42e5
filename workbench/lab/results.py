"""results/*.csv <-> the tables and the picture that README shows: generated, so that they cannot drift apart."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "results"


def read_rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


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


def markdown(lines: list[list[str]]) -> str:
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])


def percent(fraction: str) -> str:
    return f"{100 * float(fraction):.1f} %"


def fill_readme(text: str) -> str:
    """README with each table between its marks, `<!-- results: NAME -->` and `<!-- end -->`, made anew from results/."""
    alphabet, speed = read_rows(RESULTS / "alphabet.csv"), read_rows(RESULTS / "speed.csv")
    tables = {"accuracy": accuracy_table(alphabet), "error": error_table(alphabet), "speed": speed_table(speed)}
    for name, table in tables.items():
        text = re.sub(rf"(<!-- results: {name} -->\n).*?(<!-- end -->)", lambda m, t=table: f"{m[1]}{t}\n{m[2]}", text, flags=re.DOTALL)
    return text


def main() -> None:
    readme = ROOT / "README.md"
    readme.write_text(fill_readme(readme.read_text()))


if __name__ == "__main__":
    main()
