"""A campaign: many disturbed episodes of one motion on one robot, and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.utils.versions import versions

from ..arm.engines import choose_engine
from ..episodes.envelope import CertifiedMetric
from ..episodes.episode_result import EnvelopeCheck, merge_checks
from ..episodes.policy_motion import PolicyMotion
from ..episodes.scene import GOAL_TOLERANCE, EpisodeSettings
from .campaign_result import CampaignResult
from .runner import Episode, Runner, run_jobs

Vector = NDArray[np.float64]

PACKAGES = ("elcd_policy", "torch", "numpy")
KINEMATIC_STARTS = 100  # at most, for the rollouts of the field itself


def run_campaign(
    runner: Runner,
    settings: EpisodeSettings,
    count: int,
    *,
    workers: int = 1,
    method: str = "",
    source: str = "",
    progress: bool = True,
) -> CampaignResult:
    """Run ``count`` episodes and judge them.

    The same runner, settings and count give the same result on any number of workers, and the
    same starts and disturbances for any motion.

    Parameters
    ----------
    runner : with scene, motion and seed.
    settings : of each episode.
    workers : processes.
    method, source : what moves the arm, and whence; of a policy's file if not given.
    progress : show a bar on stderr.

    Raises
    ------
    ParameterError
        If an episode can't be run.
    ElcdError
        If a worker process was killed.
    """
    scene, motion, metric = runner.scene, runner.motion, runner.metric
    episodes = run_jobs(runner, [(settings, i) for i in range(count)], workers, progress)
    if isinstance(motion, PolicyMotion):
        method, source = method or motion.method, source or motion.policy.metadata.source
    motion.begin(scene.starts[0])
    return CampaignResult(
        method=method or type(motion).__name__,
        source=source,
        robot=scene.robot.name,
        seed=runner.seed,
        settings=describe_settings(settings),
        corridor_mm=1e3 * scene.corridor.half_width,
        corridor=[path.round(4).tolist() for path in scene.corridor.paths],
        goal=scene.pose(motion.get_goal())[0].round(5).tolist(),
        goal_tolerance_mm=1e3 * GOAL_TOLERANCE,
        episodes=[episode.result for episode in episodes],
        kinematic=[] if metric is None else metric.check_rollouts(_starts(runner, episodes)),
        pairs=None if metric is None else _pairs(metric, episodes),
        versions=versions((*PACKAGES, choose_engine(settings.engine))),
    )


def describe_settings(settings: EpisodeSettings) -> dict[str, Any]:
    """Return settings as JSON can hold them, disturbances as text."""
    return {
        **asdict(settings),
        "disturbances": [str(each) for each in settings.disturbances],
        "engine": choose_engine(settings.engine),
    }


def _starts(runner: Runner, episodes: Sequence[Episode]) -> Vector:
    """Return demonstrated starts and where the arm was when the last disturbance ended, [n, d]."""
    metric, starts = runner.metric, runner.scene.starts
    released = [episode.traces[-1].latent[0] for episode in episodes if episode.traces]
    if metric is None or not released:
        return starts
    pushed = metric.decode(np.array(released))
    return np.concatenate([starts, pushed])[:KINEMATIC_STARTS]


def _pairs(metric: CertifiedMetric, episodes: Sequence[Episode]) -> EnvelopeCheck | None:
    """Check each episode with the next one, from when both are undisturbed to stay."""
    if not metric.pairs:
        return None
    last = [episode.traces[-1] for episode in episodes if episode.traces]
    checks = [metric.check_pair(one, other) for one, other in pairwise(last)]
    found = [check for check in checks if check is not None]
    return merge_checks(found) if found else None
