from .interventions import ALTERATIONS as ALTERATIONS
from .interventions import answer_with_maps as answer_with_maps
from .interventions import features_and_maps as features_and_maps
from .motion import motion_maps as motion_maps
