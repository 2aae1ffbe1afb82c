"""Processes that share work, and end with the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any


@contextmanager
def worker_pool(
    workers: int, prepare: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Start processes for the block; if it raises, they end at once, whatever they are at.

    Parameters
    ----------
    workers : number of processes.
    prepare, arguments : called first in each, `prepare_worker` if not given; one of your own
        calls that.
    """
    others = set(multiprocessing.active_children())
    # spawn: a forked child hangs once torch has used threads.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, prepare or prepare_worker, arguments)
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()


def prepare_worker() -> None:
    """Leave Ctrl-C to the parent, and follow it when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
