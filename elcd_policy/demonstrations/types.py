"""The one in-memory form of demonstrations, whatever file they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation, Slerp

from ..errors import DemonstrationError
from ..robot.orientation import median_orientation, to_coordinates, to_pose, unit_quaternion
from ..robot.placement import Placement
from .checks import check_rotations, check_samples

Array = NDArray[np.float64]

AXES = ("x", "y", "z")
TURN = ("rx", "ry", "rz")
"""Names of a position's coordinates and of a rotation vector's."""


@dataclass(frozen=True, eq=False)
class Demonstration:
    """One demonstrated motion: positions at increasing times.

    Parameters
    ----------
    time : [N] in s, strictly increasing, N >= 5; it may start anywhere.
    position : [N, d] in the demonstration's own units, d >= 1.
    name : what error messages and legends call it.
    quaternion : [N, 4], x y z w of norm 1, the orientations of a demonstration of poses, whose
        positions are [N, 3]. A `DemonstrationSet` turns both into six coordinates.

    All arrays are copied to float64 and read-only.

    Raises
    ------
    DemonstrationError
        If the arrays do not fit together, are too short, not finite, or time does not increase.
    """

    time: Array
    position: Array
    name: str = ""
    quaternion: Array | None = None

    def __post_init__(self) -> None:
        where = self.name or "demonstration"
        time = _as_array(self.time, where, "time")
        position = _as_array(self.position, where, "position")
        quaternion = self.quaternion
        if quaternion is not None:
            quaternion = _as_array(quaternion, where, "quaternion")
        check_samples(time, position, where, quaternion=quaternion)
        if quaternion is not None:
            quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
            quaternion.setflags(write=False)
            object.__setattr__(self, "quaternion", quaternion)
        time.setflags(write=False)
        position.setflags(write=False)
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "position", position)

    @property
    def dimension(self) -> int:
        """Return the number of coordinates d."""
        return self.position.shape[1]

    @property
    def duration(self) -> float:
        """Time from the first to the last sample, in s."""
        return float(self.time[-1] - self.time[0])

    @property
    def goal(self) -> Array:
        """Return the last position, [d]."""
        return self.position[-1]

    @property
    def velocity(self) -> Array:
        """Return the velocity [N, d] in units/s: central differences, one-sided at both ends."""
        return np.gradient(self.position, self.time, axis=0)

    def resampled(self, n: int) -> Demonstration:
        """Return the same motion at n instants evenly spaced in time, linearly interpolated."""
        time = np.linspace(self.time[0], self.time[-1], n)
        columns = [np.interp(time, self.time, column) for column in self.position.T]
        quaternion = self.quaternion
        if quaternion is not None:
            quaternion = Slerp(self.time, Rotation.from_quat(quaternion.copy()))(time).as_quat()
        return replace(self, time=time, position=np.stack(columns, axis=1), quaternion=quaternion)


@dataclass(frozen=True, eq=False)
class DemonstrationSet(Sequence[Demonstration]):
    """Demonstrations of one task, in one frame and one unit of length or angle.

    Parameters
    ----------
    demonstrations : at least one, all of the same dimension.
    units : of the positions, such as "mm", "m" or "rad".
    frame : name of the frame the positions are expressed in; empty if it was not told.
    source : where they came from, as given to `load_demonstrations`.
    placement : where they lie in a robot's base frame, if that was told.
    orientation : [4], x y z w, the reference of demonstrations of poses, None for others. With
        it the dimension is 6: position, then the rotation vector from the reference in rad
        (see `elcd_policy.robot.orientation`). Demonstrations with quaternions are brought into this
        form; by default the reference is the median of their final orientations.
    robot : that was guided, if that was told.
    note : whatever else there is to say.
    names : [d], what each coordinate is called, such as "x" or a joint's name; by default x, y, z
        and rx, ry, rz of poses, x0, x1, ... of more coordinates than three.
    coordinate_units : [d], by default ``units``, and rad for the rotation vectors of poses.
    masks : names of subsets, such as "train", and the names of their demonstrations.
    remarks : what reading them left out or mended, a line each.

    A slice is a `DemonstrationSet` again, of poses about the median of its own final
    orientations; an index gives a `Demonstration`.

    Raises
    ------
    DemonstrationError
        If there are none, the dimensions differ, nothing moves in any of them, or an
        orientation is beyond half a turn less a margin from the reference.
    """

    demonstrations: Sequence[Demonstration]
    units: str = "m"
    frame: str = ""
    source: str = ""
    placement: Placement | None = None
    orientation: Array | None = None
    robot: str = ""
    note: str = ""
    names: tuple[str, ...] = ()
    coordinate_units: tuple[str, ...] = ()
    masks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "demonstrations", tuple(self.demonstrations))
        where = self.source or "demonstration set"
        self._turn_poses_into_coordinates(where)
        if not self.demonstrations:
            raise DemonstrationError(
                f"{where} is empty", got="0 demonstrations", expected="at least 1"
            )
        first = self.demonstrations[0]
        for other in self.demonstrations[1:]:
            if other.dimension != first.dimension:
                raise DemonstrationError(
                    f"{where} mixes dimensions",
                    got=f"{other.dimension} coordinates in {other.name or 'a demonstration'}",
                    expected=f"{first.dimension} as in {first.name or 'the first'}",
                    advice="keep demonstrations of different dimensions in folders of their own",
                )
        self._name_coordinates(where)
        lower, upper = self.workspace
        if not (upper > lower).any():
            raise DemonstrationError(
                f"nothing moves in {where}",
                got=f"every sample at {lower.tolist()}",
                expected="a motion towards a goal",
            )

    @overload
    def __getitem__(self, index: int) -> Demonstration: ...
    @overload
    def __getitem__(self, index: slice) -> DemonstrationSet: ...
    def __getitem__(self, index: int | slice) -> Demonstration | DemonstrationSet:
        if isinstance(index, slice):
            part = replace(self, demonstrations=self.demonstrations[index])
            return part if self.orientation is None else part.about(None)
        return self.demonstrations[index]

    def __len__(self) -> int:
        return len(self.demonstrations)

    def __iter__(self) -> Iterator[Demonstration]:
        return iter(self.demonstrations)

    @property
    def dimension(self) -> int:
        """Return the number of coordinates d."""
        return self.demonstrations[0].dimension

    @property
    def goal(self) -> Array:
        """Median of the demonstrations' last positions, coordinate by coordinate, [d].

        A stray end among five does not move it; of two ends it is the mean.
        """
        return np.median([demonstration.goal for demonstration in self], axis=0)

    def subset(self, members: Sequence[int]) -> DemonstrationSet:
        """Return those with these numbers; poses about the median of their last orientations."""
        part = replace(self, demonstrations=[self.demonstrations[k] for k in members])
        return part if self.orientation is None else part.about(None)

    def ending_at(self, goal: ArrayLike) -> DemonstrationSet:
        """Return the same motions, each moved as a whole to end at ``goal`` [d].

        Rotation vectors of poses are moved like positions, as `MotionPolicy.set_goal` moves a
        field.
        """
        moved = [
            replace(each, position=each.position + (np.asarray(goal) - each.goal)) for each in self
        ]
        return replace(self, demonstrations=moved)

    @property
    def workspace(self) -> tuple[Array, Array]:
        """Lower and upper corner, [d] each, of the box around all samples."""
        positions = np.concatenate([demonstration.position for demonstration in self])
        return positions.min(axis=0), positions.max(axis=0)

    @property
    def duration(self) -> float:
        """Median duration of the demonstrations, in s."""
        return float(np.median([demonstration.duration for demonstration in self]))

    def about(self, orientation: ArrayLike | None) -> DemonstrationSet:
        """Return the same poses about another reference [4], or the median final one.

        Raises
        ------
        DemonstrationError
            If these are no poses, or an orientation is too far from the reference.
        """
        if self.orientation is None:
            raise DemonstrationError(
                f"{self.source or 'the demonstration set'} holds no orientations",
                got=f"{self.dimension} plain coordinates",
                expected="positions and quaternions",
            )
        poses = []
        for demonstration in self:
            position, quaternion = to_pose(demonstration.position, self.orientation)
            poses.append(replace(demonstration, position=position, quaternion=quaternion))
        reference = None if orientation is None else unit_quaternion(orientation)
        return replace(self, demonstrations=poses, orientation=reference)

    def _name_coordinates(self, where: str) -> None:
        d, posed = self.dimension, self.orientation is not None
        names = tuple(self.names) or default_names(d, posed)
        units = tuple(self.coordinate_units) or (self.units,) * (3 if posed else d)
        if posed and len(names) == 3:
            names += TURN
        if posed and len(units) == 3:
            units += ("rad",) * 3
        if not len(names) == len(units) == d or len(set(names)) < d:
            raise DemonstrationError(
                f"the names and units in {where} do not fit its coordinates",
                got=f"{', '.join(names)} in {', '.join(units)}",
                expected=f"{d} different names and {d} units",
            )
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "coordinate_units", units)

    def _turn_poses_into_coordinates(self, where: str) -> None:
        orientations = [demonstration.quaternion for demonstration in self]
        quaternions = [quaternion for quaternion in orientations if quaternion is not None]
        if 0 < len(quaternions) < len(self):
            raise DemonstrationError(
                f"{where} mixes poses and positions",
                got=f"{len(quaternions)} of {len(self)} demonstrations with quaternions",
                expected="all or none",
            )
        if self.orientation is not None:
            reference = unit_quaternion(self.orientation)
        elif quaternions:
            reference = median_orientation([quaternion[-1] for quaternion in quaternions])
        else:
            return
        reference.setflags(write=False)
        object.__setattr__(self, "orientation", reference)
        if quaternions:
            coordinates = [
                replace(
                    demonstration,
                    position=to_coordinates(demonstration.position, quaternion, reference),
                    quaternion=None,
                )
                for demonstration, quaternion in zip(self, quaternions, strict=True)
            ]
            object.__setattr__(self, "demonstrations", tuple(coordinates))
        for index, demonstration in enumerate(self):
            check_rotations(demonstration.position, f"{demonstration.name or index} of {where}")


def default_names(dimension: int, posed: bool = False) -> tuple[str, ...]:
    """Return what coordinates are called that nobody named."""
    if posed:
        return (*AXES, *TURN)
    return AXES[:dimension] if dimension <= 3 else tuple(f"x{i}" for i in range(dimension))


def _as_array(values: ArrayLike, where: str, what: str) -> Array:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DemonstrationError(
            f"{what} in {where} is not an array of numbers", got=error
        ) from error
