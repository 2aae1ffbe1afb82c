"""One thread for a while, the caller's again afterwards."""

from __future__ import annotations

import pytest
import torch

from elcd_policy.utils.threads import one_thread


def fail(seen: list[int]) -> None:
    with one_thread():
        seen.append(torch.get_num_threads())
        raise ZeroDivisionError


def test_the_callers_threads_come_back_after_an_error_too() -> None:
    seen: list[int] = []
    torch.set_num_threads(2)
    try:
        with pytest.raises(ZeroDivisionError):
            fail(seen)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(1)
