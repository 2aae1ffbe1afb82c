"""What goes wrong around a moving arm, injected: bounded commands, a clear status, recovery.

Bad states, rivals and killed processes are in test_policy_node.py and test_bringup.py.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import GetState

from elcd_policy import LoadedPolicy, TrainingSettings, fit, save
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy_ros2.policy_node import PolicyNode

from .conftest import Ros, curves
from .point_arm import START, Arm, configured, falls_silent, following, transition

FLOOD = """
import sys, time
import rclpy
from geometry_msgs.msg import PoseStamped
from elcd_policy_ros2.node.messages import STATE_QOS

rclpy.init()
node = rclpy.create_node("flood")
out = node.create_publisher(PoseStamped, "ee_pose", STATE_QOS)
pose = PoseStamped()
pose.header.frame_id = "base_link"
pose.pose.orientation.w = 1.0
pose.pose.position.x, pose.pose.position.y, pose.pose.position.z = map(float, sys.argv[1:4])
print("ready", flush=True)
begin, count = time.perf_counter(), 0
while True:
    if count % 100 == 0:
        pose.header.stamp = node.get_clock().now().to_msg()
    out.publish(pose)
    count += 1
    if count % 5000 == 0:
        print(count / (time.perf_counter() - begin), flush=True)
    ahead = begin + count * 1e-4 - time.perf_counter()
    if ahead > 1e-3:
        time.sleep(ahead)
