from .alphabet.demo_dataset import make_recordings as make_recordings
from .clips import VideoClip as VideoClip
from .doctor import diagnose as diagnose
