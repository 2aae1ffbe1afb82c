"""Figures of a disturbed episode, from its log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elcd_policy.robot.orientation import rotation_vector

from ..disturbances import Disturbance
from .envelope import CertifiedMetric, Trace
from .episode_result import EpisodeResult
from .log import EpisodeLog
from .scene import GOAL_TOLERANCE, ROTATION_TOLERANCE, Scene

Vector = NDArray[np.float64]

PATH_SAMPLES = 80  # of the way kept in a result
SETTLED = 0.5  # s in the corridor that count as back
FEWEST = 10  # rows of a stretch without disturbance that says something


def measure(
    log: EpisodeLog,
    scene: Scene,
    goal: Vector,
    disturbances: Sequence[Disturbance],
    metric: CertifiedMetric | None = None,
    index: int = 0,
) -> tuple[EpisodeResult, list[Trace]]:
    """Compute the figures of one episode.

    Parameters
    ----------
    log : of the whole episode.
    scene : in which it took place.
    goal : [d] of the motion at the start, in its units.
    disturbances : that were done to it.
    metric : of the policy, if it has one.
    index : of the episode.

    Returns
    -------
    result : the figures.
    traces : in latent coordinates, of each stretch without passing disturbances; none
        without a metric.
    """
    time, robot = log.time, scene.robot
    shift = _goal_shift(time, scene, disturbances)
    begin, end = _find_span(disturbances)
    begin = min(begin, float(time[-1]))
    # With the goal, the corridor has moved.
    deviation = scene.corridor.deviation(log.position - shift)
    outside = deviation > scene.corridor.half_width
    back = _time_back(time, outside, end)
    end_error = float(np.linalg.norm(log.position[-1] - scene.pose(goal)[0] - shift[-1]))
    turned = _end_rotation(log, scene)
    velocities, torques = np.abs(log.joint_velocities), np.abs(log.joint_torques)
    traces = [] if metric is None else _traces(log, scene, goal, shift, disturbances, metric)
    rows = np.unique(np.linspace(0, len(log) - 1, PATH_SAMPLES).round().astype(int))
    result = EpisodeResult(
        index=index,
        disturbances=[str(each) for each in disturbances],
        end_of_disturbance_s=end,
        recovered=back is not None
        and end_error <= GOAL_TOLERANCE
        and (turned is None or turned <= ROTATION_TOLERANCE),
        left_corridor=bool(outside[time >= begin].any()),
        peak_deviation_mm=1e3 * float(deviation[time >= begin].max()),
        return_time_s=back,
        end_error_mm=1e3 * end_error,
        end_rotation_deg=turned,
        joint_velocity=float(velocities.max()),
        joint_torque=float(torques.max()),
        velocity_share=float((velocities / robot.velocity_limits).max()),
        torque_share=float((torques / robot.torque_limits).max()),
        tracking_error_mm_s=1e3 * _tracking_error(log, disturbances),
        envelope=metric.check_goal_distance(traces) if metric is not None and traces else None,
        path_time_s=log.time[rows].round(3).tolist(),
        path_m=log.position[rows].round(4).tolist(),
    )
    return result, traces


def _find_span(disturbances: Sequence[Disturbance]) -> tuple[float, float]:
    """Return the first disturbance's begin and the last one's end; what lasts has no end."""
    intervals = [each.interval for each in disturbances]
    begin = min((interval[0] for interval in intervals), default=0.0)
    end = max((e if np.isfinite(e) else b for b, e in intervals), default=0.0)
    return float(begin), float(end)


def _time_back(time: Vector, outside: NDArray[np.bool_], end: float) -> float | None:
    """Return s from ``end`` until it is inside for `SETTLED` s or the rest; None if never."""
    after = np.searchsorted(time, end - 1e-9)
    for row in after + np.flatnonzero(~outside[after:]):
        if not outside[(time >= time[row]) & (time < time[row] + SETTLED)].any():
            return max(0.0, float(time[row]) - end)
    return None


def _goal_shift(time: Vector, scene: Scene, disturbances: Sequence[Disturbance]) -> Vector:
    """Return the shift [K, 3] in m by which the motion's goal has really moved."""
    wanted = np.zeros((len(time), 3))
    for each in disturbances:
        wanted += [each.goal_offset(now) for now in time]
    axes = scene.placement.rotation[:, : min(scene.dimension, 3)]
    return wanted @ axes @ axes.T


def _free(time: Vector, disturbances: Sequence[Disturbance]) -> list[NDArray[np.intp]]:
    """Return the rows of each stretch between passing disturbances."""
    free = np.ones(len(time), dtype=bool)
    cuts = np.zeros(len(time), dtype=bool)
    for each in disturbances:
        begin, end = each.interval
        if np.isfinite(end):
            free &= (time < begin) | (time >= end)
        cuts[np.searchsorted(time, begin) :] ^= True  # a jump, such as of the goal, parts them
    edges = np.flatnonzero((np.diff(free.astype(int)) != 0) | (np.diff(cuts.astype(int)) != 0)) + 1
    stretches = np.split(np.arange(len(time)), edges)
    return [rows for rows in stretches if free[rows[0]] and len(rows) >= FEWEST]


def _traces(
    log: EpisodeLog,
    scene: Scene,
    goal: Vector,
    shift: Vector,
    disturbances: Sequence[Disturbance],
    metric: CertifiedMetric,
) -> list[Trace]:
    x, v = scene.states(log)
    placement, d = scene.placement, min(scene.dimension, 3)
    goals = np.repeat(goal[None], len(log), axis=0)
    goals[:, :d] += shift @ placement.rotation[:, :d] / placement.metres_per_unit
    return [
        metric.trace(log.time[rows], x[rows], v[rows], goals[rows[-1]])
        for rows in _free(log.time, disturbances)
    ]


def _end_rotation(log: EpisodeLog, scene: Scene) -> float | None:
    """Return degrees between the last orientation and the goal's, if the motion has one."""
    if scene.orientation is None:
        return None
    return float(np.degrees(np.linalg.norm(rotation_vector(scene.orientation, log.quaternion[-1]))))


def _tracking_error(log: EpisodeLog, disturbances: Sequence[Disturbance]) -> float:
    """Return the largest difference in m/s of the TCP's measured and commanded velocity."""
    gap = np.linalg.norm(log.twist[:, :3] - log.command[:, :3], axis=1)
    return max((float(gap[rows].max()) for rows in _free(log.time, disturbances)), default=0.0)
