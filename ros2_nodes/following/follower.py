"""Follows a policy of the end effector: from the newest pose to the twist to send, or none."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from elcd_policy.errors import ParameterError
from elcd_policy.robot import safety
from elcd_policy.robot.boxes import inside_depth
from elcd_policy.robot.orientation import matrix_from_quaternion
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.task_space import TaskSpace
from elcd_policy.robot.units import METRES

from .aimed_policy import AimedPolicy
from .robot_motion import FAULT, FOLLOWING, HALTED, REACHED, WAITING, ZEROS, Motion, Policy

__all__ = [
    "FAULT",
    "FOLLOWING",
    "HALTED",
    "REACHED",
    "WAITING",
    "ZEROS",
    "Follower",
    "demonstrated_box",
    "resolve_placement",
]

Array = NDArray[np.float64]


class Follower(Motion[safety.State]):
    """Follows a policy through its placement and the safety chain.

    Parameters
    ----------
    policy : the motion.
    placement : where it lies in the base frame.
    dimension : of the policy.
    limits : what a command may not exceed.
    base_frame : frame of states and twists.
    goal_tolerance : m, distance of the TCP from the goal that counts as reached.
    hold_gain, hold_gain_angular : 1/s, see `TaskSpace`.
    orientation : [4] x y z w to hold; None for that of the first state.
    speed_scale : 0..1.
    """

    def __init__(
        self,
        policy: Policy,
        placement: Placement,
        dimension: int,
        limits: safety.Limits,
        base_frame: str,
        goal_tolerance: float,
        hold_gain: float,
        hold_gain_angular: float,
        orientation: Array | None = None,
        speed_scale: float = 1.0,
    ) -> None:
        super().__init__(policy, goal_tolerance, speed_scale)
        self.placement, self.dimension = placement, dimension
        self.limits: safety.Limits = limits
        self.base_frame = base_frame
        self.hold_gain, self.hold_gain_angular = hold_gain, hold_gain_angular
        self.stiffness = max(hold_gain, hold_gain_angular)
        self.orientation = orientation
        self._note_goal()
        self.restart()

    def restart(self) -> None:
        """Forget what was sent: the next state is the first, and its orientation is held."""
        super().restart()
        self.restart_field()

    def restart_field(self) -> None:
        """Forget the orientation that the field counts from."""
        self._task: TaskSpace | None = None

    def trial(self) -> Follower:
        """Return a copy that can be aimed and rehearsed without moving this motion's goal."""
        other = copy(self)
        other.policy = AimedPolicy(self.policy)
        return other

    def set_goal(self, position: Array, quaternion: Array, frame_id: str) -> str:
        """Move the goal to a position [3] in m; return why that is refused, or empty."""
        if not np.isfinite(position).all():
            return f"it is not finite: got {position.tolist()}"
        if frame_id != self.base_frame:
            return f"it is in another frame: got '{frame_id}', expected '{self.base_frame}'"
        lower, upper = self.limits.lower, self.limits.upper
        if not ((lower <= position) & (position <= upper)).all():
            return (
                f"it is outside the workspace box: got {position.tolist()}, expected "
                f"{lower.round(4).tolist()} to {upper.round(4).tolist()} m"
            )
        depth = inside_depth(position[None], self.limits.keep_out)
        if depth.size and depth.max() > 0.0:
            return f"it is inside box {int(np.argmax(depth)) + 1} of keep_out"
        fault = safety.distance_fault(position, self.limits, "it")
        if not fault:
            self.policy.set_goal(self._policy_goal(position))
            self._note_goal()
        return fault

    def pose(self, state: safety.State) -> tuple[Array, Array]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP."""
        return state.position, state.quaternion

    def policy_state(self, state: safety.State) -> Array:
        """Return the policy's state [d]."""
        return self.placement.to_policy(state.position)[: self.dimension]

    def positions(self, path: Array) -> Array:
        """Return positions [K, 3] of the TCP in m along a path of policy states [K, d]."""
        return self.placement.to_robot(path)

    def twist(self, state: safety.State, previous: Array, dt: float) -> safety.Decision:
        """Return the safe twist [6] at a state, after the twist sent ``dt`` s before."""
        return safety.safe_twist(
            state, self._field, previous, self.limits, self.base_frame, dt, self.speed_scale
        )

    def state_fault(self, state: safety.State) -> str:
        """Return the fault of a state; empty if it can be used."""
        return safety.state_fault(state, self.limits, self.base_frame)

    def progress(self, state: safety.State) -> Array:
        """Return position [3] of the TCP in m."""
        return state.position

    def wish(self, state: safety.State) -> Array:
        """Return the twist [6] that the policy asks for, at full speed and before any limit."""
        space, position, quaternion = self._space(state), state.position, state.quaternion
        velocity = self.policy.velocity(space.to_policy(position, quaternion))
        return space.twist(position, quaternion, velocity)

    def after(self, state: safety.State, command: Array, dt: float) -> safety.State:
        """Return the state that a twist [6] of ``dt`` s leads to."""
        turn = Rotation.from_rotvec(dt * command[3:])
        quaternion = (turn * Rotation.from_quat(state.quaternion)).as_quat()
        return replace(state, position=state.position + dt * command[:3], quaternion=quaternion)

    def _decide(self, state: safety.State, dt: float) -> tuple[Array, str, tuple[str, ...]]:
        decision = self.twist(state, self._previous, dt)
        return decision.twist, decision.fault, decision.limited

    def _ramp(self, dt: float) -> Array:
        return safety.ramp_to_zero(self._previous, self.limits, dt)

    def _field(self, state: safety.State) -> Array:
        wish = self.wish(state)
        self.wished = self.speed_scale * float(np.linalg.norm(wish[:3]))
        return wish

    def _space(self, state: safety.State) -> TaskSpace:
        if self._task is None:
            first = state.quaternion if self.orientation is None else self.orientation
            self._task = self._new_space(first)
        return self._task

    def _new_space(self, orientation: Array) -> TaskSpace:
        return TaskSpace(
            self.placement, self.dimension, orientation, self.hold_gain, self.hold_gain_angular
        )

    def _policy_goal(self, position: Array) -> Array:
        return self.placement.to_policy(position)[: self.dimension]

    def _note_goal(self) -> None:
        self.goal = self.placement.to_robot(self.policy.get_goal())


