"""Static convex obstacles, avoided without retraining: one more diffeomorphism in front.

``p`` is an obstacle's centre, ``Gamma(x)`` its gauge (1 on the surface, homogeneous of degree 1
around p), ``psi`` the map that closes it to the point p.
"""

from ..utils.moved_names import forward
from .avoiding_policy import KIND, AvoidingPolicy
from .diffeomorphism import ObstacleMap
from .reading import load_obstacles
from .shapes import Obstacle, ObstacleSet

__all__ = [
    "KIND",
    "AvoidingPolicy",
    "Obstacle",
    "ObstacleMap",
    "ObstacleSet",
    "load_obstacles",
]

__getattr__ = forward(__name__, {"avoid": "elcd_policy.avoiding"})
