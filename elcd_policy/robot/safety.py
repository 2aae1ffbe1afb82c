"""The chain between a motion policy and a robot's command topic, as pure functions.

A command passes in this order, and what fails a check turns into a ramp to zero:

finite input -> frame -> age of the state -> field -> finite output -> workspace box ->
uniform speed scaling -> acceleration limit.

The speed scaling is one factor for all components, from two causes: being outside the box
that demonstrations vouch for, and the speed limits.

A twist is [6]: linear velocity of the TCP in m/s, then angular velocity in rad/s, both in
the base frame. `safe_twist` is the whole chain; the functions before it are its links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .boxes import familiarity, keep_inside, keep_outside, outside_distance

Array = NDArray[np.float64]

FUTURE_TOLERANCE = 0.05
"""s, how far ahead of the clock a stamp may be: two computers' clocks differ a little."""


@dataclass(frozen=True)
class Limits:
    """Limits that a command never exceeds.

    Parameters
    ----------
    speed : m/s, norm of the linear velocity.
    angular_speed : rad/s, norm of the angular velocity.
    acceleration : m/s^2, norm of the linear velocity's rate of change.
    angular_acceleration : rad/s^2, norm of the angular velocity's rate of change.
    lower, upper : [3] in m, the corners of the workspace box in the base frame.
    state_timeout : s, the age from which a state is stale.
    known_lower, known_upper : [3] in m, the corners of the box that demonstrations vouch for,
        infinite for no end; outside it the motion is slowed down.
    unknown_scale : 0..1, the factor on the speed far outside that box.
    known_reach : m, how far outside that box a state may be.
    keep_out : [k, 2, 3] in m, lower and upper corners of k boxes that the TCP may not enter.
    """

    speed: float
    angular_speed: float
    acceleration: float
    angular_acceleration: float
    lower: Array
    upper: Array
    state_timeout: float
    known_lower: Array = field(default_factory=lambda: np.full(3, -np.inf))
    known_upper: Array = field(default_factory=lambda: np.full(3, np.inf))
    unknown_scale: float = 1.0
    known_reach: float = np.inf
    keep_out: Array = field(default_factory=lambda: np.zeros((0, 2, 3)))

    def __post_init__(self) -> None:
        for name in (
            "speed",
            "angular_speed",
            "acceleration",
            "angular_acceleration",
            "state_timeout",
        ):
            value = float(getattr(self, name))
            if not (np.isfinite(value) and value > 0):
                raise ParameterError(
                    f"the limit '{name}' is out of range", got=value, expected=">0"
                )
        if not 0.0 <= self.unknown_scale <= 1.0:
            raise ParameterError(
                "the limit 'unknown_scale' is out of range", got=self.unknown_scale, expected="0..1"
            )
        for prefix, box in (("", "workspace"), ("known_", "known")):
            lower = np.array(getattr(self, f"{prefix}lower"), dtype=float)
            upper = np.array(getattr(self, f"{prefix}upper"), dtype=float)
            if lower.shape != (3,) or upper.shape != (3,) or not (lower < upper).all():
                raise ParameterError(
                    f"the {box} box is not a box",
                    got=f"lower {lower.tolist()}, upper {upper.tolist()}",
                    expected="three numbers each in m, every lower below its upper",
                )
            object.__setattr__(self, f"{prefix}lower", lower)
            object.__setattr__(self, f"{prefix}upper", upper)


@dataclass(frozen=True)
class State:
    """The newest known state of the end effector.

    Parameters
    ----------
    position : [3] in m, in the frame ``frame_id``.
    quaternion : [4], x y z w.
    frame_id : the frame that the message named.
    received_age : s since it was received, on a steady clock.
    stamp_age : s from its stamp to now, on the node's clock; negative for the future.
    """

    position: Array
    quaternion: Array
    frame_id: str
    received_age: float
    stamp_age: float


@dataclass(frozen=True)
class Decision:
    """A command to send, and its reasons.

    Parameters
    ----------
    twist : [6], finite and within the limits.
    fault : why the motion was refused and the twist ramps to zero; empty when it was not.
    limited : which links changed the field's twist: "box", "unknown" (outside the known box),
        "speed", "acceleration".
    """

    twist: Array
    fault: str = ""
    limited: tuple[str, ...] = ()


def input_fault(position: Array, quaternion: Array) -> str:
    """Return the fault of a measured pose, not finite or no rotation; empty for none."""
    if not np.isfinite(position).all():
        return f"the state's position is not finite: got {position.tolist()}"
    norm = float(np.linalg.norm(quaternion))
    if not 0.9 < norm < 1.1:
        return f"the state's quaternion is not a rotation: got {quaternion.tolist()}, norm {norm:g}"
    return ""


def frame_fault(frame_id: str, base_frame: str) -> str:
    """Return the fault of a state's frame; empty if it is the base frame."""
    if frame_id == base_frame:
        return ""
    return f"the state is in another frame: got '{frame_id}', expected '{base_frame}'"


