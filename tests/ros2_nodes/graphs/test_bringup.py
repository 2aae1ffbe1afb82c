"""The graph as separate processes over DDS: pushed, killed, misconfigured, orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, TwistStamped
from std_msgs.msg import Bool

from elcd_policy import load
from elcd_policy.errors import ParameterError
from elcd_policy_ros2.demo.follow_report import judge
from elcd_policy_ros2.graphs.bringup import Bringup, free_domain_id
from elcd_policy_ros2.graphs.graph import follow_demo, resolve_arguments
from elcd_policy_ros2.graphs.node_description import NodeDescription
from elcd_policy_ros2.node.messages import COMMAND_QOS, LATCHED_QOS, position_of, seconds, twist_of
from elcd_policy_ros2.node.run_node import EXECUTOR
from elcd_policy_sim import EpisodeLog, parse_pushes
from elcd_policy_sim.arm import installed_engines

from ..conftest import PLACEMENT, Ros

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

PUSH = "1.0:0,0,-30:0.2"


def nodes(policy_file: Path, **given: object) -> tuple[NodeDescription, NodeDescription]:
    arguments = resolve_arguments({"pushes": "none", **given})
    return follow_demo(policy_file, load(policy_file).metadata, arguments)


def enabled_nodes(policy_file: Path, **given: object) -> tuple[NodeDescription, NodeDescription]:
    """The graph with a deadman switch: the motion waits until its observer sees everything."""
    policy_node, sim_node = nodes(policy_file, **given)
    switch = {"require_enable": True, "enable_timeout": 5.0}
    return replace(policy_node, parameters={**policy_node.parameters, **switch}), sim_node


class Observer:
    """What can be seen of the graph from outside; it enables the motion once it sees it all."""

    def __init__(self, ros: Ros, namespace: str = "") -> None:
        ros.start()
        self.probe = ros.probe
        self.topics = [f"{namespace}/ee_pose", f"{namespace}/cmd_vel"]
        self.switch = ros.probe.create_publisher(
            Bool, f"{namespace}/policy_node/enable", COMMAND_QOS
        )
        ros.probe.create_timer(0.1, self.enable)
        self.poses = ros.listen(PoseStamped, f"{namespace}/ee_pose", COMMAND_QOS)
        self.commands = ros.listen(TwistStamped, f"{namespace}/cmd_vel", COMMAND_QOS)
        self.statuses = ros.listen(DiagnosticStatus, f"{namespace}/policy_node/status", LATCHED_QOS)

    def enable(self) -> None:
        matched = {sub.topic_name: sub.get_publisher_count() for sub in self.probe.subscriptions}
        if self.statuses and all(matched[topic] for topic in self.topics):
            self.switch.publish(Bool(data=True))

    def moving(self) -> bool:
        """Whether commands are seen, and the TCP moved at 5 cm/s over the newest ten states."""
        if len(self.poses) < 10 or len(self.commands) < 10:
            return False
        first, last = self.poses[-10], self.poses[-1]
        way = np.linalg.norm(position_of(last.pose) - position_of(first.pose))
        return bool(way > 0.05 * (seconds(last.header.stamp) - seconds(first.header.stamp)))


def test_a_pushed_arm_comes_back_and_reaches_the_goal(policy_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "episode.npz"
    graph = nodes(policy_file, pushes=PUSH, duration=7.0, log_file=str(file))
    with Bringup(graph, tmp_path / "logs") as bringup:
        ended = bringup.wait(90.0)
        assert ended is not None, bringup.output("policy_node")
        assert (ended.label, ended.status) == ("sim_node", 0)
        statuses = bringup.stop()
    assert statuses == {"policy_node": 0, "sim_node": 0}
    policy = load(policy_file)
    outcome = judge(EpisodeLog.load(file), policy, PLACEMENT, parse_pushes(PUSH))
    assert outcome.succeeded, outcome.metrics()
    assert outcome.goal.distance < 0.005
    (push,) = outcome.recoveries
    assert 0.02 < push.peak < 0.15
    assert outcome.metrics()["undisturbed_deviation_mean_m"] < 0.005


def test_the_arm_stops_when_the_policy_process_is_killed(
    ros: Ros, policy_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "episode.npz"  # holds every state; on a busy machine DDS drops some
    graph = enabled_nodes(policy_file, log_file=str(file))
    with Bringup(graph, tmp_path / "logs", ros.domain_id) as bringup:
        observer = Observer(ros)
        ros.until(observer.moving, patience=90.0)
        os.kill(bringup.pid("policy_node"), signal.SIGKILL)
        count = len(observer.poses)
        ros.until(lambda: len(observer.poses) > count)
        killed = seconds(observer.poses[-1].header.stamp)
        ros.until(lambda: seconds(observer.poses[-1].header.stamp) > killed + 1.0)
    log = EpisodeLog.load(file)
    speed = np.linalg.norm(np.diff(log.position, axis=0), axis=1) / np.diff(log.time)
    moving = log.time[1:][speed > 0.002]
    print(f"stopped {moving[-1] - killed:.3f} s after the kill")
    assert log.time[-1] - killed > 0.99  # its newest state may be the one that ended the wait
    assert moving[-1] - killed < 0.3
    after = log.position[log.time >= killed]
    way = np.linalg.norm(after - after[0], axis=1).max()
    print(f"moved {1e3 * way:.1f} mm after the kill")
    assert way < 0.3 * 0.3


def test_the_policy_stops_commanding_when_the_simulator_is_killed(
    ros: Ros, policy_file: Path, tmp_path: Path
) -> None:
    with Bringup(enabled_nodes(policy_file), tmp_path, ros.domain_id) as bringup:
        observer = Observer(ros)
        ros.until(observer.moving, patience=90.0)
        os.kill(bringup.pid("sim_node"), signal.SIGKILL)
        ros.until(lambda: observer.statuses and "no state for" in observer.statuses[-1].message)
        assert observer.statuses[-1].level == DiagnosticStatus.ERROR
        ros.until(lambda: not twist_of(observer.commands[-1]).any())
        count = 0
        while count != len(observer.commands):
            count = len(observer.commands)
            ros.spin(0.3)
        assert "no state for" in bringup.output("policy_node")
        ended = bringup.wait(1.0)
        assert ended is not None
        assert (ended.label, ended.status) == ("sim_node", -signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "executor"),
    [
        (signal.SIGINT, "single_threaded"),
        (signal.SIGTERM, "single_threaded"),
        (signal.SIGTERM, "events"),
    ],
)
def test_the_last_command_before_a_signal_ends_the_policy_is_zero(
    ros: Ros,
    policy_file: Path,
    tmp_path: Path,
    number: signal.Signals,
    executor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(EXECUTOR, executor)
    with Bringup(enabled_nodes(policy_file), tmp_path, ros.domain_id) as bringup:
        observer = Observer(ros)
        ros.until(observer.moving, patience=90.0)
        os.kill(bringup.pid("policy_node"), number)
        ros.until(lambda: observer.commands and not twist_of(observer.commands[-1]).any())
        ended = bringup.wait(20.0)
    assert ended is not None
    assert (ended.label, ended.status) == ("policy_node", 0)
    ros.spin(0.3)
    assert not twist_of(observer.commands[-1]).any()


def test_a_namespace_holds_all_topics(ros: Ros, policy_file: Path, tmp_path: Path) -> None:
    with Bringup(enabled_nodes(policy_file, namespace="arm1"), tmp_path, ros.domain_id):
        observer = Observer(ros, "/arm1")
        ros.until(observer.moving, patience=90.0)
        names = {name for name, _ in ros.probe.get_topic_names_and_types()}
    assert {"/arm1/cmd_vel", "/arm1/ee_pose", "/arm1/policy_node/status"} <= names
    assert not {"/cmd_vel", "/ee_pose", "/policy_node/status"} & names


@pytest.mark.parametrize(
    ("executable", "parameters", "message"),
    [
        ("policy_node", {"policy_file": "/nowhere.pt"}, "no policy file at /nowhere.pt"),
        ("policy_node", {"rate": 5000.0}, "'rate' has a bad value: got 5000.0, expected 1 to 1000"),
        ("sim_node", {"robot": "pandda"}, "unknown robot: got 'pandda', expected one of"),
    ],
)
def test_bad_input_ends_a_node_with_status_2_and_one_line(
    executable: str, parameters: dict, message: str, tmp_path: Path
) -> None:
    if executable == "policy_node":
        parameters = {"autostart": True, **parameters}
    with Bringup([NodeDescription(executable, parameters)], tmp_path) as bringup:
        ended = bringup.wait(60.0)
    assert ended is not None
    assert ended.status == 2
    assert message in bringup.complaint(executable)
    assert "Traceback" not in bringup.output(executable)
    assert len(bringup.output(executable).splitlines()) == 1


def test_an_executor_that_there_is_not_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(EXECUTOR, "fastest")
    with Bringup([NodeDescription("policy_node", {})], tmp_path) as bringup:
        ended = bringup.wait(60.0)
    assert ended is not None
    assert ended.status == 2
    assert "got 'fastest', expected single_threaded or events" in bringup.complaint("policy_node")


def test_nothing_outlives_a_parent_that_was_killed(
    policy_file: Path, tmp_path: Path, processes: list[subprocess.Popen]
) -> None:
    script = f"""
import sys, time
from pathlib import Path
from elcd_policy import load
from elcd_policy_ros2.graphs.bringup import Bringup
from elcd_policy_ros2.graphs.graph import resolve_arguments, follow_demo
metadata = load({str(policy_file)!r}).metadata
graph = follow_demo({str(policy_file)!r}, metadata, resolve_arguments({{"pushes": "none"}}))
with Bringup(graph, Path({str(tmp_path)!r})) as bringup:
    while "following" not in bringup.output("policy_node"):
        time.sleep(0.05)
    print(bringup.pid("policy_node"), bringup.pid("sim_node"), flush=True)
    time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    processes.append(parent)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.wait(10)
    for pid in pids:
        subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=20, check=True)


def test_domains_in_use_are_not_handed_out() -> None:
    assert free_domain_id() in range(1, 102)


def test_a_missing_interpreter_is_refused_before_anything_starts(tmp_path: Path) -> None:
    node = NodeDescription("sim_node", {}, interpreter="/no/python")
    with (
        pytest.raises(ParameterError, match="sim_python is not a program"),
        Bringup([node], tmp_path),
    ):
        pass
