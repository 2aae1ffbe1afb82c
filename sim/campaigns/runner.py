"""Many disturbed episodes, in parallel, that come out the same on any number of workers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from elcd_policy.errors import ElcdError, ParameterError
from elcd_policy.utils.numbers import check_seed
from elcd_policy.utils.workers import prepare_worker, worker_pool

from ..arm.arm import Arm
from ..episodes.avoiding_motion import AvoidingMotion, clearance
from ..episodes.control import Motion, TaskController
from ..episodes.envelope import CertifiedMetric, Trace, has_metric
from ..episodes.episode import run_episode
from ..episodes.episode_result import EpisodeResult
from ..episodes.log import EpisodeLog
from ..episodes.measure import measure
from ..episodes.policy_motion import PolicyMotion
from ..episodes.scene import EpisodeSettings, Scene, sample_episode

Vector = NDArray[np.float64]
Job = tuple[EpisodeSettings, int]
"""Settings of an episode, and its number."""


@dataclass(frozen=True, eq=False)
class Episode:
    """One episode with all that was seen of it.

    Parameters
    ----------
    result : the figures.
    traces : in latent coordinates, of each undisturbed stretch.
    log : tick by tick; None if it stayed in another process.
    """

    result: EpisodeResult
    traces: list[Trace]
    log: EpisodeLog | None = None


class Runner:
    """Runs episodes of a scene, each in a physics of its own.

    Parameters
    ----------
    scene : where.
    motion : what moves the arm.
    seed : of the campaign; it and an episode's number are all that chance depends on.
    gui : open the engine's window.
    """

    def __init__(self, scene: Scene, motion: Motion, seed: int = 0, gui: bool = False) -> None:
        self.scene, self.motion, self.seed, self.gui = scene, motion, check_seed(seed), gui
        self.metric: CertifiedMetric | None = None
        if isinstance(motion, PolicyMotion) and has_metric(motion.policy):
            self.metric = CertifiedMetric(motion.policy)

    def run(self, settings: EpisodeSettings, index: int) -> Episode:
        """Run the episode of that number.

        Raises
        ------
        ParameterError
            If the arm can't reach the start, or a rate is out of range.
        """
        scene = self.scene
        start, disturbances = sample_episode(scene, settings.disturbances, self.seed, index)
        with Arm(scene.robot, self.gui, 1 / settings.physics_rate, settings.engine) as arm:
            arm.move_to(*scene.pose(start))
            log = run_episode(
                arm,
                TaskController(self.motion, scene.task(arm.pose()[1])),
                settings.duration or 2 * scene.duration,
                settings.rate,
                disturbances,
                settings.latency,
            )
        self.motion.begin(start)
        goal = self.motion.get_goal()
        result, traces = measure(log, scene, goal, disturbances, self.metric, index)
        if isinstance(self.motion, AvoidingMotion):
            gaps = clearance(log.position, self.motion.obstacles, scene.placement)
            result = replace(result, clearance_mm=1e3 * float(gaps.min()))
        return Episode(result, traces, log)


def run_jobs(
    runner: Runner, jobs: Sequence[Job], workers: int = 1, progress: bool = True
) -> list[Episode]:
    """Run jobs on one or several cores, and return their episodes in the jobs' order.

    Parameters
    ----------
    runner : that runs each, here or, as a copy, in another process.
    workers : processes; one means this one.
    progress : show a bar on stderr when it takes longer than two seconds.

    Raises
    ------
    ParameterError
        If there is nothing to run or nobody to run it, or an episode can't be run.
    ElcdError
        If a worker process was killed.
    """
    if not jobs or workers < 1:
        raise ParameterError(
            "no episodes to run", got=f"{len(jobs)} on {workers} workers", expected="at least 1"
        )
    episodes: dict[int, Episode] = {}
    with tqdm(total=len(jobs), unit="episode", delay=2, disable=not progress) as bar:
        for number, episode in _episodes(runner, jobs, min(workers, len(jobs))):
            episodes[number] = episode
            bar.update()
    return [episodes[number] for number in range(len(jobs))]


def count_cores() -> int:
    """Return the number of processes that this machine can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _episodes(runner: Runner, jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Episode]]:
    if workers == 1:
        for number, job in enumerate(jobs):
            yield number, replace(runner.run(*job), log=None)
        return
    arguments = runner.scene, runner.motion, runner.seed
    try:
        with worker_pool(workers, _prepare_worker, arguments) as pool:
            futures = {pool.submit(_run, *job): number for number, job in enumerate(jobs)}
            for future in as_completed(futures):
                yield futures[future], future.result()
    except BrokenExecutor as error:
        raise ElcdError(
            "a worker process ended early", got=error, advice="run again with fewer workers"
        ) from error


_runner: Runner  # of a worker process


def _prepare_worker(scene: Scene, motion: Motion, seed: int) -> None:
    """Prepare a worker process, once."""
    global _runner
    prepare_worker()
    torch.set_num_threads(1)
    _runner = Runner(scene, motion, seed)


def _run(settings: EpisodeSettings, index: int) -> Episode:
    return replace(_runner.run(settings, index), log=None)
