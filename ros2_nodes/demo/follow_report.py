"""Report of a run that follows a motion: figures, verdict, table and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy import LoadedPolicy
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.evaluation import distance_to_path
from elcd_policy.evaluation.recovery import GoalReached, PushRecovery, goal_reached, push_recoveries
from elcd_policy.plotting import plot_field, plot_tracking_error
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.task_space import TaskSpace, goal_orientation
from elcd_policy_sim import EpisodeLog, Push, Robot, render_video
from elcd_policy_sim.arm.engines import AUTO

Array = NDArray[np.float64]

GOAL_TOLERANCE = 0.005  # m, of the TCP
ANGLE_TOLERANCE = 2.0  # deg, of a pose's orientation
CORRIDOR = 0.01  # m, half-width around the nominal path
NOMINAL_STEP = 0.01  # s
PICTURES = 3  # that `draw` makes


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run, judged.

    Parameters
    ----------
    time : [K] in s from the first command.
    position : [K, 3] in m, executed, base frame.
    nominal : [M, 3] in m, the undisturbed rollout from the same start.
    deviation : [K] in m, from the nominal path.
    goal : whether it was reached.
    pushes : what was done to the arm.
    recoveries : what came of each push.
    states, path : [K, d] executed and [M, d] undisturbed, in the policy's coordinates.
    angle : in deg, of a pose's orientation from the goal's at the end; None for positions.
    """

    time: Array
    position: Array
    nominal: Array
    deviation: Array
    goal: GoalReached
    pushes: Sequence[Push]
    recoveries: Sequence[PushRecovery]
    states: Array
    path: Array
    angle: float | None

    @property
    def succeeded(self) -> bool:
        """True if the goal was reached and every push recovered from."""
        turned = self.angle is None or self.angle <= ANGLE_TOLERANCE
        return self.goal.reached and turned and all(push.recovered for push in self.recoveries)

    def metrics(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        free = np.ones(len(self.time), dtype=bool)
        for push, recovery in zip(self.pushes, self.recoveries, strict=True):
            end = push.time + push.duration + (recovery.recovery_time or np.inf)
            free &= (self.time < push.time) | (self.time > end)
        undisturbed = self.deviation[free]
        return {
            "succeeded": self.succeeded,
            "goal": asdict(self.goal),
            **({} if self.angle is None else {"end_angle_deg": self.angle}),
            "corridor_m": CORRIDOR,
            "pushes": [
                {"force_n": list(push.force), "duration_s": push.duration, **recovery.to_dict()}
                for push, recovery in zip(self.pushes, self.recoveries, strict=True)
            ],
            "undisturbed_deviation_mean_m": float(undisturbed.mean()),
            "undisturbed_deviation_max_m": float(undisturbed.max()),
            "motion_s": float(self.time[-1]),
        }


def judge(
    log: EpisodeLog, policy: LoadedPolicy, placement: Placement, pushes: Sequence[Push]
) -> Outcome:
    """Compare an episode with the undisturbed rollout of its policy.

    Parameters
    ----------
    log : of the episode, from the first command on.
    policy : that was followed.
    placement : where it lay.
    pushes : with times counted from the first command.
    """
    time, position = log.time - log.time[0], log.position
    goal = goal_orientation(policy.metadata, placement)
    task = TaskSpace(placement, policy.dimension, log.quaternion[0] if goal is None else goal)
    states = np.array(
        [task.to_policy(*pose) for pose in zip(position, log.quaternion, strict=True)]
    )
    _, path = policy.rollout(states[0], float(time[-1]), NOMINAL_STEP)
    nominal = placement.to_robot(path[:, :3])
    deviation = distance_to_path(position, nominal)
    ordered = sorted(pushes, key=lambda push: push.time)
    return Outcome(
        time=time,
        position=position,
        nominal=nominal,
        deviation=deviation,
        goal=goal_reached(
            time, position, placement.to_robot(policy.get_goal()[:3]), GOAL_TOLERANCE
        ),
        pushes=ordered,
        recoveries=push_recoveries(
            time, deviation, [(push.time, push.duration) for push in ordered], CORRIDOR
        ),
        states=states,
        path=path,
        angle=None if goal is None else float(np.degrees(np.linalg.norm(states[-1, 3:]))),
    )


def table(outcome: Outcome, output: Path) -> str:
    """Return the outcome as text."""
    goal = outcome.goal
    came = f"after {goal.time:.1f} s" if goal.time is not None else "not reached"
    lines = [
        f"goal      {came}; the TCP ended {1e3 * goal.distance:.1f} mm from it "
        f"(tolerance {1e3 * goal.tolerance:g} mm)"
        + ("" if outcome.angle is None else f", turned by {outcome.angle:.2f} deg from its own")
    ]
    if outcome.recoveries:
        lines += [
            "",
            "push at   force            moved the arm   back within "
            f"{1e3 * CORRIDOR:g} mm after   verdict",
        ]
    for push, recovery in zip(outcome.pushes, outcome.recoveries, strict=True):
        size = float(np.linalg.norm(push.force))
        back = "-" if recovery.recovery_time is None else f"{recovery.recovery_time:.2f} s"
        lines.append(
            f"{push.time:5.2f} s   {size:3.0f} N for {push.duration:.1f} s   "
            f"{1e3 * recovery.peak:10.1f} mm   {back:>22}   {recovery.verdict}"
            + (" after the next push" if recovery.recovered and recovery.interrupted else "")
        )
    verdict = "reached the goal" if goal.reached else "did NOT reach the goal"
    recovered = sum(recovery.recovered for recovery in outcome.recoveries)
    lines += [
        "",
        f"The arm {verdict} and recovered from {recovered} of {len(outcome.recoveries)} pushes.",
        f"Written to {output}: policy.pt, metrics.json, field.png, tracking_error.png, arm.gif",
    ]
    return "\n".join(lines)


def draw(
    output: Path,
    demonstrations: DemonstrationSet | None,
    policy: LoadedPolicy,
    outcome: Outcome,
    robot: Robot,
    log: EpisodeLog,
    engine: str = AUTO,
) -> Iterator[Path]:
    """Make ``field.png``, ``tracking_error.png`` and ``arm.gif``, one at a time.

    Without demonstrations, for a policy that was trained elsewhere, the nominal path stands
    in for them.
    """
    steps = np.arange(len(outcome.path)) * np.float64(NOMINAL_STEP)
    facts = policy.metadata
    if demonstrations is None:
        demonstrations = DemonstrationSet(
            (Demonstration(time=steps, position=outcome.path),),
            facts.units,
            facts.frame,
            facts.source,
            orientation=None
            if facts.orientation is None
            else np.array(facts.orientation.reference),
        )
    field, error, film = (output / name for name in ("field.png", "tracking_error.png", "arm.gif"))
    plot_field(
        policy.velocity,
        demonstrations,
        rollouts=[(steps, outcome.path)],
        executed=(outcome.time, outcome.states),
        goal=policy.get_goal(),
        path=field,
    )
    yield field
    plot_tracking_error(
        outcome.time,
        1e3 * outcome.deviation,
        pushes=[(push.time, push.time + push.duration) for push in outcome.pushes],
        tolerance=1e3 * CORRIDOR,
        goal_time=outcome.goal.time,
        path=error,
    )
    yield error
    yield render_video(robot, log, film, path_points=outcome.nominal, engine=engine)
