"""The cost of a tick, beside a plain network's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from elcd_policy import MotionPolicy, TrainingSettings, load
from elcd_policy_benchmarks.tick_and_cost.runtimes import RUNTIMES, plain_network
from elcd_policy_benchmarks.tick_and_cost.tables import operation_table, targets, tick_table
from elcd_policy_benchmarks.tick_and_cost.tick import measure_ticks

Saved = Callable[..., Path]


@pytest.mark.parametrize(("field", "dimensions"), [("elcd", [2, 3]), ("monotone", [2])])
def test_every_runtime_and_dimension_is_measured(
    field: str, dimensions: list[int], quick: TrainingSettings
) -> None:
    threads = torch.get_num_threads()
    record = measure_ticks(dimensions, field=field, settings=quick, rounds=2, progress=False)
    assert torch.get_num_threads() == threads
    record = json.loads(json.dumps(record, allow_nan=False))
    rows = [(row["dimension"], row["runtime"]) for row in record["rows"]]
    assert rows == [(d, name) for d in dimensions for name in RUNTIMES]
    for row in record["rows"]:
        in_c = row["runtime"] == "C"
        assert (row["numpy_us"] is None) == in_c
        assert min(v for name, v in row.items() if name != "runtime" and v is not None) > 0
        # Compiled, this small policy can be faster than the plain network of 64 units.
        assert row["ratio"] > 1.0 or in_c
    assert len(tick_table(record).splitlines()) == 2 + len(rows)
    profiles = record["operations"]
    assert list(profiles) == ["TorchScript", "ONNX Runtime"]
    every = {name: rows for found in profiles.values() for name, rows in found.items()}
    for rows in every.values():
        assert sum(row["share"] for row in rows) == pytest.approx(1.0, abs=0.01)
        assert min(row["share"] for row in rows) >= 0.0
    calls = {name: sum(row["calls"] for row in rows) for name, rows in every.items()}
    assert calls["ONNX Runtime"] < calls["fused"] < calls["layer by layer"]
    for found in profiles.values():
        last = operation_table(found).splitlines()[-1]
        assert last.startswith("| all |")
        assert last.count("100") == len(found)


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_computes_what_the_network_and_the_policy_say(
    name: str, fit_once: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    network, x, runtime = plain_network(3), torch.randn(4, 3), RUNTIMES[name]
    policy = fit_once(3, "elcd")
    loaded = load(saved(policy, tmp_path / f"policy{runtime.suffix}"))
    with torch.no_grad():
        expected, velocity = network(x), policy(x)
    torch.testing.assert_close(torch.as_tensor(runtime.network(network, x)()), expected)
    torch.testing.assert_close(
        torch.as_tensor(runtime.policy(loaded, x)()), velocity, rtol=1e-4, atol=1e-4
    )


def test_the_best_runtime_counts() -> None:
    rows = [
        {"dimension": 2, "runtime": "TorchScript", "ratio": 11.0},
        {"dimension": 2, "runtime": "ONNX", "ratio": 4.0},
        {"dimension": 4, "runtime": "ONNX", "ratio": 1.0},
    ]
    beside, first, best = targets({"rows": rows}, None)
    assert (beside.met, first.met, first.measured) == (None, False, "11.0 x")
    assert (best.measured, best.met) == ("4.0 x (ONNX)", True)
    assert {target.met for target in targets(None, None)} == {None}
