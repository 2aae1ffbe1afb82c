"""Demonstrations recorded from real topics, and what is said when the states are bad."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

pytest.importorskip("rosbags")

from rosbags.highlevel import AnyReader

from elcd_policy import load_demonstrations
from elcd_policy.errors import DemonstrationError
from elcd_policy_ros2.node.messages import LATCHED_QOS, STATE_QOS, fill_pose, to_stamp
from elcd_policy_ros2.recorder_node import RecorderNode

T0 = 1_760_000_000.0  # s
STEP = 0.01  # s between states


def place(step: int) -> np.ndarray:
    share = step * STEP
    return np.array([0.4 + 0.1 * share, 0.2 * share**2, 0.5 - 0.05 * share])


class Hand:
    """Somebody who guides an arm: publishes states and calls the recorder's services."""

    def __init__(self, ros: Any, folder: Path, kind: type = PoseStamped, **parameters: Any) -> None:
        self.ros, self.step = ros, 0
        of_poses = kind is PoseStamped
        source = "geometry_msgs/PoseStamped" if of_poses else "sensor_msgs/JointState"
        self.node = ros.start(
            RecorderNode, directory=f"'{folder}'", state_in_type=source, **parameters
        )
        topic = "ee_pose" if of_poses else "joint_states"
        self.out = ros.probe.create_publisher(kind, topic, STATE_QOS)
        self.statuses = ros.listen(DiagnosticStatus, "/recorder_node/status", LATCHED_QOS)
        ros.until(lambda: self.out.get_subscription_count() and self.statuses)

    @property
    def values(self) -> dict[str, str]:
        return {pair.key: pair.value for pair in self.statuses[-1].values}

    def call(self, name: str) -> Any:
        return self.ros.call(Trigger, f"/recorder_node/{name}")

    def pose(self, step: int, frame: str = "base_link") -> PoseStamped:
        message = PoseStamped()
        message.header.frame_id = frame
        message.header.stamp = to_stamp(T0 + step * STEP)
        fill_pose(message.pose, place(step), np.array([0.0, 0.6, 0.0, 0.8]))
        return message

    def joints(self, step: int) -> JointState:
        """With a gripper that nobody asked for, and in an order of its own."""
        x, y, z = place(step).tolist()
        message = JointState(name=["gripper", "j2", "j1", "j3"], position=[0.0, y, x, z])
        message.header.stamp = to_stamp(T0 + step * STEP)
        return message

    def send(self, message: Any) -> None:
        """Publish, and spin until the recorder has dealt with it."""
        heard = self.node.arrived
        self.out.publish(message)
        self.ros.until(lambda: self.node.arrived > heard)

    def move(self, steps: int) -> None:
        for _ in range(steps):
            self.send(self.pose(self.step))
            self.step += 1


def test_a_motion_comes_back_from_the_bag_and_the_arrays(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path, robot="panda", note="'slow and wide'", base_frame="panda_link0")
    for step in range(3):
        hand.send(hand.pose(step, "panda_link0"))  # heard, not kept: nothing is started
    started = hand.call("start")
    assert (started.success, started.message) == (True, "recording demo_000")
    for step in range(3, 43):
        hand.send(hand.pose(step, "panda_link0"))
    ros.until(lambda: hand.values["recording"] == "demo_000")
    stopped = hand.call("stop")
    assert stopped.success
    assert stopped.message == "demo_000: 40 samples in 0.39 s, 100 Hz"
    for source in ("mcap", "npz"):
        demos = load_demonstrations(tmp_path / source)
        assert (len(demos), demos.units, demos.frame) == (1, "m", "panda_link0")
        assert (demos.robot, demos.note, demos[0].name) == ("panda", "slow and wide", "demo_000")
        np.testing.assert_allclose(demos[0].time, STEP * np.arange(40), atol=3e-7)
        np.testing.assert_array_equal(demos[0].position[:, :3], [place(i) for i in range(3, 43)])
        np.testing.assert_allclose(demos[0].position[:, 3:], 0.0, atol=1e-12)
        assert abs(demos.orientation @ [0.0, 0.6, 0.0, 0.8]) == pytest.approx(1.0)


def test_the_bag_describes_its_messages_as_ros_does(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path)
    hand.move(1)
    hand.call("start")
    hand.move(8)
    hand.call("stop")
    with AnyReader([tmp_path / "mcap" / "demo_000"]) as bag:
        (connection,) = bag.connections
    (publisher,) = ros.probe.get_publishers_info_by_topic("/ee_pose")
    assert (connection.topic, connection.msgtype) == ("/ee_pose", "geometry_msgs/msg/PoseStamped")
    assert connection.digest == str(publisher.topic_type_hash)
    assert "float64 x" in connection.msgdef.data


