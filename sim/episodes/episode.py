"""One run of an arm under a controller, disturbed or not."""

from __future__ import annotations

import time as clock
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError

from ..arm.arm import Arm
from ..disturbances import Disturbance, total_force
from .control import Controller
from .log import EpisodeLog

Vector = NDArray[np.float64]


def run_episode(
    arm: Arm,
    controller: Controller,
    duration: float,
    rate: float = 100.0,
    disturbances: Sequence[Disturbance] = (),
    latency: float = 0.0,
) -> EpisodeLog:
    """Run an arm from where it is under a controller, in this process.

    Forces begin and end to the physics step, whatever the control rate. With a window, the
    episode runs no faster than real time.

    Parameters
    ----------
    arm : at the start, e.g. after `Arm.move_to`.
    controller : asked at each control tick; its twist holds until the next one.
    duration : s.
    rate : of the control ticks, Hz.
    disturbances : with times counted from now.
    latency : s from a tick until its twist reaches the arm, which is held until the first.

    Returns
    -------
    EpisodeLog
        A row per control tick and one at the end.

    Raises
    ------
    ParameterError
        If the duration, rate or latency is out of range, or a command is not finite.
    """
    fastest = 1 / arm.timestep
    if not (
        np.isfinite([duration, latency]).all()
        and duration > 0
        and latency >= 0
        and 0 < rate <= fastest * (1 + 1e-9)
    ):
        raise ParameterError(
            "an episode's duration, rate or latency is out of range",
            got=f"{duration} s at {rate} Hz, {latency} s late",
            expected=f"above 0 s, above 0 and up to {fastest:g} Hz, at least 0 s",
        )
    return _Episode(arm, controller, duration, rate, disturbances, latency).run()


class _Episode:
    """The physics steps at which something happens, and what happens there."""

    def __init__(
        self,
        arm: Arm,
        controller: Controller,
        duration: float,
        rate: float,
        disturbances: Sequence[Disturbance],
        latency: float,
    ) -> None:
        self.arm, self.controller, self.disturbances = arm, controller, disturbances
        self.last = self._step(duration)
        delay = self._step(sum(each.sensor_delay for each in disturbances))
        self.latency = self._step(latency)
        ticks = {round(k / (rate * arm.timestep)) for k in range(round(duration * rate))}
        self.ticks = ticks | {self.last}
        #: The steps at which the poses are measured that the ticks get to see.
        self.seen = {tick: max(0, tick - delay) for tick in self.ticks}
        self.poses: dict[int, tuple[Vector, Vector]] = {}
        self.pending: deque[tuple[int, Vector]] = deque()
        self.offset = np.zeros(3)

    def run(self) -> EpisodeLog:
        arm, log = self.arm, EpisodeLog(len(self.arm.robot.arm_joints))
        stops, begin = self._stops(), clock.monotonic()
        measured = set(self.seen.values())
        self.controller.begin(*arm.pose())
        for step, following in zip(stops, [*stops[1:], self.last], strict=True):
            # In the middle of a step no rounding decides whether a force is on.
            arm.apply_force(total_force(self.disturbances, (step + 0.5) * arm.timestep))
            self._change_arm(step)
            if step in measured:
                self.poses[step] = arm.pose()
            if step in self.ticks:
                self.pending.append((step + self.latency, self._twist(step)))
            while self.pending and self.pending[0][0] <= step:
                twist = self.pending.popleft()[1]
                arm.command_twist(twist[:3], twist[3:])
            if step in self.ticks:
                log.record(arm)
            arm.step(following - step)
            if arm.gui:
                clock.sleep(max(0.0, begin + following * arm.timestep - clock.monotonic()))
        return log

    def _stops(self) -> list[int]:
        stops = self.ticks | set(self.seen.values()) | {t + self.latency for t in self.ticks}
        duration = self.last * self.arm.timestep
        for each in self.disturbances:
            stops |= {self._step(edge) for edge in each.edges(duration)}
        return sorted(step for step in stops if step <= self.last)

    def _change_arm(self, step: int) -> None:
        for each in self.disturbances:
            for begins, edge in zip((False, True), reversed(each.interval), strict=True):
                if np.isfinite(edge) and self._step(edge) == step:
                    each.act_on(self.arm, begins)

    def _twist(self, step: int) -> Vector:
        time = step * self.arm.timestep
        offset = sum((each.goal_offset(time) for each in self.disturbances), np.zeros(3))
        if not np.array_equal(offset, self.offset):
            self.offset = offset
            self.controller.shift_goal(offset)
        position, quaternion = self.poses[self.seen[step]]
        for each in self.disturbances:
            position, quaternion = each.alter_pose(time, position, quaternion)
        twist = np.asarray(self.controller.twist(time, position, quaternion), dtype=np.float64)
        for each in self.disturbances:
            twist = each.alter_twist(time, twist)
        return twist

    def _step(self, time: float) -> int:
        """Return the physics step nearest to a time in s."""
        return round(time / self.arm.timestep)