def resolve_placement(
    stored: Placement | None,
    units: str,
    dimension: int,
    origin: tuple[float, ...] = (),
    quaternion: tuple[float, ...] = (),
    metres_per_unit: float = 0.0,
) -> Placement:
    """Return the placement to use: the stored one, changed by what was given.

    Parameters
    ----------
    stored : the policy file's own.
    units, dimension : of the policy.
    origin : () or [3] in m.
    quaternion : () or [4], x y z w.
    metres_per_unit : 0 keeps the stored one.

    Raises
    ------
    ParameterError
        If nothing says where the policy lies.
    """
    if stored is None and dimension == 3 and (metres_per_unit or units in METRES):
        stored = Placement(metres_per_unit=metres_per_unit or METRES[units])
    if stored is None and not (origin and metres_per_unit):
        raise ParameterError(
            "the policy does not say where it lies in the robot's base frame",
            got=f"{dimension} dimensions in {units}, no placement",
            expected="a placement in the file or in the parameters",
            advice="set placement_origin, placement_rotation and placement_metres_per_unit",
        )
    stored = stored or Placement()
    return Placement(
        matrix_from_quaternion(quaternion) if quaternion else stored.rotation,
        np.array(origin) if origin else stored.origin,
        metres_per_unit or stored.metres_per_unit,
    )


def demonstrated_box(
    placement: Placement, workspace: Sequence[Sequence[float]], margin: float
) -> tuple[Array, Array]:
    """Return the box [3], [3] in m around the placed corners of demonstrations, plus a margin."""
    lower, upper = (np.asarray(corner, dtype=np.float64) for corner in workspace)
    grid = np.meshgrid(*zip(lower, upper, strict=True))
    corners = placement.to_robot(np.stack([axis.ravel() for axis in grid], axis=-1))
    return corners.min(axis=0) - margin, corners.max(axis=0) + margin
