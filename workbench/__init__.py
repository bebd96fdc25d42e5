"""MotionSqueeze Workbench: use, study and teach learned motion features.

The front door: every public name, each imported when it is first asked for, so that `import workbench` costs nothing.
"""

from importlib import import_module

ROOMS = {
    "data.alphabet.dataset": ("AlphabetClip", "MotionAlphabet", "spell"),
    "data.alphabet.demo_dataset": ("make_recordings",),
    "data.alphabet.moving_crops": ("MovingCrops",),
    "data.class_symmetry": ("mirror_partners", "reversal_partners"),
    "data.clips": ("ClipConfig", "VideoClip", "VideoClips"),
    "data.datasets": ("open_dataset",),
    "data.doctor": ("diagnose",),
    "data.findings": ("Diagnosis", "read_diagnosis"),
    "data.layouts.base": ("DatasetError",),
    "draw.activation": ("draw_activation", "draw_activations"),
    "draw.charts": ("chart_to_picture", "draw_lines", "draw_predictions", "draw_scores", "draw_shares"),
    "draw.compare": ("ComparisonPictures", "draw_agreement", "draw_comparison", "draw_flow_comparison"),
    "draw.dataset_report": ("draw_dataset_report",),
    "draw.evaluation": ("draw_accuracy", "draw_accuracy_by", "draw_confusion", "draw_curves", "draw_error_by", "draw_per_class"),
    "draw.fields": ("draw_arrows", "draw_displacement", "draw_fields", "draw_frame", "draw_overlay",
        "draw_strip", "side_by_side"),
    "draw.ground_truth": ("draw_against_truth", "draw_worst"),
    "draw.heatmaps": ("draw_confidence", "draw_error", "draw_maps", "draw_reliefs"),
    "draw.match": ("draw_cell_on_frames", "draw_match", "draw_pair_match", "draw_with_settings", "match_in_pair"),
    "draw.notebook": ("LivePicture", "show"),
    "draw.pair": ("PairPictures", "draw_clip", "draw_pair", "draw_timeline"),
    "draw.protocol": ("draw_crops", "draw_frames_taken"),
    "draw.reliability": ("draw_consistency", "draw_issues", "draw_border_peaks"),
    "draw.report": ("ReportSection", "draw_report"),
    "draw.studies": ("draw_study", "draw_study_by", "draw_study_sheet", "draw_trend"),
    "draw.tracks": ("draw_tracks",),
    "draw.video": ("AnnotatedVideo", "write_annotated_video"),
    "draw.what_if": ("draw_changes",),
    "draw.widgets": ("CamouflageWidget", "MatchWidget"),
    "evaluation.clips": ("EvaluateConfig", "compare_with_truth", "evaluate", "truth_on_grid"),
    "evaluation.cost": ("COUNTING_RULE", "Cost", "measure_cost"),
    "evaluation.metrics": ("Evaluation",),
    "evaluation.scores": ("Scores", "ensemble", "read_scores"),
    "evaluation.videos": ("evaluate_videos",),
    "experiments.job": ("track_run", "write_outcome"),
    "experiments.notebooks": ("as_parameters", "check_names", "complaint", "execute_notebook", "find_notebook", "make_gallery"),
    "experiments.publish": ("SPLIT", "make_checkpoints", "make_sample", "write_readme", "write_results"),
    "experiments.recipe_tables": ("beside_reported", "class_table", "recipe_rows", "recipe_sheet", "recipe_table", "record_result"),
    "experiments.reproduce": ("ReproduceConfig", "rehearse", "reproduce"),
    "experiments.results": ("study_table",),
    "experiments.runner": ("Progress", "run_study"),
    "experiments.study": ("Run", "Study"),
    "experiments.summary": ("summarise",),
    "explore.activation": ("Activation", "class_activation"),
    "explore.compare": ("Agreement", "NetworkComparison", "compare", "estimate_flow_on_grid", "measure_agreement", "measure_flow_agreement",
    "optical_flow"),
    "explore.config": ("LookConfig",),
    "explore.explorer": ("Exploration", "Explorer"),
    "explore.export": ("as_csv", "as_facts", "as_json", "as_npz"),
    "explore.matching": ("ESTIMATES", "Correspondences", "MatchSettings", "match_cell"),
    "explore.reliability": ("MatchIssue", "backward_correspondences", "backward_correlation", "consistent_cells", "default_tolerance",
    "find_issues", "forward_backward_error"),
    "explore.tracks": ("Tracks", "follow_points"),
    "explore.what_if": ("QUESTIONS", "WhatIf", "motion_share", "what_if"),
    "hosting.gate": ("Gate", "GateConfig"),
    "hosting.options": ("Hosting", "functions_of", "launch_options"),
    "hosting.rates": ("RateLimiter", "Rate", "Rates"),
    "hosting.temp_folder": ("claim_folder", "sweep"),
    "lessons.failures": ("FAILURES", "make_failure"),
    "lessons.measure": ("colour_and_motion", "match_failure", "sample_clips"),
    "lessons.scene": ("FlatScene", "Scene", "shipped_network"),
    "lessons.stages": ("stage_features", "stage_table"),
    "model.backbone": ("STAGES", "temporal_shift"),
    "model.checkpoint": ("Preprocessing", "WeightsError", "save_checkpoint"),
    "model.correlation": ("local_correlation",),
    "model.displacement": ("hard_argmax", "kernel_soft_argmax", "matching_weights", "peak_confidence", "soft_argmax"),
    "model.hub": ("model_card", "pull", "push"),
    "model.interventions": ("ALTERATIONS", "alter_motion", "answer_with_maps", "features_and_maps", "without_motion"),
    "model.load": ("Loaded", "Report", "find_checkpoint", "load_weights", "named_checkpoints"),
    "model.motion": ("FeatureTransformation", "Motion", "MotionConfig", "MotionSqueeze", "motion_maps"),
    "model.msnet": ("MSNet", "ModelConfig", "Prediction"),
    "page.activation": ("activation_section", "class_names"),
    "page.api": ("Api",),
    "page.compare": ("ComparisonChoice", "FLOW", "comparison_choices", "comparison_section", "look_with"),
    "page.components": ("USER_ERRORS", "read_front_file"),
    "page.correspondences": ("Selection",),
    "page.download": ("link_and_command", "make_files", "write_displacement"),
    "page.links": ("PictureConfig", "ask_again", "follow_link", "from_query", "picture_of", "to_parameters", "to_query"),
    "page.networks": ("NetworkLibrary",),
    "page.session": ("Handlers",),
    "page.studies": ("StudyRun", "open_run", "run_section", "study_choices", "study_names", "study_picture", "study_runs",
    "study_section", "study_splits", "study_title", "study_words"),
    "page.what_if": ("what_if_section",),
    "parameters": ("ParameterError", "config_of", "parameters_of", "read_parameters"),
    "paths": ("in_project",),
    "training.alphabet": ("TrainRecord", "train"),
    "training.config": ("TINY", "TrainConfig"),
    "training.fit": ("FitRecord", "fit"),
    "training.fit_config": ("FitConfig",),
    "training.recipes": ("RECIPES", "find_recipe"),
    "video.protocol": ("TestProtocol", "clip_indices", "load_views"),
    "video.read": ("Sample", "Video", "VideoError", "VideoInfo", "probe_video", "read_video", "samples"),
    "video.sampling": ("dense_indices", "segment_indices"),
    "video.transforms": ("normalise",),
    "video.uploads": ("ACCEPTED", "VideoLimits", "as_video"),
    "video.write": ("write_video",),
}  # fmt: skip
MODULES = {
    "check": "workbench.lessons.check",
    "parameters": "workbench.parameters",
    "results": "workbench.experiments.results",
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
