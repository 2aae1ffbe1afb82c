"""Learn contracting vector fields from demonstrations, prove them, serve them to a robot.

Notation, once for the whole package: ``x`` [N, d] are positions in the demonstrations' own
units, ``x*`` the goal, ``y`` positions of unit scale around the goal, ``z = phi(y)`` latent
points, ``e = z - z*``; ``c`` is a contraction rate, T the demonstrated duration.
"""

from . import compression, perception, sequence
from .certificate import Certificate, certify
from .demonstrations import load_demonstrations
from .evaluation import evaluate
from .formats.policy_file import LoadedPolicy, export_policy, load_policy
from .policy import MotionPolicy
from .robot.placement import Placement
from .training import TrainingSettings, fit

__version__ = "0.1.0"

__all__ = [
    "Certificate",
    "LoadedPolicy",
    "MotionPolicy",
    "Placement",
    "TrainingSettings",
    "certify",
    "compression",
    "evaluate",
    "export_policy",
    "fit",
    "load_demonstrations",
    "load_policy",
    "perception",
    "sequence",
]
