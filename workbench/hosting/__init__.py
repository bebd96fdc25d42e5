"""The page for other people: passwords, rates of requests, and the removal of uploads."""