def age_fault(received_age: float, stamp_age: float, timeout: float, subject: str = "state") -> str:
    """Return the fault of a state that is stale; empty if it is fresh. All times in s.

    Both clocks have to agree: the steady one can't be stopped or set back, the stamp shows
    what was old before it was received.
    """
    if not received_age <= timeout:
        return f"no {subject} for {received_age:.3f} s, the limit is {timeout:g} s"
    if not stamp_age <= timeout:
        limit = f"the limit is {timeout:g} s"
        return f"the {subject} is stale: its stamp is {stamp_age:.3f} s old, {limit}"
    if stamp_age < -FUTURE_TOLERANCE:
        return (
            f"the stamp of the {subject} is {-stamp_age:.3f} s in the future, the limit is "
            f"{FUTURE_TOLERANCE:g} s; is every node on the same clock (use_sim_time, /clock)?"
        )
    return ""


def distance_fault(position: Array, limits: Limits, subject: str = "the TCP") -> str:
    """Return the fault of a position [3] in m far from the demonstrations; empty for none."""
    distance = outside_distance(position, limits.known_lower, limits.known_upper)
    if distance <= limits.known_reach:
        return ""
    return (
        f"{subject} is far from the demonstrations: got {distance:.3f} m outside their box, "
        f"expected at most {limits.known_reach:g} m"
    )


def state_fault(state: State, limits: Limits, base_frame: str) -> str:
    """Return the first fault of a state, empty if it can be used."""
    return (
        input_fault(state.position, state.quaternion)
        or frame_fault(state.frame_id, base_frame)
        or age_fault(state.received_age, state.stamp_age, limits.state_timeout)
        or distance_fault(state.position, limits)
    )


def output_fault(twist: Array) -> str:
    """Return the fault of a field's twist; empty if it is finite."""
    if np.isfinite(twist).all():
        return ""
    return f"the policy's velocity is not finite: got {twist.tolist()}"


def scale_speed(twist: Array, speed: float, angular_speed: float) -> Array:
    """Return the twist scaled by one factor <= 1 so that both its speeds are within the limits.

    One factor for all components keeps the direction, hence the streamline, and the ratio
    of turning to moving; clamping each axis would bend it.
    """
    factor = min(
        1.0,
        speed / max(_norm(twist[:3]), 1e-300),
        angular_speed / max(_norm(twist[3:]), 1e-300),
    )
    return twist if factor == 1.0 else twist * factor


def limit_acceleration(
    twist: Array, previous: Array, acceleration: float, angular_acceleration: float, dt: float
) -> Array:
    """Return the twist, or as far on the straight way to it from ``previous`` as ``dt`` s allow."""
    limited = twist.copy()
    for part, bound in ((slice(0, 3), acceleration * dt), (slice(3, 6), angular_acceleration * dt)):
        change = twist[part] - previous[part]
        size = _norm(change)
        if size > bound:
            limited[part] = previous[part] + change * (bound / size)
    return limited


def ramp_to_zero(previous: Array, limits: Limits, dt: float) -> Array:
    """Return the next twist [6] on the way from ``previous`` to rest."""
    return limit_acceleration(
        np.zeros(6), previous, limits.acceleration, limits.angular_acceleration, dt
    )


def safe_twist(
    state: State,
    field: Callable[[State], Array],
    previous: Array,
    limits: Limits,
    base_frame: str,
    dt: float,
    speed_scale: float = 1.0,
) -> Decision:
    """Return the next twist to send: the whole chain.

    Parameters
    ----------
    state : the newest state.
    field : the wanted twist [6] for a state that passed the checks.
    previous : [6], the twist sent before this one.
    limits : what the command may not exceed.
    base_frame : the frame that states must be in, and that twists are in.
    dt : s from the previous twist to this one.
    speed_scale : 0..1, slows the whole motion down along its streamlines.
    """
    fault = state_fault(state, limits, base_frame)
    if fault:
        return Decision(ramp_to_zero(previous, limits, dt), fault)
    wanted = speed_scale * field(state)
    fault = output_fault(wanted)
    if fault:
        return Decision(ramp_to_zero(previous, limits, dt), fault)
    position, acceleration = state.position, limits.acceleration
    boxed = keep_inside(wanted, position, limits.lower, limits.upper, acceleration, dt)
    boxed = keep_outside(boxed, position, limits.keep_out, acceleration, dt)
    slowed = boxed * familiarity(
        state.position, limits.known_lower, limits.known_upper, limits.unknown_scale
    )
    scaled = scale_speed(slowed, limits.speed, limits.angular_speed)
    sent = limit_acceleration(
        scaled, previous, limits.acceleration, limits.angular_acceleration, dt
    )
    links = (
        ("box", wanted, boxed),
        ("unknown", boxed, slowed),
        ("speed", slowed, scaled),
        ("acceleration", scaled, sent),
    )
    return Decision(sent, "", tuple(name for name, a, b in links if not np.array_equal(a, b)))


def _norm(v: Array) -> float:
    return float(np.sqrt(v @ v))
