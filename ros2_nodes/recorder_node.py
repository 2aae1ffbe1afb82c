"""Records demonstrations from a topic of poses or joint states, as rosbag2 bags and NPZ files.

``~/start`` begins an episode, ``~/stop`` keeps it, ``~/discard`` drops it. What is wrong with
the states is told in the answers, on ``~/status`` and in the log.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from elcd_policy.demonstrations.formats.bags import JOINTS, POSE
from elcd_policy.errors import ElcdError

from .node.messages import LATCHED_QOS, NANOSECONDS, position_of, quaternion_of, status_message
from .node.node_settings import RECORDER_NODE
from .node.parameters import Parameters
from .node.run_node import run_node
from .recording.recording import Recording, Sample

STREAM_QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Best effort hears every publisher; the depth holds 1 s at 1 kHz."""

NAME = "recorder_node"


class RecorderNode(Node):
    """Watches one topic all the time, and keeps what it hears while an episode runs.

    Raises
    ------
    ElcdError
        If a parameter is wrong.
    """

    def __init__(self) -> None:
        super().__init__(NAME)
        self.exit_status: int | None = None
        self.parameters = p = Parameters(self, RECORDER_NODE)
        self._recording: Recording | None = None
        self.arrived = 0
        """States that were dealt with, good and bad."""
        self._kept = 0
        self._fault = "nothing has arrived yet"
        self._heard = -np.inf  # s on a steady clock, when the last good state arrived
        self._told: tuple[bytes, str] = (DiagnosticStatus.OK, "")
        self._joints = p["joints"]
        of_poses = self._of_poses
        self._status_out = self.create_publisher(DiagnosticStatus, "~/status", LATCHED_QOS)
        self._states = self.create_subscription(
            PoseStamped if of_poses else JointState,
            "ee_pose" if of_poses else "joint_states",
            cast(Any, self._on_pose if of_poses else self._on_joints),
            STREAM_QOS,
            raw=True,
        )
        for name, act in (
            ("start", self._start),
            ("stop", self._stop),
            ("discard", self._discard),
        ):
            self.create_service(Trigger, f"~/{name}", self._answering(act))
        self.create_timer(0.5, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._warn_of_remains()
        self._say(f"ready: {self._states.topic_name} to {self._folder}")

    @property
    def _folder(self) -> Path:
        return Path(self.parameters["directory"])

    @property
    def _of_poses(self) -> bool:
        return self.parameters["state_in_type"] == "geometry_msgs/PoseStamped"

    def shut_down(self) -> None:
        """Drop an episode that nobody stopped: it is not known to be whole."""
        if self._recording is not None:
            self._say(self._discard(), DiagnosticStatus.WARN)

    def _start(self) -> str:
        p = self.parameters
        if self._recording is not None:
            raise ElcdError(f"{self._recording.name} is being recorded", advice="stop it first")
        self._check_heard()
        about = {"robot": p["robot"], "note": p["note"]}
        if self._of_poses:
            about |= {"units": "m", "frame": p["base_frame"]}
        else:
            about |= {"units": "rad", "joints": ",".join(self._joints)}
        kind = POSE if self._of_poses else JOINTS
        self._recording = Recording(self._folder, self._states.topic_name, kind, about)
        return f"recording {self._recording.name}"

    def _stop(self) -> str:
        recording = self._running()
        self._recording = None
        told, doubt = recording.finish(self.parameters["max_gap"])
        self._kept += 1
        return f"{told}; {doubt}" if doubt else told

    def _discard(self) -> str:
        recording = self._running()
        self._recording = None
        recording.discard()
        return f"{recording.name} is discarded"

    def _running(self) -> Recording:
        if self._recording is None:
            raise ElcdError("nothing is being recorded", advice="call ~/start first")
        return self._recording

    def _check_heard(self) -> None:
        """Raise `ElcdError` unless good states arrive at this moment."""
        if time.monotonic() - self._heard > self.parameters["state_timeout"]:
            raise ElcdError(
                f"no good states on {self._states.topic_name}",
                got=self._fault or f"none for {time.monotonic() - self._heard:.1f} s",
                expected=f"one within {self.parameters['state_timeout']:g} s",
            )

    def _answering(
        self, act: Callable[[], str]
    ) -> Callable[[Trigger.Request, Trigger.Response], Trigger.Response]:
        """A service that tells how it went; rclpy would end the node on an exception."""

        def serve(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            self._catch_up()
            try:
                response.success, response.message = True, act()
                doubtful = "; " in response.message
                self._say(response.message, DiagnosticStatus.WARN if doubtful else b"\0")
            except (ElcdError, OSError) as error:
                response.success, response.message = False, str(error)
                self._say(response.message, DiagnosticStatus.ERROR)
            return response

        return serve

    def _catch_up(self) -> None:
        """Deal with the states that arrived before a call: they belong to what was before it."""
        states = self._states
        while True:
            with states.handle:
                found = states.handle.take_message(states.msg_type, states.raw)
            if found is None:
                return
            cast(Any, states.callback)(*found)

    def _on_pose(self, raw: bytes, about: Any) -> None:
        message = deserialize_message(raw, PoseStamped)
        expected, fault = self.parameters["base_frame"], ""
        if message.header.frame_id != expected:
            fault = f"the frame is '{message.header.frame_id}', expected '{expected}'"
        pose = position_of(message.pose), quaternion_of(message.pose)
        self._take(message, *pose, raw, about, fault)

    def _on_joints(self, raw: bytes, about: Any) -> None:
        message = deserialize_message(raw, JointState)
        self._joints = self._joints or tuple(message.name)
        position = dict(zip(message.name, message.position, strict=False))
        missing = [name for name in self._joints if name not in position]
        fault = f"the joints {', '.join(missing)} are missing" if missing else ""
        values = np.array([position.get(name, np.nan) for name in self._joints])
        self._take(message, values, None, raw, about, fault)

    def _take(
        self,
        message: Any,
        position: np.ndarray,
        quaternion: np.ndarray | None,
        raw: bytes,
        about: Any,
        fault: str,
    ) -> None:
        self.arrived += 1
        numbers = position if quaternion is None else np.concatenate([position, quaternion])
        if not fault and not np.isfinite(numbers).all():
            fault = "a value is not finite"
        self._fault = fault
        if fault:
            if self._recording is not None:
                self._recording.ignored[fault] += 1
            return
        self._heard = time.monotonic()
        if self._recording is not None:
            stamp = message.header.stamp.sec * NANOSECONDS + message.header.stamp.nanosec
            arrival = about["received_timestamp"] or time.time_ns()
            self._recording.add(Sample(arrival, stamp, position, quaternion, raw))

    def _say(self, text: str, level: bytes = DiagnosticStatus.OK) -> None:
        """Tell in the log and on ``~/status``, where it stays until there is something newer."""
        log = self.get_logger()
        if level == DiagnosticStatus.OK:
            log.info(text)
        elif level == DiagnosticStatus.WARN:
            log.warning(text)
        else:
            log.error(text)
        self._told = level, text
        self._publish()

    def _publish(self) -> None:
        level, text = self._told
        recording = self._recording
        try:
            self._check_heard()
        except ElcdError as silent:
            if recording is not None:
                level, text = DiagnosticStatus.ERROR, str(silent)
            elif level == DiagnosticStatus.OK:
                level, text = DiagnosticStatus.WARN, str(silent)
        values: dict[str, object] = {"recording": "", "samples": 0, "duration_s": 0.0, "ignored": 0}
        if recording is not None:
            values = {
                "recording": recording.name,
                "samples": len(recording),
                "duration_s": recording.duration,
                "ignored": sum(recording.ignored.values()),
            }
        values |= {"kept": self._kept, "directory": str(self._folder)}
        name = f"{self.get_fully_qualified_name().lstrip('/')}: demonstrations"
        self._status_out.publish(
            status_message(name, self.parameters["robot"], level, text, values)
        )

    def _warn_of_remains(self) -> None:
        remains = sorted(path.name for path in self._folder.glob("*/.*.partial"))
        if remains:
            self.get_logger().warning(
                f"episodes that were killed half-way lie hidden in {self._folder} and are not "
                f"loaded: {', '.join(remains)}"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(RecorderNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
