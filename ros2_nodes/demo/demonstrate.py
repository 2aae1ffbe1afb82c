"""Procedure of every demonstration: train a policy, run a graph, judge the episode, draw it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from elcd_policy import fit, load, load_demonstrations, save
from elcd_policy.errors import ElcdError
from elcd_policy.robot.policy_coordinates import check_coordinates
from elcd_policy.utils.files import write_atomically
from elcd_policy_sim import EpisodeLog

from ..graphs.bringup import Bringup
from ..graphs.node_description import NodeDescription
from .scenes import Scene

START_UP = 60.0  # s for all processes to load, on a busy machine
BAR = "{desc:8} {percentage:3.0f}%|{bar}| {elapsed}"


class UnfinishedRunError(ElcdError):
    """A run that began and did not come to its end."""


class Demonstrated(NamedTuple):
    """A demonstration that was run.

    Parameters
    ----------
    succeeded : True if the arm did what was shown.
    metrics : a JSON-ready form, as in ``metrics.json``.
    table : the outcome as text.
    """

    succeeded: bool
    metrics: dict[str, Any]
    table: str


def demonstrate(
    scene: Scene, output: Path, policy_file: str | Path = "", source: str = ""
) -> Demonstrated:
    """Run a scene from demonstrations to pictures.

    Parameters
    ----------
    scene : what is shown.
    output : folder for policy, episode, ``metrics.json`` and pictures.
    policy_file : policy to follow; none trains one.
    source : demonstrations to train on; none for the scene's own.

    Raises
    ------
    UnfinishedRunError
        If the motion began and did not come to its end.
    ElcdError
        For bad input, before anything is written.
    """
    begin = time.monotonic()
    demonstrations, file = None, Path(policy_file)
    if not policy_file:
        source, file = source or scene.source, output / "policy.pt"
        demonstrations = load_demonstrations(source)
        check_coordinates(demonstrations, what=source)
        policy = fit(demonstrations, seed=scene.arguments["seed"])
        save(policy, file, placement=scene.robot.placement_for(demonstrations))
    trained = 0.0 if demonstrations is None else time.monotonic() - begin
    served = load(file)
    episode, duration = output / "episode.npz", scene.duration(served)
    arguments = scene.arguments | {
        "policy": str(file),
        "duration": duration,
        "log_file": str(episode.absolute()),
    }
    moved = run_episode(scene.graph(file, served, arguments), duration, episode, output)
    log = EpisodeLog.load(episode)
    outcome = scene.judge(log, served)
    pictures = scene.draw(output, outcome, log, served, demonstrations)
    for _ in tqdm(pictures, "pictures", scene.pictures, bar_format=BAR, file=sys.stderr):
        pass
    metrics: dict[str, Any] = {
        "scene": scene.name,
        "source": served.metadata.source,
        "policy": str(file),
        **scene.facts,
        "training_s": trained,
        "run_s": moved,
        **outcome.metrics(),
        "total_s": time.monotonic() - begin,
    }
    with write_atomically(output / "metrics.json") as report:
        report.write((json.dumps(metrics, indent=2) + "\n").encode())
    return Demonstrated(outcome.succeeded, metrics, scene.table(outcome, output))


def run_episode(
    graph: Sequence[NodeDescription], duration: float, log_file: Path, output: Path
) -> float:
    """Run a graph until its simulator ends the episode; return the s that took.

    Parameters
    ----------
    graph : with a simulator that ends after ``duration`` s of motion.
    log_file : of the episode; an older one is removed.
    output : folder for what the nodes print, in ``logs``.

    Raises
    ------
    UnfinishedRunError
        If the motion began and did not come to its end.
    ElcdError
        If a node could not start.
    """
    begin = time.monotonic()
    log_file.unlink(missing_ok=True)
    with (
        Bringup(graph, output / "logs") as bringup,
        tqdm(total=duration, desc="moving", bar_format=BAR, file=sys.stderr) as bar,
    ):
        moving: list[float] = []

        def watch() -> None:
            if not moving and "following" in bringup.output("policy_node"):
                moving.append(time.monotonic())
            if moving:
                bar.update(min(duration, time.monotonic() - moving[0]) - bar.n)

        ended = bringup.wait(START_UP + 3.0 * duration, watch)
        if ended is None:
            raise UnfinishedRunError(
                "the arm did not finish its motion in time",
                got=bringup.complaint("policy_node"),
                expected=f"{duration:.1f} s of motion",
                advice=f"see {output / 'logs'}",
            )
        if ended.label != "sim_node" or ended.status:
            kind = ElcdError if ended.status == 2 else UnfinishedRunError
            raise kind(
                f"{ended.label} has ended with status {ended.status}",
                got=bringup.complaint(ended.label),
                advice=f"see {output / 'logs'}",
            )
    return time.monotonic() - begin
