"""Images in, goals out, over DDS; bad images move no goal, and the status says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

from elcd_policy_sim.arm import installed_engines

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

from elcd_policy.errors import ParameterError
from elcd_policy_ros2.goal_node import GoalNode
from elcd_policy_ros2.node.lifecycle import FAILURE, SUCCESS
from elcd_policy_ros2.node.messages import COMMAND_QOS, LATCHED_QOS, STATE_QOS, position_of
from elcd_policy_ros2.sight.image_messages import image_message
from elcd_policy_sim import load_robot
from elcd_policy_sim.vision.detector_training import DETECTOR
from elcd_policy_sim.vision.table_camera import TableCamera
from elcd_policy_sim.vision.table_scene import PLANE, TableScene, red_box

PLACES = (0.5, 0.1), (0.6, -0.15)


@pytest.fixture(scope="module")
def pictures() -> list[NDArray[np.uint8]]:
    """The box at each of the places, and no box."""
    with TableCamera(load_robot("panda")) as view:
        taken = []
        for scene in [*(TableScene(box=red_box(place)) for place in PLACES), TableScene()]:
            view.show(scene)
            taken.append(view.picture())
    return taken


class Eye:
    """A camera beside the node."""

    def __init__(self, ros, **parameters: object) -> None:
        self.ros = ros
        self.node = ros.start(GoalNode, **{"detector_file": DETECTOR, **parameters})
        self.goals = ros.listen(PoseStamped, "goal", COMMAND_QOS)
        deep = QoSProfile(depth=100, durability=LATCHED_QOS.durability)
        self.told = ros.listen(DiagnosticStatus, "goal_node/status", deep)
        self.out = ros.probe.create_publisher(Image, "camera/image", STATE_QOS)

    def activate(self) -> None:
        assert self.node.trigger_configure() == SUCCESS
        assert self.node.trigger_activate() == SUCCESS
        self.ros.until(lambda: self.out.get_subscription_count() and self.goals is not None)
        self.ros.until(lambda: self.node.count_subscribers("goal"))

    def show(self, picture: NDArray[np.uint8], until, stamp=None, **changes: object) -> None:
        """Publish a picture again and again until something is so."""

        def so() -> bool:
            now = self.ros.probe.get_clock().now().to_msg()
            message = image_message(picture, "camera", stamp or now)
            for name, value in changes.items():
                setattr(message, name, value)
            self.out.publish(message)
            return until()

        self.ros.until(so)

    def status(self, text: str) -> bool:
        return bool(self.told) and text in self.told[-1].message


def test_the_goal_is_above_the_box_and_moves_with_it(ros, pictures) -> None:
    eye = Eye(ros, height=0.12, base_frame="panda_link0")
    eye.activate()
    for place, picture in zip(PLACES, pictures, strict=False):
        wanted = np.array([*place, PLANE + 0.12])

        def there(wanted: NDArray[np.float64] = wanted) -> bool:
            found = eye.goals and position_of(eye.goals[-1].pose)
            return bool(eye.goals) and float(np.linalg.norm(found - wanted)) < 0.006

        eye.show(picture, there)
        assert eye.goals[-1].header.frame_id == "panda_link0"
        assert eye.goals[-1].pose.orientation.w == 1.0
    eye.show(pictures[1], lambda: eye.status("the goal is in sight"))
    count = len(eye.goals)
    seen = [0]

    def twenty() -> bool:
        seen[0] += 1
        return seen[0] > 20

    eye.show(pictures[1], twenty)
    assert len(eye.goals) <= count + 1  # what has not moved is not sent again


def test_one_who_comes_back_is_told_the_goal_again(ros, pictures) -> None:
    """As a policy node that was cleaned up and configured while the box was out of sight."""
    eye = Eye(ros, image_timeout=5.0)
    eye.activate()
    eye.show(pictures[0], lambda: eye.status("the goal is in sight"))
    listener = next(s for s in ros.probe.subscriptions if s.topic_name == "/goal")
    ros.probe.destroy_subscription(listener)
    ros.until(lambda: eye.node.count_subscribers("goal") == 0)
    ros.spin(0.5)  # its watch looks at the listeners several times a second
    goals = ros.listen(PoseStamped, "goal", COMMAND_QOS)
    ros.until(lambda: eye.node.count_subscribers("goal"))
    eye.show(pictures[0], lambda: goals)
    assert np.linalg.norm(position_of(goals[0].pose)[:2] - PLACES[0]) < 0.006


def test_an_empty_table_moves_no_goal(ros, pictures) -> None:
    eye = Eye(ros)
    eye.activate()
    eye.show(pictures[2], lambda: eye.status("nothing to see: confidence 0."))
    assert eye.goals == []
    assert eye.told[-1].level == DiagnosticStatus.WARN


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoding": "mono8"}, "another encoding: got 'mono8'"),
        ({"height": 95}, "another size: got 96 x 95"),
        ({"data": b"12"}, "not whole: got 2 bytes"),
        ({"stamp": Time(sec=5)}, "the image is stale"),
    ],
)
def test_a_bad_image_moves_no_goal(ros, pictures, changes: dict, message: str) -> None:
    eye = Eye(ros)
    eye.activate()
    eye.show(pictures[0], lambda: eye.status(message), **changes)
    assert eye.goals == []
    assert eye.told[-1].level == DiagnosticStatus.ERROR


def test_silence_is_told_and_forgets_what_was_seen(ros, pictures) -> None:
    eye = Eye(ros, image_timeout=0.3)
    eye.activate()
    eye.show(pictures[0], lambda: eye.status("the goal is in sight"))
    ros.until(lambda: eye.status("no image on /camera/image for"))
    assert eye.told[-1].level == DiagnosticStatus.ERROR
    sent = len(eye.goals)
    eye.show(pictures[1], lambda: len(eye.goals) > sent)
    looks = [told.message for told in eye.told]
    silent = max(i for i, text in enumerate(looks) if text.startswith("no image"))
    assert "seen once: a second look has to agree" in looks[silent:]


def test_an_inactive_node_sends_nothing(ros, pictures) -> None:
    eye = Eye(ros)
    eye.activate()
    eye.show(pictures[0], lambda: eye.goals)
    assert eye.node.trigger_deactivate() == SUCCESS
    sent, seen = len(eye.goals), [0]

    def twenty() -> bool:
        seen[0] += 1
        return seen[0] > 20

    eye.show(pictures[1], twenty)
    assert len(eye.goals) == sent
    assert eye.status("inactive")
    assert eye.node.trigger_cleanup() == SUCCESS
    assert eye.node.trigger_configure() == SUCCESS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no detector file"),
        (b"", "is no detector file: got 0 bytes"),
        (b"nothing", "is no detector file: got 7 bytes"),
    ],
)
def test_a_bad_detector_is_refused(ros, tmp_path: Path, content, message: str) -> None:
    file = tmp_path / "detector.pt"
    if content is not None:
        file.write_bytes(content)
    eye = Eye(ros, detector_file=file)
    assert eye.node.trigger_configure() == FAILURE
    ros.until(lambda: eye.status(message))
    assert eye.told[-1].level == DiagnosticStatus.ERROR


def test_no_detector_is_refused_and_autostart_ends_with_status_2(ros) -> None:
    node = ros.start(GoalNode, autostart=True)
    ros.until(lambda: node.exit_status == 2)


def test_a_parameter_out_of_range_is_named(ros) -> None:
    with pytest.raises(ParameterError, match="'confidence' has a bad value: got 2"):
        ros.start(GoalNode, confidence=2.0)
