"""The field, its goal and its boxes as markers for RViz."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from numpy.typing import ArrayLike, NDArray
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from ..following.follower import Follower

Array = NDArray[np.float64]

GRID = {1: 25, 2: 15, 3: 7}
"""Points of the grid along each axis, by the policy's dimension."""

WIDENED = 0.2
"""Share of the demonstrated size by which the grid reaches beyond it on each side."""

STROKE = 0.7
"""Length of a stroke in grid spacings; its direction is the field's, its colour the speed."""

SLOW, FAST = np.array([0.1, 0.2, 0.6, 1.0]), np.array([1.0, 0.8, 0.1, 1.0])
GREEN, RED, BLUE = (0.1, 0.7, 0.3, 0.9), (0.8, 0.1, 0.1, 0.6), (0.2, 0.4, 0.9, 0.5)
LINE = 0.0015  # m


def field_markers(
    follower: Follower, workspace: tuple[ArrayLike, ArrayLike], stamp: Time
) -> MarkerArray:
    """Return strokes along the field on a grid, a ball of the goal's tolerance, and the boxes.

    A field of poses is shown at the goal's orientation.

    Parameters
    ----------
    follower : whose field, goal and limits are shown.
    workspace : lower and upper corner [d] of the demonstrations, in the policy's units.
    stamp : of the markers.
    """
    limits, frame_id = follower.limits, follower.base_frame
    goal = _marker(frame_id, stamp, "goal", Marker.SPHERE, 2.0 * follower.goal_tolerance, GREEN)
    goal.scale.y = goal.scale.z = goal.scale.x
    goal.pose.position = _point(follower.goal)
    markers = [_field(follower, workspace, stamp), goal]
    for name, color, lower, upper in (
        ("workspace box", RED, limits.lower, limits.upper),
        ("demonstrated box", BLUE, limits.known_lower, limits.known_upper),
    ):
        if np.isfinite(lower).all() and np.isfinite(upper).all():
            box = _marker(frame_id, stamp, name, Marker.LINE_LIST, LINE, color)
            box.points = [_point(corner) for corner in _edges(lower, upper)]
            markers.append(box)
    return MarkerArray(markers=markers)


def _field(follower: Follower, workspace: tuple[ArrayLike, ArrayLike], stamp: Time) -> Marker:
    lengths = min(follower.dimension, 3)  # a pose has angles, too
    lower, upper = (np.asarray(corner, dtype=np.float64)[:lengths] for corner in workspace)
    beyond = WIDENED * (upper - lower)
    axes = np.linspace(lower - beyond, upper + beyond, GRID[lengths])
    grid = np.stack(np.meshgrid(*axes.T, indexing="ij"), axis=-1).reshape(-1, lengths)
    turned = np.zeros((len(grid), follower.dimension - lengths))
    velocity = follower.policy.velocity(np.hstack([grid, turned]))[:, :lengths]
    speed = np.linalg.norm(velocity, axis=1, keepdims=True)
    length = STROKE * float(np.max(axes[1] - axes[0]))
    tips = grid + length * velocity / np.maximum(speed, 1e-12)
    points = follower.placement.to_robot(np.stack([grid, tips], axis=1).reshape(len(grid) * 2, -1))
    share = np.sqrt(speed / max(float(speed.max()), 1e-12))
    colors = np.repeat(SLOW + share * (FAST - SLOW), 2, axis=0)
    colors[::2, 3] = 0.25  # faint where a stroke begins: it points to where it is strong
    marker = _marker(follower.base_frame, stamp, "field", Marker.LINE_LIST, LINE, (0, 0, 0, 1))
    marker.points = [_point(point) for point in points]
    marker.colors = [ColorRGBA(r=r, g=g, b=b, a=a) for r, g, b, a in colors.tolist()]
    return marker


def _marker(
    frame_id: str, stamp: Time, name: str, kind: int, size: float, color: tuple[float, ...]
) -> Marker:
    marker = Marker(ns=name, type=kind, action=Marker.ADD, frame_locked=True)
    marker.header.frame_id, marker.header.stamp = frame_id, stamp
    marker.pose.orientation.w = 1.0
    marker.scale.x = size
    marker.color.r, marker.color.g, marker.color.b, marker.color.a = map(float, color)
    return marker


def _edges(lower: Array, upper: Array) -> Array:
    """Return the ends [24, 3] of a box's twelve edges, two by two."""
    corners = np.stack(np.meshgrid(*zip(lower, upper, strict=True), indexing="ij"), axis=-1)
    edges = []
    for axis in range(3):
        ends = np.moveaxis(corners, axis, 0).reshape(2, 4, 3)
        edges.append(ends.transpose(1, 0, 2).reshape(8, 3))
    return np.concatenate(edges)


def _point(position: Array) -> Point:
    x, y, z = position.tolist()
    return Point(x=x, y=y, z=z)
