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
    "model.shelf": ("find_checkpoint", "named_checkpoints"),
    "model.weights": ("Loaded", "Report", "load_weights"),
    "data.accepted": ("ACCEPTED", "VideoLimits"),
    "data.alphabet": ("AlphabetClip", "MotionAlphabet"),
    "data.archive": ("as_video",),
    "data.augment": ("dense_indices", "normalise", "segment_indices"),
    "data.moved": ("MovedPictures",),
    "data.samples": ("Sample", "samples"),
    "data.spell": ("spell",),
    "data.video": ("Video", "VideoError", "VideoInfo", "probe_video", "read_video"),
    "data.write": ("write_video",),
    "lab.ablation": ("Progress", "run_study"),
    "lab.config": ("TINY", "TrainConfig"),
    "lab.cost": ("COUNTING_RULE", "Cost", "measure_cost"),
    "lab.evaluate": ("compare", "evaluate", "truth_on_grid"),
    "lab.evaluate_config": ("EvaluateConfig",),
    "lab.evaluation": ("Evaluation",),
    "lab.gallery": ("make_gallery",),
    "lab.learnt": ("learnt",),
    "lab.notebook": ("as_parameters", "check_names", "complaint", "execute_notebook", "find_notebook"),
    "lab.outcome": ("write_outcome",),
    "lab.parameters": ("ParameterError", "config_of", "parameters_of", "read_parameters"),
    "lab.readme": ("SPLIT", "write_readme"),
    "lab.shipped": ("make_checkpoints", "make_sample", "write_results"),
    "lab.study": ("Run", "Study"),
    "lab.track": ("tracked",),
    "lab.train": ("Record", "train"),
    "learn.asked": ("many_clips",),
    "learn.examine": ("examine",),
    "learn.flat": ("FlatScene",),
    "learn.hiding": ("colour_and_motion",),
    "learn.networks": ("shipped_network",),
    "learn.scene": ("Scene",),
    "learn.stages": ("stage_features", "stage_table"),
    "learn.trouble": ("TROUBLES", "make_trouble"),
    "look.agreement": ("Agreement", "agree"),
    "look.altered": ("ALTERATIONS", "answer_with_maps", "features_and_maps", "motion_maps"),
    "look.beside": ("Beside", "look_beside"),
    "look.classical": ("agree_with_flow", "flow_on_grid", "optical_flow"),
    "look.config": ("LookConfig",),
    "look.explore": ("Exploration", "Explorer"),
    "look.export": ("as_csv", "as_facts", "as_json", "as_npz"),
    "look.match": ("match_cell",),
    "look.reading": ("Reading",),
    "look.reasons": ("Reason", "find_reasons"),
    "page.allowance": ("Allowance", "Rate", "Rates"),
    "page.folder": ("claim_folder", "sweep"),
    "page.gate": ("Gate", "GateConfig"),
    "page.hosting": ("Hosting", "functions_of", "launch_options"),
    "page.studies": ("StudyRun", "open_run", "study_names", "study_picture", "study_runs", "study_splits", "study_title", "study_words"),
    "page.link": ("ask_again", "from_query", "to_parameters", "to_query"),
    "page.picture": ("PictureConfig", "picture_of"),
    "page.visitor": ("Visitor",),
    "view.against": ("draw_against_truth", "draw_worst"),
    "view.annotated": ("Annotated", "write_annotated"),
    "view.beside": ("BesidePictures", "draw_agreement", "draw_beside", "draw_beside_flow"),
    "view.charts": ("draw_predictions", "draw_scores"),
    "view.curves": ("draw_accuracy", "draw_curves"),
    "view.draw": ("draw_arrows", "draw_confidence", "draw_displacement", "draw_frame", "draw_overlay", "draw_strip", "side_by_side"),
    "view.fields": ("draw_fields",),
    "view.figure": ("chart_to_picture",),
    "view.lines": ("draw_lines",),
    "view.maps": ("draw_error", "draw_maps"),
    "view.live": ("LivePicture",),
    "view.panels": ("PairPictures", "draw_clip", "draw_pair", "draw_timeline", "draw_top"),
    "view.quality": ("draw_accuracy_by", "draw_confusion", "draw_error_by", "draw_per_class"),
    "view.relief": ("draw_reliefs",),
    "view.reasons": ("draw_reasons",),
    "view.report": ("Section", "report"),
    "view.shares": ("draw_shares",),
    "view.show": ("show",),
    "view.spot": ("draw_cell_on_frames", "draw_match"),
    "view.studies": ("draw_study", "draw_study_by", "draw_study_sheet", "draw_trend"),
    "view.turned": ("draw_spot", "draw_turned", "match_of"),
    "view.widgets": ("CamouflageWidget", "MatchWidget"),
}
MODULES = {
    "check": "workbench.learn.check",
    "parameters": "workbench.lab.parameters",
    "results": "workbench.lab.results",
}  # rooms that are named as a whole
HOME = {name: f"workbench.{room}" for room, names in ROOMS.items() for name in names}
__all__ = sorted({**HOME, **MODULES})


def __getattr__(name: str):
    if name not in __all__:
        raise AttributeError(f"workbench has no {name!r}")
    globals()[name] = import_module(MODULES[name]) if name in MODULES else getattr(import_module(HOME[name]), name)
    return globals()[name]


def __dir__() -> list[str]:
    return __all__
