"""What is timed in C is what it says, and a computer that can't compile is told so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from elcd_policy import MotionPolicy, load
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.tick_and_cost.c_runtime import c_plain, c_policy, compile_c
from elcd_policy_benchmarks.tick_and_cost.runtimes import plain_network

Saved = Callable[..., Path]


def test_the_goal_is_the_policys(
    fit_once: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = load(saved(fit_once(2, "elcd"), tmp_path / "policy.pt"))
    x = torch.tensor([[10.0, -4.0], [3.0, 40.0]])
    policy.set_goal([7.0, 1.0])
    torch.testing.assert_close(
        torch.as_tensor(c_policy(policy, x)()).double(),
        torch.as_tensor(policy.velocity(x.numpy())),
        rtol=1e-4,
        atol=1e-4,
    )


def test_a_tick_outlives_what_it_was_made_of() -> None:
    network = plain_network(3)
    ticks = [c_plain(network, torch.full((1, 3), float(value))) for value in range(5)]
    for value, tick in enumerate(ticks):
        with torch.no_grad():
            expected = network(torch.full((1, 3), float(value)))
        torch.testing.assert_close(torch.as_tensor(tick()), expected)


def test_without_a_compiler_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-cc")
    with pytest.raises(ParameterError, match=r"no C compiler: got no-such-cc.*apt install gcc"):
        compile_c(tmp_path)
    monkeypatch.setenv("CC", "cc")
    (tmp_path / "timed.h").write_text("this is not C\n")
    with pytest.raises(ParameterError, match="cc refuses the header: got"):
        compile_c(tmp_path)
