"""Every end of a motion is a ramp within the acceleration limit, then zeros, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from std_srvs.srv import SetBool

from .conftest import Ros
from .point_arm import DT, Arm, following, transition

SLOW = 0.2  # m/s^2, a ramp of many ticks


def check_ramp(ros: Ros, arm: Arm) -> None:
    """The last motion was ended by a ramp of equal steps, and zeros after it."""
    ros.spin(0.2)  # what was sent while the node was busy ending arrives
    linear = np.linalg.norm(arm.twists[:, :3], axis=1)
    last = int(np.flatnonzero(linear)[-1])
    assert linear[: last + 1].max() > 0.05  # it was moving
    assert len(linear) - last > 5  # zeros follow
    falling = np.flatnonzero(np.diff(linear[: last + 1]) > 1e-9)
    ramp = linear[(falling[-1] + 1 if falling.size else 0) : last + 2]
    steps = -np.diff(ramp)
    assert len(ramp) > 3
    assert steps.max() <= SLOW * DT + 1e-9
    changes = np.linalg.norm(np.diff(arm.twists[:, :3], axis=0, prepend=np.zeros((1, 3))), axis=1)
    assert changes.max() <= SLOW * DT + 1e-9


def moving(ros: Ros, policy_file: Path) -> Arm:
    arm = following(ros, policy_file, max_acceleration=SLOW, preflight="none")
    ros.until(lambda: np.linalg.norm(arm.twists[-1][:3]) > 0.06)
    return arm


def test_a_shutdown_in_motion_is_a_ramp(ros: Ros, policy_file: Path) -> None:
    arm = moving(ros, policy_file)
    assert transition(ros, Transition.TRANSITION_ACTIVE_SHUTDOWN)

    check_ramp(ros, arm)


def test_a_cleanup_during_the_ramp_of_a_deactivation_lets_it_end(
    ros: Ros, policy_file: Path
) -> None:
    arm = moving(ros, policy_file)
    assert transition(ros, Transition.TRANSITION_DEACTIVATE)
    assert transition(ros, Transition.TRANSITION_CLEANUP)

    check_ramp(ros, arm)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)


def test_an_error_in_a_transition_in_motion_is_a_ramp(
    ros: Ros, policy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm = moving(ros, policy_file)
    node = ros.nodes[-1]
    monkeypatch.setattr(node._session, "deactivate", lambda: 1 / 0)
    assert not transition(ros, Transition.TRANSITION_DEACTIVATE)
    ros.until(lambda: arm.says("on_deactivate: unexpected ZeroDivisionError"))
    check_ramp(ros, arm)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_motion_is_a_ramp(
    ros: Ros, policy_file: Path, number: signal.Signals, processes: list[subprocess.Popen]
) -> None:
    ros.start()
    arm = Arm(ros)
    process = start_policy_node(ros, policy_file, processes)
    ros.until(lambda: len(arm.twists) > 10 and np.linalg.norm(arm.twists[-1][:3]) > 0.06)
    os.kill(process.pid, number)
    ros.until(lambda: process.poll() is not None)

    assert process.returncode == 0
    check_ramp(ros, arm)


def test_an_exception_in_a_callback_ends_neither_the_node_nor_the_motion(
    ros: Ros, policy_file: Path, processes: list[subprocess.Popen]
) -> None:
    ros.start()
    arm = Arm(ros)
    process = start_policy_node(ros, policy_file, processes, FAILING)
    ros.until(lambda: len(arm.twists) > 20)
    client = ros.probe.create_client(SetBool, "/policy_node/pause")
    ros.until(client.service_is_ready)
    client.call_async(SetBool.Request(data=True))
    ros.until(
        lambda: (
            arm.statuses
            and arm.facts.get("last_refusal", "").startswith(
                "unexpected error in a callback: RuntimeError"
            )
        )
    )
    count = len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 20)
    assert process.poll() is None


FAILING = """
from elcd_policy_ros2.serving.permission import Permission

def fail(self, request, response):
    raise RuntimeError("nobody foresaw this")

Permission._pause = fail
"""


def start_policy_node(
    ros: Ros, policy_file: Path, processes: list[subprocess.Popen], before: str = ""
) -> subprocess.Popen:
    """The node in a process of its own, which starts by itself."""
    code = f"{before}\nfrom elcd_policy_ros2.policy_node import main\nraise SystemExit(main())"
    parameters = {
        "policy_file": str(policy_file),
        "rate": 1 / DT,
        "max_speed": 0.3,
        "max_acceleration": SLOW,
        "preflight": "none",
        "autostart": "true",
    }
    given = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--ros-args", *given],
        env=os.environ | {"ROS_DOMAIN_ID": str(ros.domain_id)},
    )
    processes.append(process)
    return process
