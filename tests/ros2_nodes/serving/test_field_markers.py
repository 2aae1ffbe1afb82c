"""What RViz is shown: strokes along the field, the goal, the boxes."""

from __future__ import annotations

import numpy as np
import pytest
from builtin_interfaces.msg import Time

from elcd_policy.robot.placement import Placement
from elcd_policy.robot.safety import Limits

pytest.importorskip("rclpy")

from visualization_msgs.msg import Marker

from elcd_policy_ros2.following.follower import Follower
from elcd_policy_ros2.serving.field_markers import GRID, field_markers

LOWER, UPPER = np.array([0.2, -0.4, 0.1]), np.array([0.8, 0.4, 0.9])
UPRIGHT = Placement([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [0.5, 0.1, 0.4], 0.003)
STAMP = Time(sec=3)


class Straight:
    """A field that leads straight to its goal."""

    def __init__(self, dimension: int) -> None:
        self.goal = np.zeros(dimension)

    def velocity(self, x: np.ndarray) -> np.ndarray:
        return self.goal - x

    def get_goal(self) -> np.ndarray:
        return self.goal

    def set_goal(self, g: np.ndarray) -> None:
        self.goal = g


def markers(dimension: int, **known: np.ndarray) -> dict[str, Marker]:
    limits = Limits(0.25, 1.0, 2.0, 5.0, LOWER, UPPER, 0.2, **known)
    follower = Follower(
        policy=Straight(dimension),
        placement=UPRIGHT,
        dimension=dimension,
        limits=limits,
        base_frame="base_link",
        goal_tolerance=0.005,
        hold_gain=2.0,
        hold_gain_angular=2.0,
    )
    workspace = (np.full(dimension, -50.0), np.full(dimension, 30.0))
    shown = field_markers(follower, workspace, STAMP).markers
    assert {(marker.header.frame_id, marker.header.stamp.sec) for marker in shown} == {
        ("base_link", 3)
    }
    return {marker.ns: marker for marker in shown}


def points(marker: Marker) -> np.ndarray:
    return np.array([(p.x, p.y, p.z) for p in marker.points]).reshape(-1, 2, 3)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_the_strokes_point_along_the_field_and_cover_the_demonstrations(dimension: int) -> None:
    field = markers(dimension)["field"]
    strokes = points(field)
    assert len(strokes) == GRID[dimension] ** dimension
    assert len(field.colors) == 2 * len(strokes)
    way = strokes[:, 1] - strokes[:, 0]
    to_goal = UPRIGHT.origin - strokes[:, 0]
    distance = np.linalg.norm(to_goal, axis=1)
    away = distance > 1e-3
    cosine = (way * to_goal).sum(axis=1) / np.linalg.norm(way, axis=1).clip(1e-12) / distance
    np.testing.assert_allclose(cosine[away], 1.0, atol=1e-6)
    x = UPRIGHT.to_policy(strokes[:, 0])
    np.testing.assert_allclose(x[:, :dimension].min(axis=0), -66.0)
    np.testing.assert_allclose(x[:, :dimension].max(axis=0), 46.0)
    np.testing.assert_allclose(x[:, dimension:], 0.0, atol=1e-9)


def test_goal_and_boxes_are_shown_at_their_size() -> None:
    shown = markers(2, known_lower=LOWER + 0.1, known_upper=UPPER - 0.1)
    goal = shown["goal"]
    np.testing.assert_allclose(
        (goal.pose.position.x, goal.pose.position.y, goal.pose.position.z), UPRIGHT.origin
    )
    assert (goal.scale.x, goal.scale.y, goal.scale.z) == (0.01, 0.01, 0.01)
    for name, lower, upper in (
        ("workspace box", LOWER, UPPER),
        ("demonstrated box", LOWER + 0.1, UPPER - 0.1),
    ):
        edges = points(shown[name])
        assert len({tuple(map(tuple, edge.round(9).tolist())) for edge in edges}) == 12
        assert ((edges[:, 0] != edges[:, 1]).sum(axis=1) == 1).all()
        np.testing.assert_allclose(edges.min(axis=(0, 1)), lower)
        np.testing.assert_allclose(edges.max(axis=(0, 1)), upper)


def test_a_box_without_end_is_not_shown() -> None:
    assert set(markers(2)) == {"field", "goal", "workspace box"}
