"""From files to the frames of a clip."""