def test_joints_are_recorded_in_the_order_asked_for(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path, JointState, joints="['j1', 'j2', 'j3']")
    hand.send(hand.joints(0))
    hand.call("start")
    for step in range(1, 11):
        hand.send(hand.joints(step))
    lacking = hand.joints(11)
    lacking.name[1] = "j9"
    hand.send(lacking)  # the others wait for a new j2
    stopped = hand.call("stop")
    assert stopped.message.startswith("demo_000: 10 samples in 0.09 s")
    for source in ("npz", "mcap"):
        demos = load_demonstrations(tmp_path / source)
        assert (demos.units, demos.frame) == ("rad", "")
        np.testing.assert_array_equal(demos[0].position, [place(i) for i in range(1, 11)])


def test_halves_beside_a_gripper_are_recorded_as_one_state(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path, JointState, joints="['j1', 'j2', 'j3']")

    def send_halves(step: int) -> None:
        whole = hand.joints(step)
        for part in (slice(0, 2), slice(2, 4)):
            message = JointState(name=whole.name[part], position=whole.position[part])
            message.header.stamp = whole.header.stamp
            hand.send(message)
            hand.send(JointState(name=["finger"], position=[0.04]))

    send_halves(0)
    assert hand.call("start").success
    for step in range(1, 11):
        send_halves(step)
    assert hand.call("stop").message == "demo_000: 10 samples in 0.09 s, 100 Hz"
    for source in ("npz", "mcap"):
        demos = load_demonstrations(tmp_path / source)
        np.testing.assert_array_equal(demos[0].position, [place(i) for i in range(1, 11)])


def test_an_episode_holds_what_arrived_between_the_calls(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path)
    hand.move(1)
    for step in range(1, 31):
        hand.out.publish(hand.pose(step))  # they wait in the queue until somebody spins
    assert hand.call("start").success
    for step in range(31, 71):
        hand.out.publish(hand.pose(step))
    stopped = hand.call("stop")
    assert stopped.message == "demo_000: 40 samples in 0.39 s, 100 Hz"


def test_nothing_starts_without_good_states(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path)
    silent = hand.call("start")
    assert not silent.success
    assert silent.message.startswith("no good states on /ee_pose: got nothing has arrived yet")
    hand.send(hand.pose(0, "world"))
    wrong = hand.call("start")
    assert "the frame is 'world', expected 'base_link'" in wrong.message
    spoilt = hand.pose(1)
    spoilt.pose.position.y = np.nan
    hand.send(spoilt)
    assert "a value is not finite" in hand.call("start").message
    assert hand.statuses[-1].level == DiagnosticStatus.ERROR
    hand.move(1)
    assert hand.call("start").success
    again = hand.call("start")
    assert (again.success, again.message[:8]) == (False, "demo_000")
    ros.until(lambda: hand.statuses[-1].message.startswith("no good states on /ee_pose: got none"))
    assert (hand.statuses[-1].level, hand.values["recording"]) == (b"\x02", "demo_000")


def test_what_is_doubtful_is_told_and_what_is_useless_not_kept(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path)
    assert hand.call("stop").message.startswith("nothing is being recorded")
    hand.move(1)
    hand.call("start")
    hand.move(8)
    hand.step += 30
    hand.move(8)
    hand.send(hand.pose(hand.step - 1))  # the same stamp again
    hand.send(hand.pose(hand.step, "world"))
    stopped = hand.call("stop")
    assert stopped.success
    assert "16 samples" in stopped.message
    assert "no states for 0.31 s from 0.07 s on" in stopped.message
    assert "1 messages ignored: the stamp does not increase" in stopped.message
    assert "1 messages ignored: the frame is 'world'" in stopped.message
    ros.until(lambda: hand.statuses[-1].level != DiagnosticStatus.OK)

    hand.move(1)
    hand.call("start")
    hand.move(2)
    short = hand.call("stop")
    assert (short.success, "too short: got 2 samples" in short.message) == (False, True)

    hand.move(1)
    assert hand.call("start").message == "recording demo_001"
    hand.move(9)
    assert hand.call("discard").message == "demo_001 is discarded"
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*"))
    assert names == ["mcap/demo_000", "npz/demo_000.npz"]


