"""From a command line to a running node and back: signals, last words, exit status."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol, cast, runtime_checkable

import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from elcd_policy.errors import ElcdError, ParameterError

PARENT_FD = "ELCD_POLICY_PARENT_FD"
"""Environment variable with the number of a pipe that closes when the parent has died."""

EXECUTOR = "ELCD_POLICY_EXECUTOR"
"""Environment variable with one of `EXECUTORS`, the first if it is not set."""

EXECUTORS = ("single_threaded", "events")

GRACE = 5.0  # s, from the parent's death to an exit by force


class Runnable(Protocol):
    """A node that `run_node` can run."""

    exit_status: int | None
    """None while it runs; a number ends the process with it."""

    def shut_down(self) -> None:
        """Clean up, called once, before the node goes, with the ROS context still valid."""

    def destroy_node(self) -> None:
        """Destroy the node."""


@runtime_checkable
class Tolerant(Protocol):
    """A node that outlives the exceptions of its callbacks."""

    def handle_exception(self, error: Exception) -> None:
        """Report the exception; the node spins on."""


def run_node(create: Callable[[], Runnable], name: str, argv: Sequence[str] | None = None) -> int:
    """Create a node, spin it until it ends or a signal arrives, and return the exit status.

    rclpy's own signal handlers invalidate the context before a node could send its last
    zero command: SIGINT and SIGTERM are handled here instead.

    Parameters
    ----------
    create : makes the node.
    name : of the node, for messages before it exists.
    argv : the command line with ``--ros-args``; `sys.argv` if not given.

    Returns
    -------
    int
        0 after a signal or a regular end, 1 after a failure, 2 for bad input.
    """
    asked_to_end = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        asked_to_end.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    _watch_parent()
    try:
        rclpy.init(
            args=list(sys.argv if argv is None else argv),
            signal_handler_options=SignalHandlerOptions.NO,
        )
    except Exception as error:  # an argument after --ros-args that rcl can't parse
        print(f"{name}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    node: Runnable | None = None
    try:
        executor = choose_executor()
        node = create()
        executor.add_node(cast(Node, node))
        while not asked_to_end.is_set() and node.exit_status is None:
            try:
                executor.spin_once(timeout_sec=0.05)
            except Exception as error:
                if not (rclpy.ok() and isinstance(node, Tolerant)):
                    raise
                node.handle_exception(error)
        return _finish(node)
    except ElcdError as error:
        get_logger(name).error(str(error))
        return 2
    except Exception as error:
        get_logger(name).fatal(f"unexpected {type(error).__name__}: {error}")
        if node is not None:
            _finish(node)
        raise
    finally:
        rclpy.try_shutdown()


def choose_executor() -> Executor:
    """Return the executor that `EXECUTOR` names, by default the SingleThreadedExecutor.

    rclpy's EventsExecutor waits for events instead of building a wait set anew for each, and
    misses far fewer ticks (docs/ros2.md has both measured). It is not the default: Jazzy calls
    it experimental, older rclpy lacks it, and with service clients it was seen to crash.

    Raises
    ------
    ParameterError
        If `EXECUTOR` names another, or one that this rclpy lacks.
    """
    name = os.environ.get(EXECUTOR, EXECUTORS[0])
    if name not in EXECUTORS:
        raise ParameterError(
            f"the environment variable {EXECUTOR} does not name an executor",
            got=repr(name),
            expected=" or ".join(EXECUTORS),
        )
    if name == "single_threaded":
        return SingleThreadedExecutor()
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError as error:
        raise ParameterError(
            "this rclpy has no EventsExecutor", got=f"{EXECUTOR}=events", expected=EXECUTORS[0]
        ) from error
    return EventsExecutor()


def _finish(node: Runnable) -> int:
    node.shut_down()
    node.destroy_node()
    return node.exit_status or 0


def _watch_parent() -> None:
    """End this process when the one that started it is gone, however it died."""
    number = os.environ.pop(PARENT_FD, "")
    if not number:
        return

    def watch() -> None:
        os.read(int(number), 1)  # nothing is ever written: it returns at the pipe's end
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
