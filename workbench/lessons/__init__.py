"""What the teaching notebooks use: scenes, measurements, failures, and exercises that check themselves."""
