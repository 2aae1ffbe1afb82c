"""The one in-memory form of demonstrations, whatever file they came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DemonstrationError
from ..placement import Placement

Array = NDArray[np.float64]

MIN_SAMPLES = 5


@dataclass(frozen=True, eq=False)
class Demonstration:
    """One demonstrated motion: positions at increasing times.

    Parameters
    ----------
    time : [N] in s, strictly increasing, N >= 5; it may start anywhere.
    position : [N, d] in the demonstration's own units, d >= 1.
    name : what error messages and legends call it.

    Both arrays are copied to float64 and read-only.

    Raises
    ------
    DemonstrationError
        If the arrays do not fit together, are too short, not finite, or time does not increase.
    """

    time: Array
    position: Array
    name: str = ""

    def __post_init__(self) -> None:
        where = self.name or "demonstration"
        time = _as_array(self.time, where, "time")
        position = _as_array(self.position, where, "position")
        check_samples(time, position, where)
        time.setflags(write=False)
        position.setflags(write=False)
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "position", position)

    @property
    def dimension(self) -> int:
        """Number of coordinates d."""
        return self.position.shape[1]

    @property
    def duration(self) -> float:
        """Time from the first to the last sample, in s."""
        return float(self.time[-1] - self.time[0])

    @property
    def goal(self) -> Array:
        """The last position, [d]."""
        return self.position[-1]

    @property
    def velocity(self) -> Array:
        """Velocity [N, d] in units/s: central differences, one-sided at both ends."""
        return np.gradient(self.position, self.time, axis=0)

    def resampled(self, n: int) -> Demonstration:
        """The same motion at n instants evenly spaced in time, linearly interpolated."""
        time = np.linspace(self.time[0], self.time[-1], n)
        columns = [np.interp(time, self.time, column) for column in self.position.T]
        return replace(self, time=time, position=np.stack(columns, axis=1))


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

    A slice is a `DemonstrationSet` again; an index gives a `Demonstration`.

    Raises
    ------
    DemonstrationError
        If there are none, the dimensions differ, or nothing moves in any of them.
    """

    demonstrations: Sequence[Demonstration]
    units: str = "m"
    frame: str = ""
    source: str = ""
    placement: Placement | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "demonstrations", tuple(self.demonstrations))
        where = self.source or "demonstration set"
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
            return replace(self, demonstrations=self.demonstrations[index])
        return self.demonstrations[index]

    def __len__(self) -> int:
        return len(self.demonstrations)

    def __iter__(self) -> Iterator[Demonstration]:
        return iter(self.demonstrations)

    @property
    def dimension(self) -> int:
        """Number of coordinates d."""
        return self.demonstrations[0].dimension

    @property
    def goal(self) -> Array:
        """Mean of the demonstrations' last positions, [d]."""
        return np.mean([demonstration.goal for demonstration in self], axis=0)

    @property
    def workspace(self) -> tuple[Array, Array]:
        """Lower and upper corner, [d] each, of the box around all samples."""
        positions = np.concatenate([demonstration.position for demonstration in self])
        return positions.min(axis=0), positions.max(axis=0)

    @property
    def duration(self) -> float:
        """Median duration of the demonstrations, in s."""
        return float(np.median([demonstration.duration for demonstration in self]))


def check_samples(
    time: Array,
    position: Array,
    where: str,
    row: Callable[[int], str] = "sample {}".format,
) -> None:
    """Raise `DemonstrationError` unless the arrays make a demonstration.

    Parameters
    ----------
    time, position : as of `Demonstration`.
    where : the file or name that an error message speaks of.
    row : index of a sample -> what the message calls it, such as "line 12".
    """
    if time.ndim != 1:
        raise DemonstrationError(
            f"time in {where} has the wrong shape", got=list(time.shape), expected="[N]"
        )
    if position.ndim != 2 or position.shape[1] < 1:
        raise DemonstrationError(
            f"position in {where} has the wrong shape",
            got=list(position.shape),
            expected="[N, d] with d >= 1",
            advice="write one row per sample; one coordinate is [N, 1]",
        )
    if len(time) != len(position):
        raise DemonstrationError(
            f"time and position in {where} differ in length",
            got=f"{len(time)} times and {len(position)} positions",
            expected="as many",
        )
    if len(time) < MIN_SAMPLES:
        raise DemonstrationError(
            f"{where} is too short", got=f"{len(time)} samples", expected=f"at least {MIN_SAMPLES}"
        )
    samples = np.column_stack([time, position])
    broken = np.flatnonzero(~np.isfinite(samples).all(axis=1))
    if broken.size:
        raise DemonstrationError(
            f"{row(broken[0])} of {where} is not finite",
            got=", ".join(f"{value:g}" for value in samples[broken[0]]),
            expected="finite numbers",
            advice="remove or interpolate the missing samples",
        )
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        i = back[0]
        raise DemonstrationError(
            f"time does not increase at {row(i + 1)} of {where}",
            got=f"t = {time[i + 1]:g} s after {time[i]:g} s",
            expected="strictly increasing seconds",
            advice="sort the samples by time and drop repeated stamps",
        )


def _as_array(values: ArrayLike, where: str, what: str) -> Array:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DemonstrationError(
            f"{what} in {where} is not an array of numbers", got=error
        ) from error
