"""Training, on generated clips and on data sets."""
