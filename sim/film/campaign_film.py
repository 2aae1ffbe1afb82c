"""A film of what went worst in a campaign."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ..campaigns.campaign_result import CampaignResult
from ..campaigns.runner import Runner
from ..episodes.avoiding_motion import AvoidingMotion
from ..episodes.scene import EpisodeSettings
from .episode_film import render_video
from .obstacle_bodies import add_bodies


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
    scenery = None
    if isinstance(runner.motion, AvoidingMotion):
        bodies, placement = runner.motion.obstacles, runner.scene.placement
        scenery = partial(add_bodies, obstacles=bodies, placement=placement)
    return render_video(runner.scene.robot, log, path, path_points=reference, scenery=scenery)
