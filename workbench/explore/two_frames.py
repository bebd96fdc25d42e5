"""Any two frames of a video, however far apart, matched as if one followed the other."""

from dataclasses import replace

import numpy as np

from workbench.explore.config import LookConfig
from workbench.explore.explorer import Exploration, Explorer, read_frames


def match_two_frames(explorer: Explorer, exploration: Exploration, source: int, target: int) -> Exploration:
    """The same video with these two of its frames, counted from 0, as the one pair; the target may come first. What the network answers,
    and its scores, are those of the clip that was looked at: two frames name no motion.

    Raises VideoError where they cannot be read, ValueError for a frame that is not there and a network without motion.
    """
    info, last = exploration.info, exploration.info.num_frames - 1
    for name, number in (("source", source), ("target", target)):
        if not 0 <= number <= last:
            raise ValueError(f"the {name} must be one of the frames 0 to {last} of {exploration.name}, got {number}")
    config: LookConfig = replace(exploration.config, frames=2, stride=None)
    frames = read_frames(info.path, (source, target), config)
    correspondences = explorer.match(frames, config)
    if correspondences is None:
        raise ValueError(f"{explorer.name} has no motion module: no correspondences; choose the layer whose features are matched")
    return replace(
        exploration, config=config, indices=(source, target), times=(info.times[source], info.times[target]), frames=frames,
        crops=explorer.crop(frames), slow=None, correspondences=correspondences,
    )  # fmt: skip


def describe_distance(exploration: Exploration, of_clip: Exploration) -> str:
    """How far apart two frames lie, beside those of a clip, and how far the network can see; in a sentence.

    exploration: of the two frames; of_clip: of the clip, whose frames are as far apart as the network was trained for, or was asked for.
    """
    start, end = exploration.times
    usual = float(np.median(np.abs(np.diff(of_clip.times))))
    distance = f"{abs(end - start):.2f} s {'on' if end >= start else 'back'}"
    return (
        f"In {exploration.name} frame {exploration.indices[1]} lies {distance} from frame {exploration.indices[0]}. The network "
        f"is trained on neighbours of a clip, here {usual:.2f} s apart, and finds nothing that moved more than {exploration.reach:.0f} px "
        "to a side"
    )
