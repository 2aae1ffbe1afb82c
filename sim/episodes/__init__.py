"""Episodes: one arm, one motion, disturbances; run, recorded and measured."""

from .avoiding_motion import AvoidingMotion, clearance
from .control import Controller, Motion, TaskController
from .corridor import Corridor
from .envelope import CertifiedMetric, Trace
from .episode import run_episode
from .episode_result import EnvelopeCheck, EpisodeResult
from .log import EpisodeLog
from .measure import measure
from .policy_motion import PolicyMotion
from .scene import EpisodeSettings, Scene, sample_episode

__all__ = [
    "AvoidingMotion",
    "CertifiedMetric",
    "Controller",
    "Corridor",
    "EnvelopeCheck",
    "EpisodeLog",
    "EpisodeResult",
    "EpisodeSettings",
    "Motion",
    "PolicyMotion",
    "Scene",
    "TaskController",
    "Trace",
    "clearance",
    "measure",
    "run_episode",
    "sample_episode",
]
