"""Base of all followers: phases, coming to rest, and when they are silent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from elcd_policy.robot.joint_safety import JointLimits
from elcd_policy.robot.safety import Limits

from .arm_kinematics import ArmKinematics

Array = NDArray[np.float64]

ZEROS = 0.5
"""s, how long zeros are sent after a motion has ended; then silence, so that the robot's own
command timeout, or another node, takes over."""

WAITING, FOLLOWING, REACHED, HALTED, FAULT = (
    "waiting",
    "following",
    "goal reached",
    "halted",
    "fault",
)

S = TypeVar("S")


class Policy(Protocol):
    """A policy that can be followed."""

    def velocity(self, x: Array) -> Array:
        """Return the velocity [d] at a state [d], in the policy's units."""

    def get_goal(self) -> Array:
        """Return the attractor [d]."""

    def set_goal(self, g: Array) -> None:
        """Move the attractor [d]."""


class Motion(ABC, Generic[S]):
    """Turns states S of a robot into commands [n], tick by tick.

    Parameters
    ----------
    policy : the motion.
    goal_tolerance : distance from the goal that counts as reached, in ``unit``.
    speed_scale : 0..1, slows the whole motion down along its path.
    """

    unit = "m"
    """Of the goal and the distance to it."""
    size = 6
    """n, of a command."""
    limits: Limits | None = None
    """Of the TCP, if its motion is limited."""
    joint_limits: JointLimits | None = None
    """Of the joints, if they are known."""
    arm: ArmKinematics | None = None
    """Whose joints these are, if they are known."""
    stiffness = 0.0
    """1/s, the largest gain of what holds the arm beside the policy."""

    def __init__(self, policy: Policy, goal_tolerance: float, speed_scale: float) -> None:
        self.policy = policy
        self.goal_tolerance, self.speed_scale = goal_tolerance, speed_scale
        self.goal: Array
        """Where the motion leads, in ``unit``."""

    def restart(self) -> None:
        """Forget what was sent: the next state is the first."""
        self.phase, self.reason = WAITING, "no state yet"
        self.distance = float("nan")
        self.limited: tuple[str, ...] = ()
        self.wished = 0.0
        """``unit`` per s, the speed that the policy asked for in the last tick."""
        self._previous = np.zeros(self.size)
        self._sending = False
        self._still = 0.0

    @property
    def silent(self) -> bool:
        """True if nothing is being sent."""
        return not self._sending

    def tick(self, state: S | str | None, dt: float, halt: str = "") -> Array | None:
        """Return the command [n] to send now, or None for silence.

        Nothing is sent before the first state that passes the checks. A halt or a fault
        ramps to zero within the acceleration limits, sends zeros for `ZEROS` s, and is
        silent after that; a good state without a halt resumes.

        Parameters
        ----------
        state : the newest state, None before the first, or why it can't be used.
        dt : s since the tick before.
        halt : why the motion may not go on, empty if it may.
        """
        if halt or state is None:
            self.phase, self.reason = (HALTED, halt) if halt else (WAITING, "no state yet")
            return self._come_to_rest(self._ramp(dt), dt)
        if isinstance(state, str):
            self.phase, self.reason = FAULT, state
            return self._come_to_rest(self._ramp(dt), dt)
        command, fault, limited = self._decide(state, dt)
        if fault:
            self.phase, self.reason = FAULT, fault
            return self._come_to_rest(command, dt)
        self.limited = limited
        self.distance = self.distance_from(state)
        # Once reached, twice the tolerance: noise at the edge would make the status flicker.
        arrived = self.has_arrived(state, 2.0 if self.phase == REACHED else 1.0)
        self.phase, self.reason = (REACHED if arrived else FOLLOWING), ""
        self._sending, self._still, self._previous = True, 0.0, command
        return command

    @property
    def at_rest(self) -> bool:
        """True if the last command was zero."""
        return not self._previous.any()

    def distance_from(self, state: S) -> float:
        """Return the distance of a state from the goal, in ``unit``."""
        return float(np.linalg.norm(self.progress(state) - self.goal))

    def has_arrived(self, state: S, slack: float = 1.0) -> bool:
        """Return whether a state is within ``slack`` times the goal's tolerance."""
        return self.distance_from(state) <= slack * self.goal_tolerance

    def trial(self) -> Motion[S]:
        """Return a copy that can be aimed and rehearsed without moving this motion's goal."""
        return copy(self)  # of a motion whose goal does not move

    @abstractmethod
    def set_goal(self, position: Array, quaternion: Array, frame_id: str) -> str:
        """Move the goal to a pose of the TCP: [3] in m and [4]; why that was refused, or empty."""

    @abstractmethod
    def pose(self, state: S) -> tuple[Array, Array]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP."""

    @abstractmethod
    def policy_state(self, state: S) -> Array:
        """Return the policy's state [d]."""

    @abstractmethod
    def positions(self, path: Array) -> Array:
        """Return positions [K, 3] of the TCP in m along a path of policy states [K, d]."""

    @abstractmethod
    def state_fault(self, state: S) -> str:
        """Return the fault of a state; empty if it can be used."""

    @abstractmethod
    def progress(self, state: S) -> Array:
        """Return the position of the arm, in ``unit``."""

    @abstractmethod
    def wish(self, state: S) -> Array:
        """Return the command [n] that the policy asks for, at full speed and before any limit."""

    @abstractmethod
    def after(self, state: S, command: Array, dt: float) -> S:
        """Return the state that a command [n] of ``dt`` s leads to."""

    @abstractmethod
    def _decide(self, state: S, dt: float) -> tuple[Array, str, tuple[str, ...]]:
        """Return command [n], fault (then the command is on the way to zero), acting limits."""

    @abstractmethod
    def _ramp(self, dt: float) -> Array:
        """Return the next command [n] on the way to zero."""

    def _come_to_rest(self, command: Array, dt: float) -> Array | None:
        self._previous, self.limited = command, ()
        self._still = 0.0 if command.any() else self._still + dt
        self._sending = self._sending and self._still <= ZEROS
        return command if self._sending else None
