"""Speed of the nodes under load.

Policy and simulator run as two processes on two cores, one of which a third process keeps
busy. A fourth one only listens: DDS gives each message the time at which it was sent, so
what is measured is not blurred by the listener.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, cast

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped, TwistStamped
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

from elcd_policy import fit, load, load_demonstrations, save
from elcd_policy.errors import ElcdError, ParameterError
from elcd_policy_ros2.graphs.bringup import Bringup
from elcd_policy_ros2.graphs.graph import follow_demo, resolve_arguments
from elcd_policy_ros2.node.run_node import EXECUTOR
from elcd_policy_sim import load_robot

from .subject import Job

Array = NDArray[np.float64]

CORES = 2
START_UP = 120.0  # s for both processes to load and begin
SETTLE = 2.0  # s from the first command to the measurement
QUEUE = QoSProfile(depth=2000)


@dataclass(frozen=True)
class Heard:
    """The messages that went over the wire; all times in s on the machine's clock.

    Parameters
    ----------
    states : [M], when each state was sent.
    commands : [K], when each command was sent.
    arrivals : [K], when it arrived.
    """

    states: Array
    commands: Array
    arrivals: Array


def stream_figures(heard: Heard, rate: float) -> dict[str, float]:
    """Return what a control engineer asks of a stream of commands.

    A tick misses its deadline if no command is sent within half a period of its time, on the
    grid of the rate that fits the commands best. The age of a command, when it arrives, counts
    from when the newest state before it was sent.

    Parameters
    ----------
    heard : at least two commands, the first after a state.
    rate : nominal, Hz.
    """
    period = 1.0 / rate
    times = heard.commands - heard.commands[0]
    phases = np.exp(2j * np.pi * rate * times)
    offset = float(np.angle(phases.mean()) / (2 * np.pi * rate))
    slots = np.unique(np.round((times - offset) / period))
    expected = slots[-1] - slots[0] + 1
    periods = np.diff(heard.commands)
    newest = np.searchsorted(heard.states, heard.commands) - 1
    ages = heard.arrivals - heard.states[newest]
    state_periods = np.diff(heard.states)
    return {
        "missed_percent": float(100.0 * (1.0 - len(slots) / expected)),
        "command_rate_hz": float(1.0 / periods.mean()),
        "period_p50_ms": float(1e3 * np.percentile(periods, 50)),
        "period_p99_ms": float(1e3 * np.percentile(periods, 99)),
        "period_max_ms": float(1e3 * periods.max()),
        "command_age_p50_ms": float(1e3 * np.percentile(ages, 50)),
        "command_age_p99_ms": float(1e3 * np.percentile(ages, 99)),
        "state_rate_hz": float(1.0 / state_periods.mean()),
    }


def measure_rate(job: Job) -> dict[str, float]:
    """Run the graph and measure it.

    Raises
    ------
    ElcdError
        If the machine has too few cores, or the arm does not move.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(job.policy) if job.policy else _train(Path(folder) / "policy.pt")
        measured = _measure(policy, job)
    return {"load_before": load, **{name: round(value, 3) for name, value in measured.items()}}


def _measure(policy: Path, job: Job) -> dict[str, float]:
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    if len(cores) < CORES:
        raise ParameterError("too few cores", got=len(cores), expected=CORES)
    before = os.sched_getaffinity(0)
    arguments = resolve_arguments({"rate": job.rate_hz, "pushes": "none"})
    policy_node, sim_node = follow_demo(policy, load(policy).metadata, arguments)
    policy_node = replace(policy_node, parameters={**policy_node.parameters, "preflight": "warn"})
    os.sched_setaffinity(0, cores)  # of this process and its children
    os.environ[EXECUTOR] = job.executor
    try:
        with (
            tempfile.TemporaryDirectory() as logs,
            Bringup([policy_node, sim_node], Path(logs)) as bringup,
            _listener(bringup.domain_id) as ear,
        ):
            if not ear.until_moving(START_UP):
                raise ElcdError("the arm does not move", got=bringup.complaint("policy_node"))
            with _load(cores[-1] if job.busy else None):
                ear.listen(SETTLE)
                processes = {
                    "policy_node": bringup.pid("policy_node"),
                    "sim_node": bringup.pid("sim_node"),
                }
                begin, used = monotonic(), {k: _cpu_time(pid) for k, pid in processes.items()}
                heard = ear.listen(job.duration_s)
                took = monotonic() - begin
                cpu = {
                    f"{name}_cpu_percent": 100.0 * (_cpu_time(pid) - used[name]) / took
                    for name, pid in processes.items()
                }
    finally:
        os.sched_setaffinity(0, before)
        del os.environ[EXECUTOR]
    return {**stream_figures(heard, job.rate_hz), **cpu}


class _Ear:
    """Listens to states and commands, and keeps only when they were sent and arrived."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._executor = executor
        self._states: list[int] = []
        self._commands: list[tuple[int, int]] = []
        for kind, topic, note in (
            (PoseStamped, "ee_pose", self._on_state),
            (TwistStamped, "cmd_vel", self._on_command),
        ):
            # raw: the messages are counted, not read.
            node.create_subscription(kind, topic, cast(Any, note), QUEUE, raw=True)

    def until_moving(self, patience: float) -> bool:
        deadline = monotonic() + patience
        while not (self._states and self._commands) and monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.1)
        return bool(self._commands)

    def listen(self, duration: float) -> Heard:
        self._states, self._commands = [], []
        deadline = monotonic() + duration
        while monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.1)
        states = 1e-9 * np.array(self._states)
        commands = 1e-9 * np.array(self._commands, dtype=float).reshape(-1, 2)
        commands = commands[commands[:, 0] > states[0]]
        return Heard(states, commands[:, 0], commands[:, 1])

    def _on_state(self, _: bytes, info: Any) -> None:
        self._states.append(info["source_timestamp"])

    def _on_command(self, _: bytes, info: Any) -> None:
        self._commands.append((info["source_timestamp"], info["received_timestamp"]))


@contextmanager
def _listener(domain_id: int) -> Iterator[_Ear]:
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    rclpy.init(args=[], domain_id=domain_id)
    node, executor = Node("rate_benchmark"), SingleThreadedExecutor()
    executor.add_node(node)
    try:
        yield _Ear(node, executor)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


@contextmanager
def _load(core: int | None) -> Iterator[None]:
    """Keep a core busy until the block ends."""
    if core is None:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_spin, args=(core,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _spin(core: int) -> None:
    os.sched_setaffinity(0, [core])
    while True:
        pass


def _cpu_time(pid: int) -> float:
    """Return user and system time of a process in s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _train(path: Path) -> Path:
    demonstrations = load_demonstrations("lasa:Sshape")
    policy = fit(demonstrations, seed=0, progress=False)
    save(policy, path, placement=load_robot("panda").placement_for(demonstrations))
    return path
