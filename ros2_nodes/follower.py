"""One control tick of the policy node: from the newest state to the twist to send, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from elcd_policy import safety
from elcd_policy.errors import ParameterError
from elcd_policy.placement import Placement
from elcd_policy.task_space import TaskSpace, unit_quaternion

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

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}


class Policy(Protocol):
    """What a follower asks of a policy."""

    def velocity(self, x: Array) -> Array:
        """Velocity [d] at a state [d], in the policy's units."""

    def get_goal(self) -> Array:
        """The attractor [d]."""

    def set_goal(self, g: Array) -> None:
        """Move the attractor [d]."""


@dataclass
class Follower:
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

    policy: Policy
    placement: Placement
    dimension: int
    limits: safety.Limits
    base_frame: str
    goal_tolerance: float
    hold_gain: float
    hold_gain_angular: float
    orientation: Array | None = None
    speed_scale: float = 1.0

    def __post_init__(self) -> None:
        self._note_goal()
        self.restart()

    def restart(self) -> None:
        """Forget what was sent: the next state is the first."""
        self.phase, self.reason = WAITING, "no state yet"
        self.distance = float("nan")
        self.limited: tuple[str, ...] = ()
        self._previous = np.zeros(6)
        self._task: TaskSpace | None = None
        self._sending = False
        self._still = 0.0

    def set_goal(self, position: Array, frame_id: str) -> str:
        """Move the goal to a position [3] in m; why that was refused, or empty."""
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
        self.policy.set_goal(self.placement.to_policy(position)[: self.dimension])
        self._note_goal()
        return ""

    @property
    def silent(self) -> bool:
        """Whether nothing is being sent."""
        return not self._sending

    def tick(self, state: safety.State | None, dt: float, halt: str = "") -> Array | None:
        """The twist [6] to send now, or None for silence.

        Nothing is sent before the first state that passes the checks. A halt or a fault
        ramps to zero within the acceleration limits, sends zeros for `ZEROS` s, and is
        silent after that; a good state without a halt resumes.

        Parameters
        ----------
        state : the newest state, None before the first.
        dt : s since the tick before.
        halt : why the motion may not go on, empty if it may.
        """
        if halt or state is None:
            self.phase, self.reason = (HALTED, halt) if halt else (WAITING, "no state yet")
            return self._come_to_rest(safety.ramp_to_zero(self._previous, self.limits, dt), dt)
        decision = safety.safe_twist(
            state, self._field, self._previous, self.limits, self.base_frame, dt, self.speed_scale
        )
        if decision.fault:
            self.phase, self.reason = FAULT, decision.fault
            return self._come_to_rest(decision.twist, dt)
        self.limited = decision.limited
        self._note_distance(state.position)
        self._sending, self._still, self._previous = True, 0.0, decision.twist
        return decision.twist

    def _field(self, state: safety.State) -> Array:
        if self._task is None:
            self._task = TaskSpace(
                self.placement,
                self.dimension,
                state.quaternion if self.orientation is None else self.orientation,
                self.hold_gain,
                self.hold_gain_angular,
            )
        velocity = self.policy.velocity(self._task.to_policy(state.position))
        return self._task.twist(state.position, state.quaternion, velocity)

    def _come_to_rest(self, twist: Array, dt: float) -> Array | None:
        self._previous, self.limited = twist, ()
        self._still = 0.0 if twist.any() else self._still + dt
        self._sending = self._sending and self._still <= ZEROS
        return twist if self._sending else None

    def _note_goal(self) -> None:
        self.goal = self.placement.to_robot(self.policy.get_goal())
        """[3] in m, base frame."""

    def _note_distance(self, position: Array) -> None:
        self.distance = float(np.linalg.norm(position - self.goal))
        # Once reached, twice the tolerance: noise at the edge would make the status flicker.
        allowed = self.goal_tolerance * (2.0 if self.phase == REACHED else 1.0)
        self.phase, self.reason = (REACHED if self.distance <= allowed else FOLLOWING), ""


def resolve_placement(
    stored: Placement | None,
    units: str,
    dimension: int,
    origin: tuple[float, ...] = (),
    quaternion: tuple[float, ...] = (),
    metres_per_unit: float = 0.0,
) -> Placement:
    """The placement to use: the stored one, changed by what was given.

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
        rotation_matrix(quaternion) if quaternion else stored.rotation,
        np.array(origin) if origin else stored.origin,
        metres_per_unit or stored.metres_per_unit,
    )


def demonstrated_box(
    placement: Placement, workspace: tuple[list[float], list[float]], margin: float
) -> tuple[Array, Array]:
    """The box [3], [3] in m around the placed corners of the demonstrations, plus a margin."""
    lower, upper = (np.asarray(corner, dtype=np.float64) for corner in workspace)
    grid = np.meshgrid(*zip(lower, upper, strict=True))
    corners = placement.to_robot(np.stack([axis.ravel() for axis in grid], axis=-1))
    return corners.min(axis=0) - margin, corners.max(axis=0) + margin


def rotation_matrix(quaternion: tuple[float, ...]) -> Array:
    """The matrix [3, 3] of a quaternion [4], x y z w."""
    return Rotation.from_quat(unit_quaternion(quaternion)).as_matrix()
