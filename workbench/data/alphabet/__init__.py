"""The motion alphabet: generated clips of simple motions, with the exact displacement of every pixel."""
