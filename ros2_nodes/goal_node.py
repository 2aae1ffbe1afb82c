"""Looks for the goal: camera images in, the place to go to out, as a lifecycle node.

*configure* loads the detector; *activate* starts looking. A goal is sent when two images agree on
it, and again when it has moved. An image that is stale, damaged, of another camera or size, or in
which nothing is certain, moves no goal: ``~/status`` says why.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import numpy as np
import torch
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import Image

from elcd_policy.errors import ParameterError
from elcd_policy.perception import load_detector
from elcd_policy.robot.orientation import unit_quaternion

from .node.lifecycle import SUCCESS, report_errors
from .node.messages import COMMAND_QOS, STATE_QOS, fill_pose, seconds
from .node.node_settings import GOAL_NODE
from .node.run_node import run_node
from .node.watching_node import ERROR, OK, WARN, WatchingNode
from .sight.goal_search import GoalSearch
from .sight.image_messages import IMAGE_TOPIC, image_fault, picture_of

WATCH = 0.1  # s between looks at the clock
NAME = "goal_node"


class GoalNode(WatchingNode):
    """Finds one object and keeps the policy's goal on it."""

    def __init__(self) -> None:
        super().__init__(NAME, GOAL_NODE, "goal")
        self._search: GoalSearch | None = None
        self._schedule_autostart()

    @report_errors
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and check the detector, warm it up, set up topics."""
        p = self.parameters
        if not p["detector_file"]:
            raise ParameterError(
                "no detector file",
                got="detector_file ''",
                expected="the path of a detector",
                advice="train one with: elcd detector -o FILE",
            )
        torch.set_num_threads(1)
        detector = load_detector(p["detector_file"], trust_code=p["trust_code"])
        self._camera = detector.metadata.camera
        self._quaternion = np.array([0.0, 0.0, 0.0, 1.0])
        if p["orientation"]:
            self._quaternion = unit_quaternion(p["orientation"])
        for _ in range(3):  # TorchScript settles
            detector.locate(np.zeros((self._camera.height, self._camera.width, 3), np.uint8))
        self._search = GoalSearch(detector, p)
        self._forget()
        self._goal_out = self.create_publisher(PoseStamped, "goal", COMMAND_QOS)
        self._images = self.create_subscription(Image, IMAGE_TOPIC, self._on_image, STATE_QOS)
        self._watch = self.create_timer(WATCH, self._check_images, clock=self._steady)
        p.locked = True
        self._say(OK, "inactive")
        self.get_logger().info(
            f"{p['detector_file']}: {detector.metadata.target}, images of {self._camera.width} x "
            f"{self._camera.height} from {self._images.topic_name}"
        )
        return SUCCESS

    @report_errors
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start looking; what was seen before is forgotten."""
        self._forget()
        self._active = True
        self._say(WARN, "no image yet")
        return super().on_activate(state)

    def _tear_down(self) -> None:
        self._active = False
        if self._search is not None:
            self._search = None
            self.destroy_timer(self._watch)
            self.destroy_subscription(self._images)
            self.destroy_publisher(self._goal_out)
            self.parameters.locked = False
            self._say(OK, "unconfigured")

    def _forget(self) -> None:
        assert self._search is not None
        self._search.restart()
        self._sent: NDArray[np.float64] | None = None
        self._listeners = self._refused = self._goals = 0
        self._heard = time.perf_counter()

    def _on_image(self, message: Image) -> None:
        if not self._active or self._search is None:
            return
        self._heard = time.perf_counter()
        p, camera = self.parameters, self._camera
        age = self.get_clock().now().nanoseconds * 1e-9 - seconds(message.header.stamp)
        fault = image_fault(
            message, camera.width, camera.height, p["camera_frame"], age, p["image_timeout"]
        )
        if fault:
            self._refused += 1
            self._search.restart()
            self._say(ERROR, fault)
            return
        missing = self._search.look(picture_of(message))
        goal = self._search.goal
        if missing or goal is None:
            self._refused += 1
            self._say(WARN, missing)
            return
        self._send(goal, message)
        self._say(OK, "the goal is in sight")

    def _send(self, goal: NDArray[np.float64], message: Image) -> None:
        """Send the goal if it has moved, or if somebody new listens."""
        listeners = self._goal_out.get_subscription_count()
        moved = (
            self._sent is None or np.linalg.norm(goal - self._sent) > self.parameters["deadband"]
        )
        if moved or listeners > self._listeners:
            pose = PoseStamped()
            pose.header.frame_id = self.parameters["base_frame"]
            pose.header.stamp = message.header.stamp
            fill_pose(pose.pose, goal, self._quaternion)
            self._goal_out.publish(pose)
            self._sent, self._goals = goal, self._goals + 1
        self._listeners = listeners

    def _check_images(self) -> None:
        if self._search is not None:  # one who leaves and comes back is new
            self._listeners = min(self._listeners, self._goal_out.get_subscription_count())
        silent = time.perf_counter() - self._heard
        if self._active and self._search is not None and silent > self.parameters["image_timeout"]:
            self._search.restart()
            self._say(ERROR, f"no image on {self._images.topic_name} for {silent:.1f} s")

    def _facts(self) -> dict[str, object]:
        search = self._search
        if search is None:
            return {}
        values: dict[str, object] = {"goals_sent": self._goals, "images_refused": self._refused}
        if search.detection is not None:
            x, y, z = search.detection.position.tolist()
            values |= {"confidence": search.detection.confidence, "x_m": x, "y_m": y, "z_m": z}
        if search.goal is not None:
            gx, gy, gz = search.goal.tolist()
            values |= {"goal_x_m": gx, "goal_y_m": gy, "goal_z_m": gz}
        return values


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal or a failure ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(GoalNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
