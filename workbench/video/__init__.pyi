from .protocol import clip_indices as clip_indices
from .protocol import load_views as load_views
