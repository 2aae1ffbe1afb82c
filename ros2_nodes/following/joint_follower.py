"""Followers whose commands are joint velocities: of a joint-space policy, or of a twist."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from elcd_policy.robot.damped_least_squares import DAMPED_BELOW
from elcd_policy.robot.joint_safety import (
    JointLimits,
    JointReading,
    joint_state_fault,
    ramp_joints_to_zero,
    room_to_move,
    safe_joint_velocity,
)
from elcd_policy.robot.safety import State, scale_speed

from .arm_kinematics import ArmKinematics
from .follower import Follower
from .robot_motion import Motion, Policy

Array = NDArray[np.float64]


class JointFollower(Motion[JointReading]):
    """Follows a policy whose states are joint positions in rad.

    Parameters
    ----------
    policy : the motion, of as many dimensions as the arm has joints.
    arm : kinematics of the arm.
    joint_limits : what a command may not exceed.
    goal_tolerance : rad, norm of the joints' distances that counts as reached.
    speed_scale : 0..1.
    order : [n], which of the arm's joints each of the policy's coordinates is; by default the
        same one.
    """

    unit = "rad"

    def __init__(
        self,
        policy: Policy,
        arm: ArmKinematics,
        joint_limits: JointLimits,
        goal_tolerance: float,
        speed_scale: float = 1.0,
        order: Sequence[int] | None = None,
    ) -> None:
        super().__init__(policy, goal_tolerance, speed_scale)
        self._order = np.array(range(len(arm.joints)) if order is None else order)
        self._inverse = np.argsort(self._order)
        self.arm: ArmKinematics = arm
        self.joint_limits: JointLimits = joint_limits
        self.size = len(arm.joints)
        self.goal = policy.get_goal()[self._inverse]
        self.restart()

    def set_goal(self, position: Array, quaternion: Array, frame_id: str) -> str:
        """Refuse: a position of the TCP is no goal of a motion of joints."""
        return "the policy's goal is a set of joint positions, a pose does not say which"

    def pose(self, state: JointReading) -> tuple[Array, Array]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP."""
        return self.arm.pose(state.positions)

    def policy_state(self, state: JointReading) -> Array:
        """Return the policy's state [n]: the joint positions, in the policy's order."""
        return state.positions[self._order]

    def positions(self, path: Array) -> Array:
        """Return positions [K, 3] of the TCP in m along joint positions [K, n]."""
        return np.array([self.arm.pose(joints)[0] for joints in path[:, self._inverse]])

    def state_fault(self, state: JointReading) -> str:
        """Return the fault of a state; empty if it can be used."""
        return joint_state_fault(state, self.joint_limits)

    def progress(self, state: JointReading) -> Array:
        """Return joint positions [n] in rad."""
        return state.positions

    def wish(self, state: JointReading) -> Array:
        """Return the joint velocities [n] that the policy asks for, before any limit."""
        return self.policy.velocity(self.policy_state(state))[self._inverse]

    def after(self, state: JointReading, command: Array, dt: float) -> JointReading:
        """Return the state that joint velocities [n] of ``dt`` s lead to."""
        return replace(state, positions=state.positions + dt * command)

    def _decide(self, state: JointReading, dt: float) -> tuple[Array, str, tuple[str, ...]]:
        decision = safe_joint_velocity(state, self._field, self._previous, self.joint_limits, dt)
        return decision.velocity, decision.fault, decision.limited

    def _ramp(self, dt: float) -> Array:
        return ramp_joints_to_zero(self._previous, self.joint_limits, dt)

    def _field(self, joints: Array) -> Array:
        velocity = self.speed_scale * self.policy.velocity(joints[self._order])[self._inverse]
        self.wished = float(np.linalg.norm(velocity))
        return velocity


