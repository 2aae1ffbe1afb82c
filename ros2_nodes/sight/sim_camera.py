"""The simulator's camera: renders the table and the arm, publishes the images, moves the box."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import PointStamped
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import Image

from elcd_policy.errors import ElcdError, ParameterError
from elcd_policy_sim import Robot
from elcd_policy_sim.vision.table_camera import TableCamera
from elcd_policy_sim.vision.table_scene import parse_moves, sample_place, sample_scene

from ..node.messages import COMMAND_QOS, STATE_QOS, to_stamp
from ..node.parameters import Parameters
from .image_messages import IMAGE_TOPIC, image_message


class SimCamera:
    """Publishes what a camera before the arm sees.

    Parameters
    ----------
    node : publishes, and hears where the box is to stand.
    parameters : of the node.
    robot : the arm.

    Raises
    ------
    ElcdError
        If the box can't stand where it is told to.
    """

    def __init__(self, node: Node, parameters: Parameters, robot: Robot) -> None:
        self._p, self._log = parameters, node.get_logger()
        self._moves = parse_moves(parameters["box_moves"])
        self._view = TableCamera(robot, engine=parameters["engine"])
        random = np.random.default_rng(parameters["scene_seed"])
        scene = sample_scene(random)
        place = parameters["box"] or sample_place(parameters["scene_seed"])
        self._view.show(scene.with_box_at(place))
        self._due = -np.inf
        self._out = node.create_publisher(Image, IMAGE_TOPIC, STATE_QOS)
        node.create_subscription(PointStamped, "~/box", self._on_box, COMMAND_QOS)

    def close(self) -> None:
        """End the renderer."""
        self._view.close()

    def advance(self, time: float, moving: float, joints: NDArray[np.float64]) -> None:
        """Move the box and publish an image if it is time.

        Parameters
        ----------
        time : s, simulated.
        moving : s since the arm's first command; negative before it.
        joints : [n] in rad.
        """
        while self._moves and moving >= self._moves[0].time:
            self._view.move_box(self._moves.pop(0).place)
        if time < self._due - 1e-9:
            return
        picture = self._view.picture(joints)
        self._out.publish(image_message(picture, self._p["camera_frame"], to_stamp(time)))
        self._due = time + 1.0 / self._p["camera_rate"]

    def _on_box(self, message: PointStamped) -> None:
        try:
            if message.header.frame_id != self._p["base_frame"]:
                raise ParameterError(
                    "it is in another frame",
                    got=repr(message.header.frame_id),
                    expected=repr(self._p["base_frame"]),
                )
            self._view.move_box((message.point.x, message.point.y))
        except ElcdError as error:
            self._log.warning(f"the box stays where it is: {error}", throttle_duration_sec=1.0)
