"""Report of a run by sight: how near the arm came to the box, and how soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from elcd_policy.evaluation.recovery import GoalReached, goal_reached
from elcd_policy.perception import LoadedDetector
from elcd_policy.plotting.style import DEMONSTRATION, EXECUTED, PUSH, label_axes, save_figure
from elcd_policy_sim import EpisodeLog, Robot
from elcd_policy_sim.arm.engines import AUTO
from elcd_policy_sim.film.sight_film import render_sight
from elcd_policy_sim.vision.table_scene import LOWER, PLANE, SIDE, UPPER, Move

Array = NDArray[np.float64]

TOLERANCE = 0.01  # m, of the TCP from the place above the box
PICTURES = 2  # that `draw` makes


@dataclass(frozen=True, eq=False)
class SightOutcome:
    """A run by sight, judged by where the box really stood.

    Parameters
    ----------
    time : [K] in s from the first command.
    position : [K, 3] in m, of the TCP, base frame.
    moves : of the box; the first one, at time 0, puts it where it stood at the start.
    goals : [K, 3] in m, the place above the box that the arm should be at.
    reached : for each place of the box, whether and when the arm came to it for good.
    """

    time: Array
    position: Array
    moves: Sequence[Move]
    goals: Array
    reached: Sequence[GoalReached]

    @property
    def distance(self) -> Array:
        """[K] in m, of the TCP from the place above the box."""
        return np.linalg.norm(self.position - self.goals, axis=1).astype(np.float64)

    @property
    def succeeded(self) -> bool:
        """True if the arm ended over the box."""
        return self.reached[-1].reached

    def metrics(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        off = self.position[-1] - self.goals[-1]
        return {
            "succeeded": self.succeeded,
            "tolerance_m": TOLERANCE,
            "end_error_m": float(np.linalg.norm(off)),
            "end_error_across_m": float(np.linalg.norm(off[:2])),
            "boxes": [
                {
                    "time_s": move.time,
                    "place_m": list(move.place),
                    "reached_after_s": None if came.time is None else float(came.time),
                }
                for move, came in zip(self.moves, self.reached, strict=True)
            ],
            "motion_s": float(self.time[-1]),
        }


def judge(
    log: EpisodeLog, place: tuple[float, float], moves: Sequence[Move], height: float
) -> SightOutcome:
    """Compare an episode with where the box stood.

    Parameters
    ----------
    log : from the first command on.
    place : [2] in m, of the box at the start.
    moves : of the box.
    height : m, of the goal above its centre.
    """
    time, position = log.time - log.time[0], log.position
    places = [Move(0.0, place), *moves]
    index = np.searchsorted([move.time for move in places], time, side="right") - 1
    goals = np.array([[*move.place, PLANE + height] for move in places])
    reached = []
    for number, goal in enumerate(goals):
        while_there = index == number
        if not while_there.any():
            reached.append(GoalReached(False, float("inf"), TOLERANCE, None))
            continue
        since = time[while_there] - time[while_there][0]
        reached.append(goal_reached(since, position[while_there], goal, TOLERANCE))
    return SightOutcome(time, position, places, goals[index], reached)


def table(outcome: SightOutcome, output: Path) -> str:
    """Return the outcome as text."""
    lines = ["box from   at x, y              the arm was over it"]
    for move, came in zip(outcome.moves, outcome.reached, strict=True):
        x, y = move.place
        when = "not before it was moved" if move is not outcome.moves[-1] else "never"
        if came.time is not None:
            when = f"after {came.time:.1f} s"
        lines.append(f"{move.time:5.2f} s    {x:6.3f}, {y:6.3f} m      {when}")
    figures = outcome.metrics()
    verdict = "over the box" if outcome.succeeded else "NOT over the box"
    lines += [
        "",
        f"The arm ended {verdict}: {1e3 * figures['end_error_m']:.1f} mm from the place above it "
        f"(tolerance {1e3 * TOLERANCE:g} mm), {1e3 * figures['end_error_across_m']:.1f} mm across.",
        f"Written to {output}: policy.pt, metrics.json, sight.png, sight.gif",
    ]
    return "\n".join(lines)


def draw(
    output: Path,
    outcome: SightOutcome,
    log: EpisodeLog,
    robot: Robot,
    detector: LoadedDetector,
    seed: int,
    engine: str = AUTO,
) -> Iterator[Path]:
    """Make ``sight.png`` and ``sight.gif``, one at a time; ``seed`` is that of the scene."""
    yield save_figure(_figure(outcome), output / "sight.png")
    yield render_sight(
        robot, log, outcome.moves, detector, output / "sight.gif", seed, engine=engine
    )


def _figure(outcome: SightOutcome) -> Figure:
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    above, over_time = figure.subplots(1, 2)
    above.plot(outcome.position[:, 1], outcome.position[:, 0], **EXECUTED)
    for number, move in enumerate(outcome.moves):
        x, y = move.place
        corner = (y - SIDE / 2, x - SIDE / 2)
        above.add_patch(_square(corner, last=number == len(outcome.moves) - 1))
        above.annotate(f"from {move.time:.1f} s", (y, x), (14, -3), textcoords="offset points")
    above.set_aspect("equal")
    above.set_xlim(LOWER[1] - 0.06, UPPER[1] + 0.06)  # as the camera sees it
    above.set_ylim(UPPER[0] + 0.08, LOWER[0] - 0.08)
    label_axes(above, "y [m]", "x [m]")
    over_time.plot(outcome.time, 1e3 * outcome.distance, **EXECUTED)
    over_time.axhline(1e3 * TOLERANCE, color=PUSH, lw=1.0, ls="--")
    for move in outcome.moves[1:]:
        over_time.axvline(move.time, color=PUSH, lw=1.0)
    over_time.set_ylim(bottom=0)
    label_axes(over_time, "time [s]", "TCP from the place above the box [mm]")
    return figure


def _square(corner: tuple[float, float], last: bool) -> Any:
    from matplotlib.patches import Rectangle

    colour = DEMONSTRATION["color"]
    return Rectangle(corner, SIDE, SIDE, fc=colour if last else "none", ec=colour, lw=1.5)
