"""Records demonstrations from a topic of poses or joint states, as rosbag2 bags and NPZ files.

``~/start`` starts an episode, ``~/stop`` keeps it, ``~/discard`` drops it. What is wrong with
the states is said in the answers, on ``~/status`` and in the log. An episode that ends otherwise,
by a signal, a crash or a full disk, is kept as a partial one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_srvs.srv import Trigger

from elcd_policy.errors import ElcdError

from .node.messages import LATCHED_QOS, status_message
from .node.node_settings import RECORDER_NODE
from .node.parameters import Parameters
from .node.run_node import run_node
from .recording.journal import free_space
from .recording.recording import PARTIAL, Recording, Sample
from .recording.state_readers import JointReader, PoseReader

STREAM_QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Best effort hears every publisher; the depth holds 1 s at 1 kHz."""

POSES = "geometry_msgs/PoseStamped"  # of state_in_type
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
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
        """Number of messages that were dealt with, good and bad."""
        self._kept = 0
        self._fault = "nothing has arrived yet"
        self._heard = -np.inf  # s on a steady clock, when the last good state arrived
        self._newest: tuple[bytes, str] = (OK, "")
        poses = p["state_in_type"] == POSES
        self._reader = PoseReader(p["base_frame"]) if poses else JointReader(p["joints"])
        self._status_out = self.create_publisher(DiagnosticStatus, "~/status", LATCHED_QOS)
        self._states = self.create_subscription(
            self._reader.message,
            self._reader.topic,
            cast(Any, self._on_state),
            STREAM_QOS,
            raw=True,
        )
        for name, act in (
            ("start", self._start),
            ("stop", self._stop),
            ("discard", self._discard),
        ):
            self.create_service(Trigger, f"~/{name}", self._answering(act))
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.5, self._publish, clock=steady)
        self.create_timer(1.0, self._flush, clock=steady)
        self._warn_of_partial()
        self._say(f"ready: {self._states.topic_name} to {self._folder}")

    @property
    def _folder(self) -> Path:
        return Path(self.parameters["directory"])

    def shut_down(self) -> None:
        """Keep an episode that nobody stopped as a partial one."""
        self._keep_partial("nobody stopped it")

    def _start(self) -> str:
        p = self.parameters
        if self._recording is not None:
            raise ElcdError(f"{self._recording.name} is being recorded", advice="stop it first")
        self._check_heard()
        self._check_space()
        self._reader.freeze()
        self._recording = Recording(
            self._folder,
            self._states.topic_name,
            self._reader.kind,
            {"robot": p["robot"], "note": p["note"], **self._reader.about},
            self._reader.columns,
        )
        return f"recording {self._recording.name}"

    def _stop(self) -> str:
        recording = self._take_recording()
        text, warning = recording.finish(self.parameters["max_gap"])
        self._kept += 1
        return f"{text}; {warning}" if warning else text

    def _discard(self) -> str:
        recording = self._take_recording()
        recording.discard()
        return f"{recording.name} is discarded"

    def _take_recording(self) -> Recording:
        recording, self._recording = self._recording, None
        if recording is None:
            raise ElcdError("nothing is being recorded", advice="call ~/start first")
        return recording

    def _keep_partial(self, reason: str) -> None:
        if self._recording is None:
            return
        recording = self._take_recording()
        folder = recording.keep_partial()
        kept = f"{len(recording)} samples are kept in {folder}" if folder else "nothing was in it"
        self._say(f"{recording.name} is partial, {reason}: {kept}", ERROR)

    def _flush(self) -> None:
        """Bring the episode to the disk, and end it before the disk is full."""
        if self._recording is None:
            return
        try:
            self._recording.flush()
            self._check_space()
        except (ElcdError, OSError) as error:
            self._keep_partial(str(error))

    def _check_space(self) -> None:
        """Raise `ElcdError` unless the disk has room."""
        free, least = free_space(self._folder), self.parameters["min_free_space"]
        if free < least:
            raise ElcdError(
                f"the disk of {self._folder} is nearly full",
                got=f"{free:.0f} MB free",
                expected=f"at least {least:g} MB",
            )

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
        """Return a service that answers with the outcome, whatever is raised."""

        def serve(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            self._catch_up()
            try:
                response.success, response.message = True, act()
                warned = "; " in response.message
                self._say(response.message, WARN if warned else OK)
            except (ElcdError, OSError) as error:
                response.success, response.message = False, str(error)
                self._say(response.message, ERROR)
            return response

        return serve

    def _catch_up(self) -> None:
        """Take the states that arrived before a call: they belong to what was before it."""
        states = self._states
        while True:
            with states.handle:
                found = states.handle.take_message(states.msg_type, states.raw)
            if found is None:
                return
            cast(Any, states.callback)(*found)

    def _on_state(self, raw: bytes, about: Any) -> None:
        self.arrived += 1
        reading = self._reader.read(raw)
        if reading is None:
            return
        self._fault = reading.fault
        recording = self._recording
        if reading.fault:
            if recording is not None:
                recording.ignored[reading.fault] += 1
            return
        self._heard = time.monotonic()
        if recording is None:
            return
        arrival = about["received_timestamp"] or time.time_ns()
        try:
            recording.add(
                Sample(arrival, reading.stamp, reading.position, reading.quaternion, reading.raw)
            )
        except OSError as error:
            self._keep_partial(str(error))

    def _say(self, text: str, level: bytes = OK) -> None:
        """Say it in the log and on ``~/status``, where it stays until there is something newer."""
        log = self.get_logger()
        if level == OK:
            log.info(text)
        elif level == WARN:
            log.warning(text)
        else:
            log.error(text)
        self._newest = level, text
        self._publish()

    def _publish(self) -> None:
        level, text = self._newest
        recording = self._recording
        try:
            self._check_heard()
        except ElcdError as silent:
            if recording is not None:
                level, text = ERROR, str(silent)
            elif level == OK:
                level, text = WARN, str(silent)
        values: dict[str, object] = {"recording": "", "samples": 0, "duration_s": 0.0, "ignored": 0}
        if recording is not None:
            values = {
                "recording": recording.name,
                "samples": len(recording),
                "duration_s": recording.duration,
                "ignored": sum(recording.ignored.values()),
            }
        values |= {
            "kept": self._kept,
            "directory": str(self._folder),
            "free_space_mb": round(free_space(self._folder)),
        }
        name = f"{self.get_fully_qualified_name().lstrip('/')}: demonstrations"
        self._status_out.publish(
            status_message(name, self.parameters["robot"], level, text, values)
        )

    def _warn_of_partial(self) -> None:
        partial = sorted(path.name for path in (self._folder / PARTIAL).glob("demo_*"))
        if partial:
            self.get_logger().warning(
                f"partial episodes are in {self._folder / PARTIAL}, each can be loaded by its "
                f"folder: {', '.join(partial)}"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(RecorderNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