"""


def four_dimensional(path: Path) -> None:
    """A certified policy that is no motion of an end effector."""
    motions = [
        Demonstration(each.time, np.hstack([each.position, each.position[:, ::-1]]))
        for each in curves()
    ]
    quick = TrainingSettings(couplings=2, width=8, linear_steps=2, shooting_steps=0)
    demonstrations = DemonstrationSet(tuple(motions), units="mm", frame="drawing", source="two")
    save(fit(demonstrations, settings=quick, progress=False), path)


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def damaged(path: Path) -> None:
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(64))


def of_no_duration(good: Path, path: Path) -> None:
    """A policy file with a text in the place of a number, which nobody foresaw."""
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("metadata.json"):
                content = re.sub(rb'"duration": [0-9.]+', b'"duration": "long"', content)
            target.writestr(name, content)


def a_text(path: Path) -> None:
    path.write_text("policy: none\n")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (halved, "is no policy file"),
        (damaged, "can't be read"),
        (a_text, "is no policy file"),
        (four_dimensional, "does not fit the robot"),
    ],
)
def test_a_policy_file_spoilt_while_it_runs_matters_only_to_the_next_configuration(
    ros: Ros, policy_file: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    file = tmp_path / "policy.pt"
    spoilt = tmp_path / "spoilt.pt"
    for path in (file, spoilt):
        shutil.copy(policy_file, path)
    spoil(spoilt)
    arm = following(ros, file)
    shutil.copy(spoilt, file)
    count = len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 20)
    ros.until(lambda: arm.says("following") or arm.says("goal reached"))
    assert transition(ros, Transition.TRANSITION_DEACTIVATE)
    falls_silent(ros, arm)
    assert transition(ros, Transition.TRANSITION_CLEANUP)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says(message))
    assert arm.statuses[-1].level == DiagnosticStatus.ERROR
    shutil.copy(policy_file, file)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    count = len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 5)
    arm.check_commands()


def test_a_flood_of_states_delays_no_command(
    ros: Ros, policy_file: Path, processes: list[subprocess.Popen]
) -> None:
    environment = os.environ | {"ROS_DOMAIN_ID": str(ros.domain_id)}
    flood = subprocess.Popen(
        [sys.executable, "-c", FLOOD, *map(str, START)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    processes.append(flood)
    assert flood.stdout is not None
    arm = configured(ros, policy_file)
    arm.talking = arm.moving = False
    diagnostics = ros.listen(DiagnosticArray, "/diagnostics")
    assert flood.stdout.readline() == "ready\n"
    ros.probe.destroy_publisher(arm.out)
    ros.until(lambda: ros.probe.count_publishers("ee_pose") == 1)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: len(arm.commands) > 10)
    begin, count = time.perf_counter(), len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 100)
    rate = 100 / (time.perf_counter() - begin)
    print(f"{rate:.1f} commands/s under {flood.stdout.readline().strip()} states/s")
    assert rate > 25.0  # half of what is sent without a flood
    arm.check_commands()
    ros.until(lambda: diagnostics)
    flood.kill()
    ros.until(lambda: arm.says("no state for"))
    falls_silent(ros, arm)


def test_a_file_with_a_text_for_a_number_is_refused(
    ros: Ros, policy_file: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pt"
    of_no_duration(policy_file, wrong)
    ros.start(PolicyNode, policy_file=f"'{wrong}'")
    arm = Arm(ros)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says("was changed after it was written: got another duration"))


def test_an_exception_in_a_transition_is_told_and_leaves_nothing_behind(
    ros: Ros, policy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = ros.start(PolicyNode, policy_file=f"'{policy_file}'")
    arm = Arm(ros)
    before = entities(node)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    monkeypatch.setattr(node._session, "activate", lambda: 1 / 0)
    assert not transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("on_activate: unexpected ZeroDivisionError"))
    assert arm.statuses[-1].level == DiagnosticStatus.ERROR
    assert ros.call(GetState, "/policy_node/get_state").current_state.label == "unconfigured"
    assert entities(node) == before
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.commands)


def test_a_policy_that_fails_in_motion_brings_the_arm_to_rest(
    ros: Ros, policy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm = following(ros, policy_file)
    velocity, fails = LoadedPolicy.velocity, True

    def failing(self: LoadedPolicy, x: np.ndarray) -> np.ndarray:
        if fails:
            raise RuntimeError("the network fell over")
        return velocity(self, x)

    monkeypatch.setattr(LoadedPolicy, "velocity", failing)
    ros.until(
        lambda: arm.says("fault: unexpected error in the policy: RuntimeError: the network fell")
    )
    assert arm.statuses[-1].level == DiagnosticStatus.ERROR
    falls_silent(ros, arm)
    fails = False
    count = len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 10)
    arm.check_commands()


@pytest.mark.parametrize("pause", [0.0, 0.04, 0.2])
def test_deactivated_and_activated_in_motion_it_goes_on_without_a_jerk(
    ros: Ros, policy_file: Path, pause: float
) -> None:
    arm = following(ros, policy_file, max_acceleration=0.5)
    assert transition(ros, Transition.TRANSITION_DEACTIVATE)
    ros.spin(pause)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    count = len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 30)
    linear = arm.twists[:, :3]
    steps = np.linalg.norm(np.diff(linear, axis=0, prepend=np.zeros((1, 3))), axis=1)
    assert steps.max() <= 0.5 * 0.02 + 1e-9
    assert np.linalg.norm(linear[-1]) > 0.01


def test_a_hundred_cycles_leave_nothing_behind(ros: Ros, policy_file: Path) -> None:
    node = ros.start(PolicyNode, policy_file=f"'{policy_file}'")
    arm = Arm(ros)

    def cycle() -> None:
        node.trigger_configure()
        node.trigger_activate()
        ros.executor.spin_once(timeout_sec=0.0)
        node.trigger_deactivate()
        node.trigger_cleanup()

    for _ in range(10):  # TorchScript and the middleware settle
        cycle()
    before, threads, resident = entities(node), thread_count(), [resident_bytes()]
    for _ in range(2):
        for _ in range(50):
            cycle()
        resident.append(resident_bytes())
    grown = min(np.diff(resident)) / 50  # a leak is there all the time, an allocator's step once
    print(f"{grown / 1e3:.1f} kB a cycle, {thread_count() - threads} threads more")
    assert entities(node) == before
    assert thread_count() <= threads
    assert grown < 30e3
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.commands)


def entities(node: PolicyNode) -> tuple[int, ...]:
    kinds = (node.publishers, node.subscriptions, node.timers, node.services)
    return tuple(len(list(kind)) for kind in kinds)


def resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def thread_count() -> int:
    return len(os.listdir("/proc/self/task"))