class ArmFollower(Motion[JointReading]):
    """Follows a policy of the end effector by moving the joints.

    The twist has passed the whole Cartesian chain before it is turned into joint velocities,
    which then pass the chain of the joints. What the joints did not do of a twist the next
    one starts from: its acceleration is bounded relative to the motion that was sent.

    Parameters
    ----------
    cartesian : the follower that gives the twist; nothing else may tick it.
    arm : kinematics of the arm.
    joint_limits : what a command may not exceed.
    """

    def __init__(self, cartesian: Follower, arm: ArmKinematics, joint_limits: JointLimits) -> None:
        super().__init__(cartesian.policy, cartesian.goal_tolerance, cartesian.speed_scale)
        self.cartesian = cartesian
        self.arm: ArmKinematics = arm
        self.joint_limits: JointLimits = joint_limits
        self.limits, self.stiffness = cartesian.limits, cartesian.stiffness
        self.size = len(arm.joints)
        self.goal = cartesian.goal
        self.restart()

    def restart(self) -> None:
        """Forget what was sent: the next state is the first, and its orientation is held."""
        super().restart()
        self.cartesian.restart()

    def trial(self) -> ArmFollower:
        """Return a copy that can be aimed and rehearsed without moving this motion's goal."""
        other = copy(self)
        other.cartesian = self.cartesian.trial()
        other.policy = other.cartesian.policy
        return other

    def set_goal(self, position: Array, quaternion: Array, frame_id: str) -> str:
        """Move the goal to a pose: [3] in m and [4]; why that was refused, or empty."""
        fault = self.cartesian.set_goal(position, quaternion, frame_id)
        self.goal = self.cartesian.goal
        return fault

    def has_arrived(self, state: JointReading, slack: float = 1.0) -> bool:
        """Return whether a state is within ``slack`` times the goal's tolerance."""
        return self.cartesian.has_arrived(self._cartesian_state(state), slack)

    def pose(self, state: JointReading) -> tuple[Array, Array]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP."""
        return self.arm.pose(state.positions)

    def policy_state(self, state: JointReading) -> Array:
        """Return the policy's state [d]."""
        return self.cartesian.policy_state(self._cartesian_state(state))

    def positions(self, path: Array) -> Array:
        """Return positions [K, 3] of the TCP in m along a path of policy states [K, d]."""
        return self.cartesian.positions(path)

    def state_fault(self, state: JointReading) -> str:
        """Return the fault of a state; empty if it can be used."""
        return joint_state_fault(state, self.joint_limits)

    def progress(self, state: JointReading) -> Array:
        """Return position [3] of the TCP in m."""
        return self.pose(state)[0]

    def wish(self, state: JointReading) -> Array:
        """Return the joint velocities [n] for the policy's twist, before any limit."""
        jacobian = self.arm.jacobian(state.positions)
        twist = self.cartesian.wish(self._cartesian_state(state))
        endless = np.full(self.size, np.inf)
        return self.arm.joint_velocity(jacobian, state.positions, twist, (-endless, endless))

    def after(self, state: JointReading, command: Array, dt: float) -> JointReading:
        """Return the state that joint velocities [n] of ``dt`` s lead to."""
        return replace(state, positions=state.positions + dt * command)

    def _decide(self, state: JointReading, dt: float) -> tuple[Array, str, tuple[str, ...]]:
        causes: tuple[str, ...] = ()

        def field(joints: Array) -> Array:
            nonlocal causes
            self.cartesian.speed_scale = self.speed_scale
            jacobian = self.arm.jacobian(joints)
            limits = self.cartesian.limits
            previous = scale_speed(jacobian @ self._previous, limits.speed, limits.angular_speed)
            decision = self.cartesian.twist(self._cartesian_state(state), previous, dt)
            self.wished = self.cartesian.wished
            if decision.fault:
                return np.full(self.size, np.nan)
            causes = decision.limited
            if np.linalg.svd(jacobian, compute_uv=False)[-1] < DAMPED_BELOW:
                causes += ("singularity",)
            room = room_to_move(joints, self.joint_limits, dt)
            return self.arm.joint_velocity(jacobian, joints, decision.twist, room)

        decision = safe_joint_velocity(state, field, self._previous, self.joint_limits, dt)
        limited = causes + tuple(f"joint {name}" for name in decision.limited)
        return decision.velocity, decision.fault, limited

    def _ramp(self, dt: float) -> Array:
        return ramp_joints_to_zero(self._previous, self.joint_limits, dt)

    def _cartesian_state(self, state: JointReading) -> State:
        base_frame = self.cartesian.base_frame
        return State(*self.pose(state), base_frame, state.received_age, state.stamp_age)
