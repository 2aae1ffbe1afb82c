"""Figures of one disturbed episode, as values that JSON can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class EnvelopeCheck:
    """Distances in the certified metric, held against their envelope.

    Parameters
    ----------
    kind : of distances: "to the goal" or "pairs", "kinematic" in front if there was no arm.
    count : of trajectories or pairs.
    within : share of them that stayed within at all times.
    worst : largest ratio of a distance to its envelope after the start; at most 1 is within.
    final : the same ratio at the end, the median of all.
    tolerance : latent distance by which an integrator may have exceeded the envelope.
    """

    kind: str
    count: int
    within: float
    worst: float
    final: float
    tolerance: float = 0.0


@dataclass(frozen=True)
class EpisodeResult:
    """One disturbed episode.

    Parameters
    ----------
    index : of the episode; with the campaign's seed it determines all that chance did.
    disturbances : each as text, such as ``"push time=1.5 force=30,0,0 duration=0.2"``.
    end_of_disturbance_s : when the last passing disturbance ended.
    recovered : back in the corridor after that, and at the goal in the end.
    left_corridor : whether it was outside at any time after the first disturbance began.
    peak_deviation_mm : largest distance from the nearest demonstration after that time.
    return_time_s : from the end of the last disturbance until it was in the corridor, there to
        stay for half a second or the rest; None if it never was.
    end_error_mm : last distance from the goal.
    end_rotation_deg : last angle from the goal's orientation; None if the motion has none.
    clearance_mm : smallest distance of the TCP from an obstacle's surface, negative inside;
        None without obstacles.
    joint_velocity, joint_torque : largest absolute values, rad/s and N m.
    velocity_share, torque_share : the same as shares of each joint's limit, the largest.
    tracking_error_mm_s : largest difference of measured and wanted TCP velocity outside the
        disturbances.
    envelope : of its distance to the goal, outside the disturbances; None if the method has no
        certified metric.
    path_time_s, path_m : [M] and [M][3], the TCP's way, thinned out; base frame.
    """

    index: int
    disturbances: list[str]
    end_of_disturbance_s: float
    recovered: bool
    left_corridor: bool
    peak_deviation_mm: float
    return_time_s: float | None
    end_error_mm: float
    joint_velocity: float
    joint_torque: float
    velocity_share: float
    torque_share: float
    tracking_error_mm_s: float | None
    envelope: EnvelopeCheck | None
    path_time_s: list[float]
    path_m: list[list[float]]
    end_rotation_deg: float | None = None
    clearance_mm: float | None = None


def merge_checks(checks: Sequence[EnvelopeCheck]) -> EnvelopeCheck:
    """Merge several checks of one kind into one.

    Parameters
    ----------
    checks : at least one.
    """
    counts = np.array([check.count for check in checks], dtype=float)
    return EnvelopeCheck(
        kind=checks[0].kind,
        count=int(counts.sum()),
        within=float(np.average([check.within for check in checks], weights=counts)),
        worst=max(check.worst for check in checks),
        final=float(np.median([check.final for check in checks])),
        tolerance=max(check.tolerance for check in checks),
    )
