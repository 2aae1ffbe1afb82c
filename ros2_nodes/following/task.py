"""One run of the motion as a task: started, canceled, and always with an outcome."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .follower import FOLLOWING, REACHED

Array = NDArray[np.float64]

IDLE, RUNNING, SUCCEEDED, STUCK, ABORTED, CANCELED = (
    "idle",
    "running",
    "succeeded",
    "stuck",
    "aborted",
    "canceled",
)

WISHED_STEPS = 10.0
"""How many times the goal's tolerance a stuck arm was told to move while it did not move one."""


class Task:
    """The state of the newest task. Times are s on one steady clock.

    Parameters
    ----------
    timeout : s from the start to the goal, pauses included; 0 for no end.
    stuck_time : s without moving by the goal's tolerance, although told to, that count as
        stuck; 0 for never.
    hold : whether the motion goes on at the goal, against pushes and after a moved goal.
    unit : of the goal.
    """

    def __init__(
        self, timeout: float = 0.0, stuck_time: float = 0.0, hold: bool = True, unit: str = "m"
    ) -> None:
        self.timeout, self.stuck_time, self.hold = timeout, stuck_time, hold
        self._unit = unit
        self.number = 0
        """Of the newest task, from 1 on."""
        self.state, self.reason = IDLE, ""
        self.elapsed = 0.0
        """s from the start of the newest task to now, or to its end."""
        self._begin, self._holding = 0.0, False
        self._anchor: Array | None = None
        self._anchored, self._wished = 0.0, 0.0

    def run(self, now: float) -> int:
        """Start a new task, which preempts a running one; return its number."""
        self.number += 1
        self.state, self.reason, self._begin, self.elapsed = RUNNING, "", now, 0.0
        self._holding = False
        self._forget_progress()
        return self.number

    def end(self, state: str, reason: str) -> bool:
        """End what moves the arm, a task or the hold at its goal; return whether there was one.

        A task that has succeeded remains so.
        """
        moved, self._holding = self.moving, False
        if self.state == RUNNING:
            self.state, self.reason = state, reason
            self._holding = state == SUCCEEDED and self.hold
        return moved

    @property
    def moving(self) -> bool:
        """True if the arm is led to the goal or held there."""
        return self.state == RUNNING or self._holding

    @property
    def halt(self) -> str:
        """Reason why the motion may not go on; empty if it may."""
        if self.moving:
            return ""
        if self.state == IDLE:
            return "no task; call ~/run"
        why = f": {self.reason}" if self.reason else ""
        return f"task {self.number} {self.state}{why}; call ~/run"

    def note(
        self, now: float, phase: str, position: Array | None, wished: float, tolerance: float
    ) -> None:
        """Take note of a control tick, and end the task if it has come to an end.

        Parameters
        ----------
        now : s.
        phase : of the follower.
        position : where the arm is, in the goal's unit; None if that is not known.
        wished : how far the policy wanted to move in this tick, in that unit.
        tolerance : of the goal, in that unit.
        """
        if self.state != RUNNING:
            return
        self.elapsed = now - self._begin
        if phase == REACHED:
            self.end(SUCCEEDED, "")
        elif self.timeout and self.elapsed > self.timeout:
            self.end(ABORTED, f"not at the goal after {self.timeout:g} s")
        elif phase != FOLLOWING or position is None:
            self._forget_progress()
        elif self.stuck_time:
            self._look_for_progress(now, position, wished, tolerance)

    def _look_for_progress(
        self, now: float, position: Array, wished: float, tolerance: float
    ) -> None:
        self._wished += wished
        if self._anchor is None or np.linalg.norm(position - self._anchor) > tolerance:
            self._anchor, self._anchored, self._wished = position, now, 0.0
        elif now - self._anchored > self.stuck_time and self._wished > WISHED_STEPS * tolerance:
            self.end(
                STUCK,
                f"moved less than {tolerance:g} {self._unit} in {now - self._anchored:.1f} s, "
                f"told to move {self._wished:.3f} {self._unit}",
            )

    def _forget_progress(self) -> None:
        self._anchor, self._anchored, self._wished = None, 0.0, 0.0
