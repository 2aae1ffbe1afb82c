"""Checks of a stream of states: faults that last long enough, and jumps no arm can make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elcd_policy.robot.orientation import rotation_vector

Array = NDArray[np.float64]
Pose = tuple[Array, Array]

RECOVERY = 0.5
"""s, for which a stream has to be good again before a motion goes on, at least; longer than a state
stays fresh, or states that come too seldom would make the arm stutter."""

TURN_SPEED = 10.0  # rad/s, of a TCP between two states, above which it has jumped
SLACK, TURN_SLACK = 0.03, 0.3  # m and rad, of any two states: noise and a little lost time
JOINT_FACTOR = 2.0  # times a joint's largest speed, above which it has jumped
JOINT_SLACK = 0.05  # rad


class FaultLatch:
    """Keeps a fault until there has been none for a while, and the arm has come to rest.

    Parameters
    ----------
    recovery : s without a fault, after which the newest one no longer counts.
    """

    def __init__(self, recovery: float = RECOVERY) -> None:
        self.recovery = recovery
        self.fault = ""
        """The fault that counts; empty for none."""
        self._newest = -np.inf

    def update(self, now: float, fault: str, at_rest: bool) -> str:
        """Take the present fault, or none, and return the one that counts.

        Parameters
        ----------
        now : s on a steady clock.
        fault : present one; empty for none.
        at_rest : True once the arm needs no more commands.
        """
        if fault:
            self.fault, self._newest = fault, now
        elif self.fault and at_rest and now - self._newest >= self.recovery:
            self.fault = ""
        return self.fault


class PoseJumps:
    """Finds poses of the TCP that are further apart than an arm moves between them.

    Parameters
    ----------
    speed : m/s, largest of the TCP.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def fault(self, before: Pose, after: Pose, dt: float) -> str:
        """Return the fault of a jump, empty for none.

        Parameters
        ----------
        before, after : position [3] in m and quaternion [4], x y z w.
        dt : s between them.
        """
        if not np.isfinite([*before[0], *before[1], *after[0], *after[1]]).all():
            return ""
        distance = float(np.linalg.norm(after[0] - before[0]))
        if distance > self.speed * dt + SLACK:
            return f"the state jumped: got {distance:.3f} m in {dt:.3f} s, more than an arm moves"
        angle = float(np.linalg.norm(rotation_vector(after[1], before[1])))
        if angle > TURN_SPEED * dt + TURN_SLACK:
            return f"the state jumped: got {angle:.2f} rad in {dt:.3f} s, more than an arm turns"
        return ""


class JointJumps:
    """Finds joint positions that are further apart than the joint moves between them.

    Parameters
    ----------
    names : of the n joints.
    speed : [n] in rad/s, the largest of each.
    endless : [n], True for joints whose whole turns make no difference.
    """

    def __init__(self, names: Sequence[str], speed: Array, endless: NDArray[np.bool_]) -> None:
        self._speed = dict(zip(names, speed.tolist(), strict=True))
        self._endless = dict(zip(names, endless.tolist(), strict=True))

    def fault(self, name: str, before: float, after: float, dt: float) -> str:
        """Return the fault of a jump from one position to another in rad in dt s, or empty."""
        change, turn = abs(after - before), 2.0 * np.pi
        if self._endless[name]:
            change = abs((after - before + np.pi) % turn - np.pi)
        if not change > JOINT_FACTOR * self._speed[name] * dt + JOINT_SLACK:
            return ""
        whole = abs(change - turn * max(1, round(change / turn))) < JOINT_SLACK
        return (
            f"the state jumped: {name} moved {change:.3f} rad in {dt:.3f} s, more than it can"
            + (", by whole turns" if whole else "")
        )
