"""Labelled clips: data sets of videos on disk, and the generated motion alphabet."""
