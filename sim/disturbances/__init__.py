"""Disturbances of an episode: small seeded values that can be combined."""

from .disturbance import Disturbance
from .forces import ForceNoise, Wind
from .hold_and_payload import Hold, Payload
from .parsing import KINDS, read_disturbance, read_disturbances
from .pushes import Push, RandomPush, default_pushes, parse_pushes, total_force
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
