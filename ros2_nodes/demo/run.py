"""What every demonstration does: train a policy, let a graph run to the end of its episode."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from elcd_policy import fit, load_demonstrations, save
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.errors import ElcdError
from elcd_policy.robot.policy_coordinates import check_coordinates
from elcd_policy_sim import load_robot

from ..graphs.bringup import Bringup
from ..graphs.node_description import NodeDescription

START_UP = 60.0  # s for all processes to load, on a busy machine
BAR = "{desc:8} {percentage:3.0f}%|{bar}| {elapsed}"


class UnfinishedRunError(ElcdError):
    """A run that began and did not come to its end."""


def train(source: str, robot: str, seed: int, output: Path) -> tuple[DemonstrationSet, Path, float]:
    """Train and export a policy: its demonstrations, its file in ``output``, s that took."""
    demonstrations = load_demonstrations(source)
    check_coordinates(demonstrations, what=source)
    placement = load_robot(robot).placement_for(demonstrations)
    begin = time.monotonic()
    policy = fit(demonstrations, seed=seed)
    trained = time.monotonic() - begin
    file = output / "policy.pt"
    save(policy, file, placement=placement)
    return demonstrations, file, trained


def run_episode_of(
    graph: Sequence[NodeDescription], duration: float, log_file: Path, output: Path
) -> float:
    """Let a graph run until its simulator ends the episode; s that took.

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
        If a node could not begin.
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