def test_an_episode_that_nobody_stopped_is_kept_as_partial(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path)
    hand.move(1)
    hand.call("start")
    hand.move(9)
    hand.node.shut_down()  # as after SIGINT and SIGTERM
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")] == [
        "partial/demo_000"
    ]
    demos = load_demonstrations(tmp_path / "partial" / "demo_000")
    assert (len(demos[0].time), demos.units, demos.note) == (9, "m", "partial episode")
    np.testing.assert_array_equal(demos[0].position[:, :3], [place(i) for i in range(1, 10)])


def set_least_space(ros: Any, value: float) -> None:
    parameter = Parameter("min_free_space", value=value).to_parameter_msg()
    request = SetParameters.Request(parameters=[parameter])
    assert ros.call(SetParameters, "/recorder_node/set_parameters", request).results[0].successful


def test_a_disk_that_is_nearly_full_ends_an_episode_in_time(ros, tmp_path: Path) -> None:
    hand = Hand(ros, tmp_path)
    hand.move(1)
    assert hand.call("start").success
    hand.move(9)
    assert int(hand.values["free_space_mb"]) > 0
    set_least_space(ros, 1e9)
    ros.until(lambda: hand.statuses[-1].message.startswith("demo_000 is partial, the disk of"))
    assert hand.statuses[-1].level == DiagnosticStatus.ERROR
    assert len(load_demonstrations(tmp_path / "partial" / "demo_000")[0].time) == 9
    hand.move(1)
    assert "is nearly full: got " in hand.call("start").message
    set_least_space(ros, 0.0)
    hand.move(1)
    assert hand.call("start").message == "recording demo_001"


def test_a_disk_that_takes_no_more_is_said_while_recording(
    ros, processes: list[subprocess.Popen], tmp_path: Path
) -> None:
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
        "from elcd_policy_ros2.recorder_node import main; raise SystemExit(main())"
    )
    process, statuses, publish = recorder_process(ros, processes, tmp_path, ["-c", limited])
    ros.until(lambda: publish() and statuses[-1].level == b"\0")
    assert ros.call(Trigger, "/recorder_node/start").success
    ros.until(lambda: publish() and "demo_000 is partial, [Errno 27]" in statuses[-1].message)
    assert process.poll() is None
    time = load_demonstrations(tmp_path / "partial" / "demo_000")[0].time
    assert len(time) > 50
    assert (tmp_path / "partial" / "demo_000" / "states.csv").stat().st_size <= 20000


def test_an_episode_killed_half_way_is_there_up_to_the_last_second(
    ros, processes: list[subprocess.Popen], tmp_path: Path
) -> None:
    node = ["-m", "elcd_policy_ros2.recorder_node"]
    process, statuses, publish = recorder_process(ros, processes, tmp_path, node)
    ros.until(lambda: publish() and statuses[-1].level == b"\0")
    assert ros.call(Trigger, "/recorder_node/start").success
    csv = tmp_path / "partial" / "demo_000" / "states.csv"
    ros.until(lambda: publish() and csv.exists() and csv.read_text().count("\n") > 20)
    process.kill()
    process.wait(20)
    with pytest.raises(DemonstrationError, match="no demonstrations in the folder"):
        load_demonstrations(tmp_path / "mcap")
    assert not (tmp_path / "npz").exists()
    demos = load_demonstrations(tmp_path / "partial" / "demo_000")
    assert len(demos[0].time) >= 20
    first = round((demos[0].position[0, 0] - 0.4) / 0.1 / STEP)
    steps = first + np.round(demos[0].time / STEP).astype(int)
    np.testing.assert_array_equal(demos[0].position[:, :3], [place(int(i)) for i in steps])


def recorder_process(
    ros: Any, processes: list[subprocess.Popen], folder: Path, program: list[str]
) -> tuple[subprocess.Popen, list[DiagnosticStatus], Callable[[], bool]]:
    """A recorder in a process of its own, what it says, and a function that sends a state."""
    command = [sys.executable, *program, "--ros-args", "-p", f"directory:={folder}"]
    environment = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain_id)}
    process = subprocess.Popen(command, env=environment)
    processes.append(process)
    ros.start()
    out = ros.probe.create_publisher(PoseStamped, "ee_pose", STATE_QOS)
    statuses = ros.listen(DiagnosticStatus, "/recorder_node/status", LATCHED_QOS)
    ros.until(lambda: out.get_subscription_count() and statuses)
    hand, step = Hand.__new__(Hand), iter(range(10**6))

    def publish() -> bool:
        out.publish(hand.pose(next(step)))
        return True

    return process, statuses, publish
