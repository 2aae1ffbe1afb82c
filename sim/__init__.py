"""An arm in PyBullet: robots, disturbances, episodes and their video. No ROS in here."""

from .arm.bullet.arm import Arm
from .disturbances import Disturbance, Push, default_pushes, parse_pushes, total_force
from .episodes.control import Controller, Motion, TaskController
from .episodes.episode import run_episode
from .episodes.log import EpisodeLog
from .film.video import render_video
from .robot import Robot, WritingPlane, load_robot

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
