"""Interfaces of what moves an arm: a motion in its own coordinates, a controller around it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elcd_policy.robot.task_space import TaskSpace

Vector = NDArray[np.float64]


class Motion(Protocol):
    """A way to move, in a policy's coordinates: a learned field, a replay, a primitive.

    It may count time and keep a state of its own: `begin` forgets all of an episode before.
    Motions are sent to worker processes, so they can be pickled.

    Attributes
    ----------
    dimension : d.
    """

    dimension: int

    def begin(self, x: Vector) -> None:
        """Start an episode at ``x`` [d], with the goal where the demonstrations end."""

    def velocity(self, time: float, x: Vector) -> Vector:
        """Return the velocity [d] in units per s, ``time`` s after the start, at a measured ``x``.

        Called once each control tick, with increasing times.
        """

    def set_goal(self, goal: Vector) -> None:
        """Move the goal to ``goal`` [d] for the rest of the episode."""

    def get_goal(self) -> Vector:
        """Return the goal [d]."""


class Controller(Protocol):
    """Interface of whatever commands the arm in `run_episode`."""

    def begin(self, position: Vector, quaternion: Vector) -> None:
        """Start an episode at this pose of the TCP: [3] in m, [4] as x y z w."""

    def twist(self, time: float, position: Vector, quaternion: Vector) -> ArrayLike:
        """Return the twist [6] to command ``time`` s after the start, at a measured pose."""

    def shift_goal(self, offset: Vector) -> None:
        """Move the goal by ``offset`` [3] in m, counted from where it was at the start."""


class TaskController:
    """A motion, placed in the robot's workspace.

    Parameters
    ----------
    motion : in its own coordinates.
    task : where they lie, and how what the motion leaves open is held.
    """

    def __init__(self, motion: Motion, task: TaskSpace) -> None:
        self.motion, self.task = motion, task
        self._goal = np.empty(0)

    def begin(self, position: Vector, quaternion: Vector) -> None:
        """See `Controller`."""
        self.motion.begin(self.task.to_policy(position, quaternion))
        self._goal = self.motion.get_goal()

    def twist(self, time: float, position: Vector, quaternion: Vector) -> Vector:
        """See `Controller`."""
        velocity = self.motion.velocity(time, self.task.to_policy(position, quaternion))
        return self.task.twist(position, quaternion, velocity)

    def shift_goal(self, offset: Vector) -> None:
        """See `Controller`; what the motion's dimensions don't reach is left out."""
        placement = self.task.placement
        shift = np.zeros_like(self._goal)
        shift[:3] = (offset @ placement.rotation / placement.metres_per_unit)[: len(shift)]
        self.motion.set_goal(self._goal + shift)
