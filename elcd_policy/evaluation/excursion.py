"""Calm of a policy away from what was demonstrated: how far motions swing, how fast they get.

The guarantee is that every motion arrives; it does not say by which way. So motions are started
around the demonstrations, and each is held against the box of the demonstrated workspace and its
own start. All figures are sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..demonstrations import DemonstrationSet
from .scores import RollsOut, as_learned

Array = NDArray[np.float64]

#: Demonstrated durations that a motion is followed for, and samples of each of them.
DURATIONS, SAMPLES = 2, 100
#: Grid points a side in the plane; as many starts in all in other dimensions.
SIDE = 20


@dataclass(frozen=True, eq=False)
class Excursions:
    """Excursions of motions from N starts. Lengths are in diagonals of the demonstrated workspace.

    Parameters
    ----------
    starts : [N, d] positions, in the policy's units.
    distance : [N], the farthest that each motion left the box around workspace and its start.
    speed : [N], the largest speed on each motion, in demonstrated peak speeds.
    end : [N], its distance from the goal after twice the demonstrated duration.
    """

    starts: Array
    distance: Array
    speed: Array
    end: Array


def measure_excursions(
    policy: RollsOut, demonstrations: DemonstrationSet, starts: ArrayLike
) -> Excursions:
    """Follow motions from ``starts`` [N, d] for twice the demonstrated duration.

    Of poses, positions and rotations each count in their own diagonal. The speed is that of the
    field where the policy has a ``velocity``, else that between two samples.

    Parameters
    ----------
    policy : eager or loaded.
    demonstrations : what it learned; they give workspace, duration, peak speed and goal.

    Raises
    ------
    ShapeError
        If the dimensions differ, or one of the two is of poses and the other is not.
    """
    demonstrations = as_learned(policy, demonstrations)
    x0 = np.asarray(starts, dtype=np.float64)
    lower, upper = demonstrations.workspace
    unit = _diagonals(demonstrations)
    step = demonstrations.duration / SAMPLES
    time, path = policy.rollout(x0, DURATIONS * demonstrations.duration, step)
    outside = np.maximum(np.minimum(lower, x0) - path, path - np.maximum(upper, x0))
    shown = np.concatenate([demo.resampled(2 * SAMPLES).velocity for demo in demonstrations])
    return Excursions(
        starts=x0,
        distance=np.linalg.norm(np.maximum(outside, 0.0) / unit, axis=-1).max(axis=0),
        speed=np.linalg.norm(_velocities(policy, time, path) / unit, axis=-1).max(axis=0)
        / np.linalg.norm(shown / unit, axis=-1).max(),
        end=np.linalg.norm((path[-1] - demonstrations.goal) / unit, axis=-1),
    )


def starts_around(demonstrations: DemonstrationSet, margin: float, *, seed: int = 0) -> Array:
    """Return 400 starts [N, d] over the demonstrated workspace and beyond.

    In the plane a grid over the workspace and ``margin`` of its extent on each side. In other
    dimensions such a box is nearly all far away; starts are then at uniform distances, up to
    ``margin`` diagonals, from random demonstrated samples, in random directions.
    """
    lower, upper = demonstrations.workspace
    if demonstrations.dimension == 2:
        side = np.linspace(-margin, 1.0 + margin, SIDE)
        share = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        return np.asarray(lower + share * (upper - lower), dtype=np.float64)
    generator = np.random.default_rng(seed)
    samples = np.concatenate([demo.resampled(SAMPLES).position for demo in demonstrations])
    way = generator.normal(size=(SIDE**2, demonstrations.dimension))
    way *= generator.uniform(0.0, margin, (SIDE**2, 1)) / np.linalg.norm(way, axis=1, keepdims=True)
    from_sample = samples[generator.integers(len(samples), size=SIDE**2)]
    return np.asarray(from_sample + way * _diagonals(demonstrations), dtype=np.float64)


def _diagonals(demonstrations: DemonstrationSet) -> Array:
    """Return the unit [d] of each coordinate in which the workspace's diagonal is 1."""
    lower, upper = demonstrations.workspace
    extent = upper - lower
    if demonstrations.orientation is None:
        return np.full(len(extent), np.linalg.norm(extent))
    moved, turned = (max(float(np.linalg.norm(part)), 1e-9) for part in np.split(extent, 2))
    return np.sqrt(2.0) * np.repeat([moved, turned], 3)


def _velocities(policy: RollsOut, time: Array, path: Array) -> Array:
    """Return velocities on paths [K, N, d] at ``time`` [K]."""
    velocity = getattr(policy, "velocity", None)
    if velocity is None:
        return np.asarray(np.diff(path, axis=0) / np.diff(time)[:, None, None], dtype=np.float64)
    points = path.reshape(-1, path.shape[-1])
    return np.asarray(velocity(points), dtype=np.float64).reshape(path.shape)
