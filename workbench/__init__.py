"""MotionSqueeze Workbench: use, study and teach learned motion features.

The front door: every public name, each imported when it is first asked for, so that `import workbench` costs nothing.
"""

from importlib import import_module

ROOMS = {
    "model.backbone": ("temporal_shift",),
    "model.checkpoint": ("Preprocessing", "WeightsError", "save_checkpoint"),
    "model.correlation": ("local_correlation",),
    "model.displacement": ("hard_argmax", "kernel_soft_argmax", "matching_weights", "peak_confidence", "soft_argmax"),
    "model.motion": ("FeatureTransformation", "Motion", "MotionConfig", "MotionSqueeze"),
    "model.msnet": ("ModelConfig", "MSNet", "Prediction"),
    "model.weights": ("Loaded", "Report", "load_weights"),
    "data.alphabet": ("AlphabetClip", "MotionAlphabet"),
    "data.augment": ("dense_indices", "normalise", "segment_indices"),
    "data.moved": ("MovedPictures",),
    "data.samples": ("Sample", "samples"),
    "data.spell": ("spell",),
    "data.video": ("Video", "VideoError", "VideoInfo", "probe_video", "read_video"),
    "data.write": ("write_video",),
    "lab.config": ("TINY", "TrainConfig"),
    "lab.evaluate": ("Evaluation", "evaluate"),
    "lab.shipped": ("make_checkpoints", "make_sample", "write_results"),
    "lab.train": ("Record", "train"),
    "view.charts": ("draw_predictions", "draw_scores"),
    "view.curves": ("draw_accuracy", "draw_curves"),
    "view.draw": ("draw_arrows", "draw_confidence", "draw_displacement", "draw_frame", "draw_overlay", "draw_strip", "side_by_side"),
    "view.explore": ("Exploration", "Explorer"),
    "view.figure": ("chart_to_picture",),
    "view.panels": ("PairPictures", "draw_clip", "draw_pair", "draw_timeline", "draw_top"),
    "view.visitor": ("Visitor",),
}
HOME = {name: f"workbench.{room}" for room, names in ROOMS.items() for name in names}
__all__ = sorted(HOME)


def __getattr__(name: str):
    if name not in HOME:
        raise AttributeError(f"workbench has no {name!r}")
    globals()[name] = getattr(import_module(HOME[name]), name)
    return globals()[name]


def __dir__() -> list[str]:
    return __all__
