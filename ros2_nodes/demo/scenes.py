"""Scenes of `elcd demo`: the graph of each, how long it runs, its verdict and its pictures."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elcd_policy import LoadedPolicy
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.perception import load_detector
from elcd_policy_sim import EpisodeLog, load_robot
from elcd_policy_sim.vision.detector_training import DETECTOR

from ..graphs import graph, sight_graph
from ..graphs.node_description import NodeDescription
from ..node.setting import Setting, Value, resolve_settings
from . import follow_report, sight_report

SETTLE = 2.0  # s of simulated time after the motion


class Scene(ABC):
    """A simulated motion that can be run, judged and drawn.

    Parameters
    ----------
    given : launch arguments of the scene's graph by name; the others take their defaults.

    Raises
    ------
    ElcdError
        If an argument is wrong, or something that the graph needs is missing.
    """

    name: str
    """Of the scene, as of its launch file."""
    source: str
    """Demonstrations that a policy is trained on by default."""
    settings: Sequence[Setting]
    """Launch arguments."""
    pictures: int
    """Number of files that `draw` makes."""

    def __init__(self, **given: Value) -> None:
        self.arguments = resolve_settings(given, self.settings)
        self.check_prerequisites()
        self.robot = load_robot(self.arguments["robot"])

    @property
    def facts(self) -> dict[str, Any]:
        """Return the values of the run that its metrics name."""
        return {"robot": self.robot.name, "seed": self.arguments["seed"]}

    @abstractmethod
    def check_prerequisites(self) -> None:
        """Raise `ElcdError` for what would stop the graph, before any time is spent."""

    @abstractmethod
    def duration(self, policy: LoadedPolicy) -> float:
        """Return the simulated time in s from the first command to the end."""

    @abstractmethod
    def graph(
        self, file: Path, policy: LoadedPolicy, arguments: Mapping[str, Any]
    ) -> Sequence[NodeDescription]:
        """Return the nodes, for a policy from a file and the arguments of this run."""

    @abstractmethod
    def judge(self, log: EpisodeLog, policy: LoadedPolicy) -> Any:
        """Return the outcome of an episode: ``succeeded`` and ``metrics()``."""

    @abstractmethod
    def table(self, outcome: Any, output: Path) -> str:
        """Return an outcome as text; ``output`` is the folder of its files."""

    @abstractmethod
    def draw(
        self,
        output: Path,
        outcome: Any,
        log: EpisodeLog,
        policy: LoadedPolicy,
        demonstrations: DemonstrationSet | None,
    ) -> Iterator[Path]:
        """Make the pictures in a folder, one at a time."""


class FollowDemo(Scene):
    """An arm follows a motion and is pushed."""

    name, source = "follow_demo", "lasa:Sshape"
    settings, pictures = graph.ARGUMENTS, follow_report.PICTURES

    @property
    def facts(self) -> dict[str, Any]:
        """See `Scene.facts`."""
        return super().facts | {"rate_hz": self.arguments["rate"]}

    def check_prerequisites(self) -> None:
        """See `Scene.check_prerequisites`."""
        graph.check_prerequisites(self.arguments, os.environ)

    def duration(self, policy: LoadedPolicy) -> float:
        """See `Scene.duration`."""
        return 2.0 * policy.metadata.duration + SETTLE

    def graph(
        self, file: Path, policy: LoadedPolicy, arguments: Mapping[str, Any]
    ) -> Sequence[NodeDescription]:
        """See `Scene.graph`."""
        return graph.follow_demo(file, policy.metadata, arguments)

    def judge(self, log: EpisodeLog, policy: LoadedPolicy) -> follow_report.Outcome:
        """See `Scene.judge`."""
        placement, a = graph.placement_of(policy.metadata, self.robot), self.arguments
        pushes = graph.pushes_for(a["pushes"], policy.metadata.duration, a["robot"], a["seed"])
        return follow_report.judge(log, policy, placement, pushes)

    def table(self, outcome: follow_report.Outcome, output: Path) -> str:
        """See `Scene.table`."""
        return follow_report.table(outcome, output)

    def draw(
        self,
        output: Path,
        outcome: follow_report.Outcome,
        log: EpisodeLog,
        policy: LoadedPolicy,
        demonstrations: DemonstrationSet | None,
    ) -> Iterator[Path]:
        """See `Scene.draw`."""
        engine = self.arguments["engine"]
        return follow_report.draw(output, demonstrations, policy, outcome, self.robot, log, engine)


class PickBySight(Scene):
    """An arm reaches the box that a camera sees, and follows it when it is moved."""

    name, source = "pick_by_sight", sight_graph.SOURCE
    settings, pictures = sight_graph.PICK_BY_SIGHT_ARGUMENTS, sight_report.PICTURES

    MOTIONS = 1.5
    """Demonstrated durations that the run lasts after the box was moved last."""

    def __init__(self, **given: Value) -> None:
        super().__init__(**given)
        self.detector = load_detector(self.arguments["detector"] or DETECTOR)

    @property
    def facts(self) -> dict[str, Any]:
        """See `Scene.facts`."""
        return super().facts | {"detector": self.detector.metadata.weights_hash[:12]}

    def check_prerequisites(self) -> None:
        """See `Scene.check_prerequisites`."""
        sight_graph.check_prerequisites(self.arguments, os.environ)

    def duration(self, policy: LoadedPolicy) -> float:
        """See `Scene.duration`."""
        _, moves = sight_graph.box_places(self.arguments, policy.metadata.duration)
        last = moves[-1].time if moves else 0.0
        return last + self.MOTIONS * policy.metadata.duration + SETTLE

    def graph(
        self, file: Path, policy: LoadedPolicy, arguments: Mapping[str, Any]
    ) -> Sequence[NodeDescription]:
        """See `Scene.graph`."""
        return sight_graph.pick_by_sight(file, policy.metadata, arguments)

    def judge(self, log: EpisodeLog, policy: LoadedPolicy) -> sight_report.SightOutcome:
        """See `Scene.judge`."""
        place, moves = sight_graph.box_places(self.arguments, policy.metadata.duration)
        return sight_report.judge(log, place, moves, sight_graph.HEIGHT)

    def table(self, outcome: sight_report.SightOutcome, output: Path) -> str:
        """See `Scene.table`."""
        return sight_report.table(outcome, output)

    def draw(
        self,
        output: Path,
        outcome: sight_report.SightOutcome,
        log: EpisodeLog,
        policy: LoadedPolicy,
        demonstrations: DemonstrationSet | None,
    ) -> Iterator[Path]:
        """See `Scene.draw`."""
        seed, engine = self.arguments["seed"], self.arguments["engine"]
        return sight_report.draw(output, outcome, log, self.robot, self.detector, seed, engine)


SCENES: dict[str, type[Scene]] = {scene.name: scene for scene in (FollowDemo, PickBySight)}
"""All scenes by name."""
