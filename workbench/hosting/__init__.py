"""The page for other people: passwords, limits, rates and the folder of uploads."""
