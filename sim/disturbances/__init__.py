"""What may be done to an episode, as small seeded values that can be combined."""

from .base import Disturbance
from .body import Hold, Payload
from .forces import ForceNoise, Wind
from .pushes import Push, RandomPush, default_pushes, parse_pushes, total_force
from .reading import KINDS, read_disturbance, read_disturbances
from .signals import MovedGoal, SensorDelay, SensorNoise, SlowDown

__all__ = [
    "KINDS",
    "Disturbance",
    "ForceNoise",
    "Hold",
    "MovedGoal",
    "Payload",
    "Push",
    "RandomPush",
    "SensorDelay",
    "SensorNoise",
    "SlowDown",
    "Wind",
    "default_pushes",
    "parse_pushes",
    "read_disturbance",
    "read_disturbances",
    "total_force",
]
