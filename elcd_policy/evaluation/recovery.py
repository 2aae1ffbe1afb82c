"""Recovery of a motion from pushes, and whether it reached its goal.

The *deviation* at a time is the distance from the executed position to the nearest point of
the nominal path: the undisturbed rollout from the same start. A push *had an effect* if,
between its begin and the next push, the deviation rose by more than the corridor. It has been
*recovered from* if after that the deviation came back within the corridor and stayed there
until the next push, or the end. If the next push comes before that, the recovery goes on
through it and is called interrupted. A push without an effect shows nothing, and does not
count as recovered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ParameterError, ShapeError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PushRecovery:
    """Recovery from one push.

    Parameters
    ----------
    time : s, its begin.
    before : m, deviation at its begin.
    peak : m, largest deviation until the next push.
    peak_time : s, when that was.
    recovery_time : s from the end of the push until the deviation is within the corridor
        for good; None if that did not happen.
    had_effect : whether the deviation rose by more than the corridor.
    interrupted : whether a later push came before the arm was back.
    """

    time: float
    before: float
    peak: float
    peak_time: float
    recovery_time: float | None
    had_effect: bool
    interrupted: bool

    @property
    def recovered(self) -> bool:
        """Return whether the push moved the arm by more than the corridor, and it came back."""
        return self.had_effect and self.recovery_time is not None

    @property
    def verdict(self) -> str:
        """ "recovered", "not recovered" or "no effect"."""
        if not self.had_effect:
            return "no effect"
        return "recovered" if self.recovered else "not recovered"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form with the verdict."""
        return {**asdict(self), "verdict": self.verdict}


@dataclass(frozen=True)
class GoalReached:
    """Whether and when the position came to the goal for good.

    Parameters
    ----------
    reached : within the tolerance at the end.
    distance : m, from the last position to the goal.
    tolerance : m.
    time : s, from which on it stayed within the tolerance; None if it is not at the end.
    """

    reached: bool
    distance: float
    tolerance: float
    time: float | None


def push_recoveries(
    time: ArrayLike,
    deviations: ArrayLike,
    pushes: Sequence[tuple[float, float]],
    corridor: float,
) -> list[PushRecovery]:
    """Return what each push did to a motion.

    Parameters
    ----------
    time : [K] in s, increasing.
    deviations : [K] in m, see `distance_to_path`.
    pushes : (begin, duration) in s of each.
    corridor : m, half-width.

    Raises
    ------
    ParameterError
        If the corridor is not positive, or a push lies outside the motion.
    """
    t, gaps = np.asarray(time, dtype=np.float64), np.asarray(deviations, dtype=np.float64)
    if t.ndim != 1 or t.shape != gaps.shape or len(t) == 0:
        raise ShapeError(
            "times and deviations do not fit", got=f"{t.shape}, {gaps.shape}", expected="[K] each"
        )
    if not (np.isfinite(corridor) and corridor > 0):
        raise ParameterError("the corridor is out of range", got=corridor, expected="above 0 m")
    ordered = sorted(pushes)
    ends = [*(begin for begin, _ in ordered[1:]), np.inf]
    recoveries = []
    for i, (begin, duration) in enumerate(ordered):
        window = np.flatnonzero((t >= begin) & (t < ends[i]))
        if len(window) == 0 or begin + duration > t[-1]:
            raise ParameterError(
                "a push lies outside the motion",
                got=f"{begin:g} to {begin + duration:g} s",
                expected=f"{t[0]:g} to {t[-1]:g} s",
                advice="push earlier, or record longer",
            )
        peak = window[int(np.argmax(gaps[window]))]
        rise = gaps[window] - np.minimum.accumulate(gaps[window])
        had_effect = bool(rise.max() > corridor)
        back = _time_back(t, gaps > corridor, begin, ends[i:]) if had_effect else None
        recoveries.append(
            PushRecovery(
                time=float(begin),
                before=float(gaps[window[0]]),
                peak=float(gaps[peak]),
                peak_time=float(t[peak]),
                recovery_time=None if back is None else max(0.0, back - begin - duration),
                had_effect=had_effect,
                interrupted=had_effect and (back is None or back > ends[i]) and ends[i] < np.inf,
            )
        )
    return recoveries


def _time_back(
    t: Array, outside: NDArray[np.bool_], begin: float, ends: list[float]
) -> float | None:
    """Return when a motion was back inside, to stay until the first of the ends that lets it."""
    for end in ends:
        window = np.flatnonzero((t >= begin) & (t < end))
        last = window[outside[window]][-1]
        if last != window[-1]:
            return float(t[last + 1])
    return None


def goal_reached(
    time: ArrayLike, position: ArrayLike, goal: ArrayLike, tolerance: float
) -> GoalReached:
    """Return whether positions [K, 3] at times [K] end within a tolerance in m of a goal [3]."""
    t, p = np.asarray(time, dtype=np.float64), np.asarray(position, dtype=np.float64)
    if p.ndim != 2 or len(p) == 0 or t.shape != (len(p),):
        raise ShapeError(
            "times and positions do not fit", got=f"{t.shape}, {p.shape}", expected="[K], [K, 3]"
        )
    distances = np.linalg.norm(p - np.asarray(goal, dtype=np.float64), axis=1)
    away = np.flatnonzero(distances > tolerance)
    reached = len(away) == 0 or away[-1] != len(t) - 1
    since = None
    if reached:
        since = float(t[away[-1] + 1] if len(away) else t[0])
    return GoalReached(bool(reached), float(distances[-1]), float(tolerance), since)
