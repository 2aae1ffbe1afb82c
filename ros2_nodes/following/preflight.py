"""Preflight of a motion: rehearsed from where the arm is, checked against every limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ElcdError
from elcd_policy.robot.boxes import inside_depth
from elcd_policy.robot.damped_least_squares import DAMPED_BELOW
from elcd_policy.robot.joint_safety import JointLimits
from elcd_policy.robot.safety import Limits

from .robot_motion import Motion

Array = NDArray[np.float64]

REFUSE, WARN, NONE = "refuse", "warn", "none"
"""What a motion that would break a limit leads to: no motion, a warning, or no preflight is made.

Not "off": that is YAML for false."""

STEPS = 80  # of a demonstrated duration: 1.2 mm off the path of the LASA S as the Panda draws it
PARTS = slice(0, 3), slice(3, 6)  # of a twist: linear, angular
LONGEST = 2.0  # demonstrated durations until the goal, at most


class PreflightError(ElcdError):
    """A motion that would break a limit; it says which, where, when and by how much."""


@dataclass(frozen=True)
class Rehearsal:
    """A motion at full speed and without limits, from a state to the goal or `LONGEST`.

    Parameters
    ----------
    time : [K] in s.
    position : [K, 3] in m, of the TCP.
    twist : [K, 6] in m/s and rad/s, of the TCP.
    joints : [K, n] in rad; None if the arm's joints are not known.
    joint_velocity : [K, n] in rad/s; None as above.
    smallest_singular : [K], of the Jacobian; None as above.
    """

    time: Array
    position: Array
    twist: Array
    joints: Array | None = None
    joint_velocity: Array | None = None
    smallest_singular: Array | None = None


def rehearsal_steps(motion: Motion[Any], state: Any, duration: float) -> Iterator[Rehearsal | None]:
    """Roll a motion out from a state, as the policy wants it, one step at a time.

    The second-order Adams-Bashforth method asks the policy once a step: half of what the
    midpoint rule does. A whole rehearsal would keep a moving arm from its commands.

    Parameters
    ----------
    motion : it is left as it is.
    state : where it starts; it has passed its checks.
    duration : s, of the demonstrations.

    Yields
    ------
    None
        After each step but the last; at the end the rehearsal.
    """
    arm = motion.arm
    step = 1.0 / max(STEPS / duration, 2.0 * motion.stiffness)
    rows: list[tuple[Any, ...]] = []
    before: Array | None = None
    for k in range(int(LONGEST * duration / step)):
        wish = motion.wish(state)
        position, _ = motion.pose(state)
        if arm is None:
            rows.append((k * step, position, wish))
        else:
            jacobian = arm.jacobian(state.positions)
            singular = np.linalg.svd(jacobian, compute_uv=False)[-1]
            rows.append((k * step, position, jacobian @ wish, state.positions, wish, singular))
        if not np.isfinite(wish).all() or motion.has_arrived(state):
            break
        if before is None:  # the midpoint rule begins: an Euler step would be off by cm
            mean = motion.wish(motion.after(state, wish, 0.5 * step))
        else:
            mean = 1.5 * wish - 0.5 * before
        state, before = motion.after(state, mean, step), wish
        yield None
    yield Rehearsal(*(np.array(column) for column in zip(*rows, strict=True)))


def rehearse(motion: Motion[Any], state: Any, duration: float) -> Rehearsal:
    """Return the whole rehearsal of a motion; see `rehearsal_steps`."""
    return next(found for found in rehearsal_steps(motion, state, duration) if found is not None)


def preflight(motion: Motion[Any], state: Any, duration: float) -> Rehearsal:
    """Rehearse a motion and check it against the limits that it has.

    Parameters
    ----------
    motion, state, duration : see `rehearsal_steps`.

    Returns
    -------
    The rehearsal that was within all limits.

    Raises
    ------
    PreflightError
        If the motion would break a limit.
    """
    rehearsal = rehearse(motion, state, duration)
    check_rehearsal(rehearsal, motion)
    return rehearsal


def check_rehearsal(
    rehearsal: Rehearsal, motion: Motion[Any], way: str = "from here", speeds: bool = True
) -> None:
    """Check a rehearsal against the limits of its motion.

    Parameters
    ----------
    rehearsal : of the motion.
    motion : whose limits count.
    way : names the motion in the error.
    speeds : False to leave speeds out: too fast a motion is scaled down and keeps its path.

    Raises
    ------
    PreflightError
        If the motion would break a limit.
    """
    scale = motion.speed_scale
    problems: list[str] = []
    if motion.limits is not None:
        problems += _box_problems(rehearsal, motion.limits)
        problems += _keep_out_problems(rehearsal, motion.limits)
        problems += _speed_problems(rehearsal, motion.limits, scale) if speeds else []
    if motion.joint_limits is not None:
        problems += _joint_problems(rehearsal, motion.joint_limits, scale, speeds)
        if motion.limits is not None:  # a motion of joints passes a singularity unharmed
            problems += _singularity_problems(rehearsal)
    if not problems:
        return
    factor = _factor_within(rehearsal, motion.limits, motion.joint_limits)
    raise PreflightError(
        f"the preflight refuses the motion {way}",
        got="; ".join(problems),
        advice=(
            f"speed_scale {factor:.2f} would keep within the speed limits"
            if speeds and factor < scale
            else ""
        ),
    )


def _box_problems(rehearsal: Rehearsal, limits: Limits) -> list[str]:
    outside = np.maximum(limits.lower - rehearsal.position, rehearsal.position - limits.upper)
    step, axis = np.unravel_index(np.argmax(outside), outside.shape)
    if not outside[step, axis] > 0.0:
        return []
    return [
        f"{outside[step, axis]:.3f} m outside the workspace box in {'xyz'[axis]} after "
        f"{rehearsal.time[step]:.2f} s, at {rehearsal.position[step].round(3).tolist()} m"
    ]


def _keep_out_problems(rehearsal: Rehearsal, limits: Limits) -> list[str]:
    depth = inside_depth(rehearsal.position, limits.keep_out)
    inside = depth.max(axis=1, initial=-np.inf) > 0.0
    if not inside.any():
        return []
    step = int(np.argmax(inside))
    return [
        f"inside box {int(np.argmax(depth[step])) + 1} of keep_out after "
        f"{rehearsal.time[step]:.2f} s, at {rehearsal.position[step].round(3).tolist()} m"
    ]


def _speed_problems(rehearsal: Rehearsal, limits: Limits, scale: float) -> list[str]:
    problems = []
    for name, unit, part, limit in (
        ("max_speed", "m/s", PARTS[0], limits.speed),
        ("max_angular_speed", "rad/s", PARTS[1], limits.angular_speed),
    ):
        speed = scale * np.linalg.norm(rehearsal.twist[:, part], axis=1)
        step = int(np.argmax(speed))
        if not speed[step] <= limit:
            problems.append(
                f"{speed[step]:.3f} {unit} after {rehearsal.time[step]:.2f} s, "
                f"{name} is {limit:g} {unit}"
            )
    return problems


def _joint_problems(
    rehearsal: Rehearsal, limits: JointLimits, scale: float, speeds: bool
) -> list[str]:
    assert rehearsal.joints is not None
    assert rehearsal.joint_velocity is not None
    problems = []
    beyond = np.maximum(limits.lower - rehearsal.joints, rehearsal.joints - limits.upper)
    excess = scale * np.abs(rehearsal.joint_velocity) - limits.speed
    checks = [(beyond, "rad beyond its limit")]
    checks += [(excess, "rad/s above its limit")] if speeds else []
    for values, text in checks:
        step, joint = np.unravel_index(np.argmax(values), values.shape)
        if not values[step, joint] <= 0.0:
            problems.append(
                f"{limits.names[joint]} {values[step, joint]:.3f} {text} after "
                f"{rehearsal.time[step]:.2f} s"
            )
    return problems


def _singularity_problems(rehearsal: Rehearsal) -> list[str]:
    assert rehearsal.smallest_singular is not None
    nearest = int(np.argmin(rehearsal.smallest_singular))
    smallest = float(rehearsal.smallest_singular[nearest])
    if smallest >= DAMPED_BELOW:
        return []
    return [
        f"near a singularity after {rehearsal.time[nearest]:.2f} s: smallest singular value "
        f"{smallest:.3f}, at least {DAMPED_BELOW:g}"
    ]


def _factor_within(
    rehearsal: Rehearsal, limits: Limits | None, joint_limits: JointLimits | None
) -> float:
    """Return the largest speed_scale that keeps all speeds within their limits, rounded down."""
    factors = [1.0]
    if limits is not None:
        linear, angular = (np.linalg.norm(rehearsal.twist[:, part], axis=1) for part in PARTS)
        factors.append(limits.speed / linear.max().clip(1e-12))
        factors.append(limits.angular_speed / angular.max().clip(1e-12))
    if joint_limits is not None and rehearsal.joint_velocity is not None:
        peaks = np.abs(rehearsal.joint_velocity).max(axis=0).clip(1e-12)
        factors.append((joint_limits.speed / peaks).min())
    return float(np.floor(100.0 * min(factors)) / 100.0)
