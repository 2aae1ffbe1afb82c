"""Worker processes: they work side by side, and an interrupted one is not waited for."""

import multiprocessing
import os
import time

import pytest

from elcd_policy.utils.workers import worker_pool


def test_work_is_done_in_other_processes() -> None:
    with worker_pool(2) as pool:
        numbers = set(pool.map(process_number, range(4)))
    assert os.getpid() not in numbers
    assert 1 <= len(numbers) <= 2


def test_what_is_interrupted_ends_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), worker_pool(1) as pool:  # noqa: PT012
        pool.submit(process_number, 0).result()
        pool.submit(time.sleep, 600)
        raise KeyboardInterrupt
    for process in multiprocessing.active_children():
        process.join(60)
        assert not process.is_alive()


def process_number(_: int) -> int:
    return os.getpid()
