from .matching import match_cell as match_cell
from .matching import match_in_pair as match_in_pair
from .pipeline import CellTrace as CellTrace
from .pipeline import trace_pipeline as trace_pipeline
from .reliability import MatchIssue as MatchIssue
from .reliability import find_issues as find_issues
