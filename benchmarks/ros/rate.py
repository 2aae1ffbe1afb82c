"""Speed under load: ``python -m elcd_policy_benchmarks.ros.rate``.

Policy and simulator run as two processes on two cores, one of which a third process keeps
busy. A fourth one only listens: DDS gives each message the time at which it was sent, so
what is measured is not blurred by the listener.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
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
from elcd_policy.utils.versions import versions
from elcd_policy_ros2.graphs.bringup import Bringup
from elcd_policy_ros2.graphs.graph import checked_arguments, follow_demo
from elcd_policy_ros2.node.run_node import EXECUTOR, EXECUTORS
from elcd_policy_sim import load_robot

from ..machine import machine
from ..store import append_record

Array = NDArray[np.float64]

CORES = 2
START_UP = 120.0  # s for both processes to load and begin
SETTLE = 2.0  # s from the first command to the measurement
QUEUE = QoSProfile(depth=2000)
RESULTS = Path("benchmarks/results/ros_rate.jsonl")


@dataclass(frozen=True)
class Heard:
    """What went over the wire; all times in s on the machine's clock.

    Parameters
    ----------
    states : [M], when each state was sent.
    commands : [K], when each command was sent.
    arrivals : [K], when it arrived.
    """

    states: Array
    commands: Array
    arrivals: Array


def figures(heard: Heard, rate: float) -> dict[str, float]:
    """What a control engineer asks of a stream of commands.

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


def measure(
    policy: Path, rate: float, duration: float, busy: bool, executor: str
) -> dict[str, Any]:
    """Run the graph and measure it.

    Parameters
    ----------
    policy : exported policy with a placement.
    rate : of states and commands, Hz.
    duration : s.
    busy : whether another process keeps one of the cores busy.
    executor : of both nodes, one of `running.EXECUTORS`.

    Raises
    ------
    ElcdError
        If the machine has too few cores, or the arm does not move.
    """
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    if len(cores) < CORES:
        raise ParameterError("too few cores", got=len(cores), expected=CORES)
    before = os.sched_getaffinity(0)
    arguments = checked_arguments({"rate": rate, "pushes": "none"})
    policy_node, sim_node = follow_demo(policy, load(policy).metadata, arguments)
    policy_node = replace(policy_node, parameters={**policy_node.parameters, "preflight": "warn"})
    os.sched_setaffinity(0, cores)  # of this process and its children
    os.environ[EXECUTOR] = executor
    try:
        with (
            tempfile.TemporaryDirectory() as logs,
            Bringup([policy_node, sim_node], Path(logs)) as bringup,
            _listener(bringup.domain_id) as ear,
        ):
            if not ear.until_moving(START_UP):
                raise ElcdError("the arm does not move", got=bringup.complaint("policy_node"))
            with _load(cores[-1] if busy else None):
                ear.listen(SETTLE)
                processes = {
                    "policy_node": bringup.pid("policy_node"),
                    "sim_node": bringup.pid("sim_node"),
                }
                begin, used = monotonic(), {k: _cpu_time(pid) for k, pid in processes.items()}
                heard = ear.listen(duration)
                took = monotonic() - begin
                cpu = {
                    f"{name}_cpu_percent": 100.0 * (_cpu_time(pid) - used[name]) / took
                    for name, pid in processes.items()
                }
    finally:
        os.sched_setaffinity(0, before)
        del os.environ[EXECUTOR]
    return {**figures(heard, rate), **cpu}


def table(records: Sequence[dict[str, Any]]) -> str:
    """Stored records of one setting, a column for each executor, in Markdown."""
    rows = [
        ("ticks that miss their deadline", "missed_percent", "%"),
        ("commands", "command_rate_hz", "Hz"),
        ("period, median", "period_p50_ms", "ms"),
        ("period, p99", "period_p99_ms", "ms"),
        ("period, longest", "period_max_ms", "ms"),
        ("age of a command when it arrives, median", "command_age_p50_ms", "ms"),
        ("age of a command when it arrives, p99", "command_age_p99_ms", "ms"),
        ("CPU of policy_node, of one core", "policy_node_cpu_percent", "%"),
        ("CPU of sim_node, of one core", "sim_node_cpu_percent", "%"),
    ]
    first = records[0]
    head = [
        f"{first['rate_hz']:g} Hz for {first['duration_s']:g} s",
        *(f"executor `{record['executor']}`" for record in records),
    ]
    body = [[text, *(f"{r[key]:.2f} {unit}" for r in records)] for text, key, unit in rows]
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body)]
    busy = "one of them kept busy by another process" if first["busy"] else "both free"
    loads = " and ".join(f"{record['load_before']:.1f}" for record in records)
    where = (
        f"{CORES} cores ({first['machine']['cpu']}), {busy}; "
        f"load average of the machine before each run: {loads}."
    )
    return "\n".join([*lines, "", where])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, store, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, help="exported policy (default: trains lasa:Sshape)")
    parser.add_argument("--rate", type=float, default=250.0, help="Hz (%(default)g)")
    parser.add_argument("--duration", type=float, default=60.0, help="s (%(default)g)")
    parser.add_argument(
        "--executors", nargs="+", choices=EXECUTORS, default=EXECUTORS, help="(all of them)"
    )
    parser.add_argument("--free", action="store_true", help="keep no core busy")
    parser.add_argument("--output", type=Path, default=RESULTS, help="(%(default)s)")
    parser.add_argument("--json", action="store_true", help="JSON on stdout")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        policy = args.policy or _train(Path(folder) / "policy.pt")
        records = [_record(policy, args, executor) for executor in args.executors]
    for record in records:
        append_record(args.output, record)
    print(json.dumps(records) if args.json else f"{table(records)}\n\nwritten    {args.output}")
    return 0


def _record(policy: Path, args: argparse.Namespace, executor: str) -> dict[str, Any]:
    load = os.getloadavg()[0]
    measured = measure(policy, args.rate, args.duration, not args.free, executor)
    return {
        "rate_hz": args.rate,
        "duration_s": args.duration,
        "busy": not args.free,
        "executor": executor,
        "load_before": load,
        **{name: round(value, 3) for name, value in measured.items()},
        "versions": versions(("elcd_policy", "torch", "numpy", "ros-rclpy", "ros-fastrtps")),
        "machine": machine(),
    }


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
    """User and system time of a process, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _train(path: Path) -> Path:
    demonstrations = load_demonstrations("lasa:Sshape")
    policy = fit(demonstrations, seed=0, progress=False)
    save(policy, path, placement=load_robot("panda").placement_for(demonstrations))
    return path


if __name__ == "__main__":
    raise SystemExit(main())
