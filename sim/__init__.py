"""An arm in PyBullet: robots, disturbances, episodes and their video. No ROS in here."""

from .arm import Arm
from .control import Controller, Motion, TaskController
from .disturbances import Disturbance, Push, default_pushes, parse_pushes, total_force
from .episode import run_episode
from .log import EpisodeLog
from .robot import Robot, WritingPlane, load_robot
from .video import render_video

__all__ = [
    "Arm",
    "Controller",
    "Disturbance",
    "EpisodeLog",
    "Motion",
    "Push",
    "Robot",
    "TaskController",
    "WritingPlane",
    "default_pushes",
    "load_robot",
    "parse_pushes",
    "render_video",
    "run_episode",
    "total_force",
]
