from .clips import EvaluateConfig as EvaluateConfig
from .clips import compare_with_truth as compare_with_truth
from .clips import truth_on_grid as truth_on_grid
from .cost import COUNTING_RULE as COUNTING_RULE
from .scores import ensemble as ensemble
from .videos import evaluate_videos as evaluate_videos
