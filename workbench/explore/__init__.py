"""Questions to a network about one video: its answer, its correspondences, and how far to trust them."""
