"""Brings the node graph up without ROS's launch, and down again with nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from elcd_policy.errors import ElcdError

from ..node.run_node import PARENT_FD
from .node_description import NodeDescription

ESCALATION = ((signal.SIGINT, 5.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))
"""Signals to end a process, and s until the next one."""

DOMAINS = range(1, 102)  # above, DDS's ports reach into the range of ephemeral ones
PARTICIPANTS = 8  # of a domain whose ports have to be free
POLL = 0.05  # s


@dataclass(frozen=True)
class Ended:
    """A node whose process has ended.

    Parameters
    ----------
    label : which one, see `NodeDescription.label`.
    status : its exit status; negative for the signal that killed it.
    """

    label: str
    status: int


class Bringup:
    """The processes of a graph; use it in a ``with`` block.

    Every process talks over loopback only, in a DDS domain that no one else here uses, and
    ends by itself when this process is gone, however that happened.

    Parameters
    ----------
    nodes : the graph.
    logs : folder for what each node prints, as ``<label>.log``.
    domain_id : DDS domain; a free one if not given.
    """

    def __init__(
        self, nodes: Sequence[NodeDescription], logs: Path, domain_id: int | None = None
    ) -> None:
        self.domain_id = free_domain_id() if domain_id is None else domain_id
        self._nodes, self._logs = nodes, logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lifeline: int | None = None

    def __enter__(self) -> Bringup:
        base = os.environ | {
            "ROS_DOMAIN_ID": str(self.domain_id),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "RCUTILS_LOGGING_USE_STDOUT": "0",
            "PYTHONUNBUFFERED": "1",
        }
        for node in self._nodes:
            node.check(base)
        # The nodes hold the reading end: it ends when the last writing end, ours, closes.
        reading, self._lifeline = os.pipe()
        try:
            for node in self._nodes:
                self._log(node.label).parent.mkdir(parents=True, exist_ok=True)
                with open(self._log(node.label), "wb") as log:
                    self._processes[node.label] = subprocess.Popen(
                        node.command(),
                        env=node.environment(base) | {PARENT_FD: str(reading)},
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        pass_fds=(reading,),
                        start_new_session=True,
                    )
        except BaseException:
            self.stop()
            raise
        finally:
            os.close(reading)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait(self, timeout: float, watch: Callable[[], None] = lambda: None) -> Ended | None:
        """Wait until the first node ends; None if none has after ``timeout`` s.

        Parameters
        ----------
        timeout : s.
        watch : called again and again meanwhile.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for label, process in self._processes.items():
                if process.poll() is not None:
                    return Ended(label, process.returncode)
            watch()
            time.sleep(POLL)
        return None

    def stop(self) -> dict[str, int]:
        """End all processes, politely first.

        Returns
        -------
        dict
            Exit status by label; negative for the signal that killed it.
        """
        for number, patience in ESCALATION:
            running = [process for process in self._processes.values() if process.poll() is None]
            for process in running:
                process.send_signal(number)
            deadline = time.monotonic() + patience
            for process in running:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    continue
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        return {name: process.returncode for name, process in self._processes.items()}

    def pid(self, label: str) -> int:
        """Return the process id of a node."""
        return self._processes[label].pid

    def output(self, label: str) -> str:
        """Return the output of a node so far."""
        return self._log(label).read_text(encoding="utf-8", errors="replace")

    def complaint(self, label: str) -> str:
        """Return the last error that a node has logged, or else its last line."""
        lines = [line for line in self.output(label).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("[ERROR]", "[FATAL]"))]
        return (errors or lines or ["no output"])[-1].rpartition("]: ")[2]

    def _log(self, label: str) -> Path:
        return self._logs / f"{label}.log"


def free_domain_id() -> int:
    """Return a DDS domain none of whose ports is in use on this machine.

    Raises
    ------
    ElcdError
        If there is none.
    """
    for domain in random.sample(DOMAINS, len(DOMAINS)):
        first = 7410 + 250 * domain
        if all(_is_free(port) for port in range(first, first + 2 * PARTICIPANTS)):
            return domain
    raise ElcdError("no DDS domain is free", expected="one of 1 to 101 without participants")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
