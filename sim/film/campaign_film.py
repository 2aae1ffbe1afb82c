"""A film of what went worst in a campaign."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..arm.renderer import Mesh
from ..campaigns.campaign_result import CampaignResult
from ..campaigns.runner import Runner
from ..episodes.avoiding_motion import AvoidingMotion
from ..episodes.scene import EpisodeSettings
from .episode_film import render_video
from .obstacle_bodies import make_obstacle_bodies


def film_worst_episode(
    runner: Runner, settings: EpisodeSettings, result: CampaignResult, path: str | Path
) -> Path:
    """Film the episode of the farthest deviation: run once more, it comes out the same.

    Parameters
    ----------
    runner, settings : that gave the result.
    result : of the campaign.
    path : of the file, .gif or .mp4.

    Returns
    -------
    Path
        The file written.
    """
    worst = max(result.episodes, key=lambda episode: episode.peak_deviation_mm)
    log = runner.run(settings, worst.index).log
    assert log is not None
    reference = min(
        result.corridor, key=lambda line: np.linalg.norm(np.subtract(line[0], log.position[0]))
    )
    bodies: list[Mesh] = []
    if isinstance(runner.motion, AvoidingMotion):
        bodies = make_obstacle_bodies(runner.motion.obstacles, runner.scene.placement)
    return render_video(
        runner.scene.robot,
        log,
        path,
        path_points=reference,
        bodies=bodies,
        engine=settings.engine,
    )
