"""The chain between a wanted joint motion and a robot's joints, as pure functions.

The sister of `elcd_policy.robot.safety` for commands that are joint velocities [n] in rad/s (m/s
for a prismatic joint), in this order:

finite input -> age of the state -> field -> finite output -> joint position limits ->
uniform speed scaling -> acceleration limit.

Every link scales all joints by one factor: the arm keeps its way, it only becomes slower.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .safety import age_fault

Array = NDArray[np.float64]

LIMIT_TOLERANCE = 0.1
"""rad, how far beyond its limits a joint may be measured."""


@dataclass(frozen=True)
class JointLimits:
    """Limits that the command to n joints never exceeds.

    Parameters
    ----------
    names : of the joints, in the command's order.
    lower, upper : [n] in rad; infinite for a joint that turns on and on.
    speed : [n] in rad/s.
    acceleration : [n] in rad/s^2.
    state_timeout : s, the age from which a state is stale.

    Raises
    ------
    ParameterError
        If a limit is no limit; the joint is named.
    """

    names: tuple[str, ...]
    lower: Array
    upper: Array
    speed: Array
    acceleration: Array
    state_timeout: float

    def __post_init__(self) -> None:
        for name, low, high in zip(self.names, self.lower, self.upper, strict=True):
            if not low < high:
                raise ParameterError(
                    f"the position limits of {name} are none",
                    got=f"{low:g} to {high:g} rad",
                    expected="lower below upper",
                )
        for what in ("speed", "acceleration"):
            for name, value in zip(self.names, getattr(self, what), strict=True):
                if not (np.isfinite(value) and value > 0):
                    raise ParameterError(
                        f"the {what} limit of {name} is out of range", got=value, expected=">0"
                    )

    @property
    def stopping_time(self) -> float:
        """s, within which the arm comes to rest from any allowed speed."""
        return float(np.max(self.speed / self.acceleration))


@dataclass(frozen=True)
class JointReading:
    """The newest known positions of the joints.

    Parameters
    ----------
    positions : [n] in rad.
    received_age : s since the oldest was received, on a steady clock.
    stamp_age : s from the oldest stamp to now, on the node's clock; negative for the future.
    oldest : name of the joint that was heard longest ago; empty if all came together.
    """

    positions: Array
    received_age: float
    stamp_age: float
    oldest: str = ""


@dataclass(frozen=True)
class JointDecision:
    """A command to send, and its reasons.

    Parameters
    ----------
    velocity : [n] in rad/s, finite and within the limits.
    fault : why the motion was refused and the velocity ramps to zero; empty when it was not.
    limited : which links changed the field's velocity: "joint limit", "speed",
        "acceleration".
    """

    velocity: Array
    fault: str = ""
    limited: tuple[str, ...] = ()


def joints_fault(positions: Array, names: tuple[str, ...]) -> str:
    """Return the fault of measured positions [n]; empty if they are finite."""
    bad = [name for name, value in zip(names, positions, strict=True) if not np.isfinite(value)]
    return f"the state's joint positions are not finite: got {', '.join(bad)}" if bad else ""


def range_fault(positions: Array, names: tuple[str, ...], lower: Array, upper: Array) -> str:
    """Return the fault of a joint that is measured beyond its limits; empty for none.

    A joint may rest a little beyond: up to `LIMIT_TOLERANCE`, and a twentieth of its range.

    Parameters
    ----------
    positions, lower, upper : [n] in rad.
    names : of the joints.
    """
    tolerance = np.minimum(LIMIT_TOLERANCE, 0.05 * (upper - lower))
    beyond = np.maximum(lower - positions, positions - upper)
    bad = np.flatnonzero(beyond > tolerance)
    if not bad.size:
        return ""
    joint = int(bad[0])
    position, low, high = float(positions[joint]), float(lower[joint]), float(upper[joint])
    turned = any(low <= position + turn <= high for turn in (-2 * np.pi, 2 * np.pi))
    return (
        f"{names[joint]} is beyond its limits: got {position:.3f} rad, expected {low:.3f} to "
        f"{high:.3f} rad" + ("; is it a turn off?" if turned else "")
    )


def joint_state_fault(state: JointReading, limits: JointLimits) -> str:
    """Return the first fault of a state, empty for none: not finite, out of range, or stale."""
    return (
        joints_fault(state.positions, limits.names)
        or range_fault(state.positions, limits.names, limits.lower, limits.upper)
        or age_fault(
            state.received_age,
            state.stamp_age,
            limits.state_timeout,
            f"state of {state.oldest}" if state.oldest else "state",
        )
    )


def room_to_move(positions: Array, limits: JointLimits, dt: float) -> tuple[Array, Array]:
    """Return the lowest [n] and highest [n] velocities from which all joints still stop in time.

    The acceleration limit ramps all joints to rest together, within `stopping_time` T: a
    joint that moves at ``distance / (T + dt)`` comes to rest before its limit then. At a
    limit and beyond it, only the way back is free.
    """
    time = limits.stopping_time + dt
    lowest = -np.maximum(positions - limits.lower, 0.0) / time
    highest = np.maximum(limits.upper - positions, 0.0) / time
    return lowest, highest


def keep_within(velocity: Array, lowest: Array, highest: Array) -> Array:
    """Return the velocity [n] scaled by one factor 0..1 so that each joint is within its bounds."""
    bound = np.where(velocity > 0, highest, -lowest)
    excess = np.abs(velocity) > bound
    if not excess.any():
        return velocity
    return velocity * float(np.min(bound[excess] / np.abs(velocity[excess])))


def limit_joint_acceleration(
    velocity: Array, previous: Array, acceleration: Array, dt: float
) -> Array:
    """Return the velocity [n], or as far on the straight way to it from ``previous`` as allowed."""
    change = velocity - previous
    excess = np.abs(change) > acceleration * dt
    if not excess.any():
        return velocity
    return previous + change * float(np.min(acceleration[excess] * dt / np.abs(change[excess])))


def ramp_joints_to_zero(previous: Array, limits: JointLimits, dt: float) -> Array:
    """Return the next velocity [n] on the way from ``previous`` to rest."""
    return limit_joint_acceleration(np.zeros_like(previous), previous, limits.acceleration, dt)


def safe_joint_velocity(
    state: JointReading,
    field: Callable[[Array], Array],
    previous: Array,
    limits: JointLimits,
    dt: float,
) -> JointDecision:
    """Return the next joint velocity to send: the whole chain.

    Parameters
    ----------
    state : the newest state.
    field : the wanted velocity [n] at positions [n] that passed the checks.
    previous : [n], the velocity sent before this one.
    limits : what the command may not exceed.
    dt : s from the previous command to this one.
    """
    fault = joint_state_fault(state, limits)
    if fault:
        return JointDecision(ramp_joints_to_zero(previous, limits, dt), fault)
    wanted = field(state.positions)
    if not np.isfinite(wanted).all():
        fault = f"the policy's velocity is not finite: got {wanted.tolist()}"
        return JointDecision(ramp_joints_to_zero(previous, limits, dt), fault)
    kept = keep_within(wanted, *room_to_move(state.positions, limits, dt))
    scaled = keep_within(kept, -limits.speed, limits.speed)
    sent = limit_joint_acceleration(scaled, previous, limits.acceleration, dt)
    links = (("joint limit", wanted, kept), ("speed", kept, scaled), ("acceleration", scaled, sent))
    return JointDecision(sent, "", tuple(name for name, a, b in links if a is not b))
