from .links import PictureConfig as PictureConfig
from .links import to_parameters as to_parameters
