"""How data sets lie on disk: a module for each layout, which reads its lists of videos and classes."""
