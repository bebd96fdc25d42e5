"""Take it away: the link and the command that make the same picture, and files of what was found."""

import os
import tempfile
from pathlib import Path
from typing import Any

from workbench.look.explore import Exploration
from workbench.look.export import as_csv, as_json, as_npz
from workbench.page.correspond import Spot
from workbench.page.desk import Desk
from workbench.page.link import to_parameters, to_query
from workbench.page.markup import note
from workbench.page.picture import picture_of
from workbench.page.refusal import REFUSED
from workbench.page.whole import whole_report
from workbench.page.why import Knobs
from workbench.view.annotated import write_annotated


def link_and_command(seen: Exploration | None, spot: Spot, knobs: Knobs) -> tuple[str, str]:
    """The part of a link after the page's address, and the papermill command."""
    if seen is None:
        return "", ""
    turned = knobs.turn(seen.reading) if seen.reading else None
    shown = picture_of(seen, spot.pair, spot.cell if seen.reading else None, turned)
    return f"?{to_query(shown)}", to_parameters(shown)


def make_files(desk: Desk, seen: Exploration | None, spot: Spot, knobs: Knobs) -> tuple[str | None, list[str], str]:
    """The annotated video, all files, and what is to be said of them. They lie in a new folder of the page's own, which does not
    grow old; what cannot be made is a sentence."""
    if seen is None:
        return None, [], note("Look at a video first.")
    try:
        return written(desk, seen, spot, knobs, own_folder())
    except REFUSED as refusal:
        return None, [], note(str(refusal), "refused")


def written(desk: Desk, seen: Exploration, spot: Spot, knobs: Knobs, folder: Path) -> tuple[str, list[str], str]:
    contents = {"predictions.json": as_json(seen, indent=2).encode(), "report.html": whole_report(desk, seen, spot, knobs).encode()}
    if seen.reading:
        contents |= {"displacement.npz": as_npz(seen), "displacement.csv": as_csv(seen).encode()}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    video = folder / "annotated.mp4"
    annotated = write_annotated(video, desk.explorer(seen.network), seen.info.path, seen.config)
    about = f"The annotated video shows {annotated.frames} frames in real time, from {annotated.start:.2f} s. {annotated.note}"
    return str(video), [str(video), *(str(folder / name) for name in contents)], note(about.strip())


def write_displacement(desk: Desk, video: str, network: str = "", /, **wishes: Any) -> str:
    """The NPZ file of a video, for programs."""
    path = own_folder() / "displacement.npz"
    path.write_bytes(as_npz(desk.look(video, network, **wishes)))
    return str(path)


def own_folder() -> Path:
    """A new folder in the one that the page claimed (`gate.folder`)."""
    return Path(tempfile.mkdtemp(prefix="away-", dir=os.environ.get("GRADIO_TEMP_DIR") or None))
