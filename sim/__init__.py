"""An arm in PyBullet: robots, disturbances, episodes and their video. No ROS in here."""

from .arm import Arm
from .disturbances import Push, default_pushes, parse_pushes, total_force
from .episode import EpisodeLog, run_episode
from .robot import Robot, WritingPlane, load_robot
from .video import render_video

__all__ = [
    "Arm",
    "EpisodeLog",
    "Push",
    "Robot",
    "WritingPlane",
    "default_pushes",
    "load_robot",
    "parse_pushes",
    "render_video",
    "run_episode",
    "total_force",
]
