"""A simulated arm: robots, disturbances, episodes, campaigns, and their films. No ROS in here."""

from .arm import Arm
from .campaigns import CampaignResult, Runner, run_campaign
from .disturbances import Disturbance, Push, RandomPush, default_pushes, parse_pushes, total_force
from .episodes import (
    AvoidingMotion,
    Controller,
    EpisodeLog,
    EpisodeSettings,
    Motion,
    PolicyMotion,
    Scene,
    TaskController,
    clearance,
    run_episode,
)
from .film import render_video
from .robot import Robot, WritingPlane, load_robot

__all__ = [
    "Arm",
    "AvoidingMotion",
    "CampaignResult",
    "Controller",
    "Disturbance",
    "EpisodeLog",
    "EpisodeSettings",
    "Motion",
    "PolicyMotion",
    "Push",
    "RandomPush",
    "Robot",
    "Runner",
    "Scene",
    "TaskController",
    "WritingPlane",
    "clearance",
    "default_pushes",
    "load_robot",
    "parse_pushes",
    "render_video",
    "run_campaign",
    "run_episode",
    "total_force",
]
