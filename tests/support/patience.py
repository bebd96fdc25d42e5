"""How long a test waits for what must happen: bounds for what hangs, which no busy machine reaches. A quick one does not wait."""

PATIENCE_SECONDS = 900.0
PATIENCE = 300_000  # milliseconds, as Playwright takes them
