"""How the page's events wait for one another."""

# The network answers one question after the other.
ONE_AFTER_THE_OTHER = {"concurrency_id": "network", "concurrency_limit": 1}
# always_last: what is asked while the answer to an earlier question is awaited is asked once that is there, not dropped.
NETWORK = {**ONE_AFTER_THE_OTHER, "trigger_mode": "always_last", "api_visibility": "private"}
# No network is asked.
QUICK = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}
# Events that carry data: a deferred one would be answered with the data of the first.
EACH = {**QUICK, "trigger_mode": "multiple"}
