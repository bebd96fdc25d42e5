from .matching import match_cell as match_cell
from .reliability import MatchIssue as MatchIssue
from .reliability import find_issues as find_issues
