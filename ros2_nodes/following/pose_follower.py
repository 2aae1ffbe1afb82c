"""Follows a policy of poses: position and orientation of the end effector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.robot import safety
from elcd_policy.robot.orientation import POSE_DIMENSION, rotation_vector, unit_quaternion
from elcd_policy.robot.task_space import TaskSpace

from .follower import Follower

Array = NDArray[np.float64]


class PoseFollower(Follower):
    """A `Follower` whose policy turns the end effector, too; nothing is left to hold.

    Parameters
    ----------
    orientation : [4] x y z w, of the goal in the base frame.
    goal_tolerance_angular : rad, angle from the goal's orientation that counts as reached.
    margin : rad; orientations beyond pi minus this from the goal's are refused.
    others : see `Follower`.
    """

    def __init__(
        self, *, orientation: Array, goal_tolerance_angular: float, margin: float, **others: Any
    ) -> None:
        self.goal_tolerance_angular, self._margin = goal_tolerance_angular, margin
        super().__init__(
            **others,
            dimension=POSE_DIMENSION,
            hold_gain=0.0,
            hold_gain_angular=0.0,
            orientation=unit_quaternion(orientation),
        )

    def set_goal(self, position: Array, quaternion: Array, frame_id: str) -> str:
        """Move the goal to a pose; why that was refused, or empty."""
        fault = safety.input_fault(position, quaternion) or super().set_goal(
            position, quaternion, frame_id
        )
        if not fault:
            self.orientation = unit_quaternion(quaternion)
            self.restart_field()
        return fault

    def has_arrived(self, state: safety.State, slack: float = 1.0) -> bool:
        """Return whether distance and angle are within ``slack`` times the goal's tolerances."""
        angle = np.linalg.norm(rotation_vector(self._space(state).orientation, state.quaternion))
        return bool(
            angle <= slack * self.goal_tolerance_angular and super().has_arrived(state, slack)
        )

    def policy_state(self, state: safety.State) -> Array:
        """Return the policy's state [6]."""
        return self._space(state).to_policy(state.position, state.quaternion)

    def positions(self, path: Array) -> Array:
        """Return positions [K, 3] of the TCP in m along a path of policy states [K, 6]."""
        return self.placement.to_robot(path[:, :3])

    def state_fault(self, state: safety.State) -> str:
        """Return the fault of a state; empty if it can be used."""
        return super().state_fault(state) or self._space(state).fault(state.quaternion)

    def twist(self, state: safety.State, previous: Array, dt: float) -> safety.Decision:
        """Return the safe twist [6] at a state, after the twist sent ``dt`` s before."""
        fault = self.state_fault(state)
        if fault:
            return safety.Decision(safety.ramp_to_zero(previous, self.limits, dt), fault)
        return super().twist(state, previous, dt)

    def _new_space(self, orientation: Array) -> TaskSpace:
        return TaskSpace(self.placement, self.dimension, orientation, margin=self._margin)

    def _policy_goal(self, position: Array) -> Array:
        return np.concatenate([self.placement.to_policy(position), np.zeros(3)])

    def _note_goal(self) -> None:
        self.goal = self.placement.to_robot(self.policy.get_goal()[:3])
