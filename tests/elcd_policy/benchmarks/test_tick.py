"""The cost of a tick, beside a plain network's."""

from __future__ import annotations

import json

import pytest
import torch

from elcd_policy import TrainingSettings
from elcd_policy.benchmarks import measure_ticks
from elcd_policy.benchmarks.runtimes import RUNTIMES, plain_network
from elcd_policy.benchmarks.tables import tick_table


@pytest.mark.parametrize("field", ["elcd", "monotone"])
def test_every_runtime_and_dimension_is_measured(field: str, quick: TrainingSettings) -> None:
    threads = torch.get_num_threads()
    record = measure_ticks([2, 3], field=field, settings=quick, rounds=3, progress=False)
    assert torch.get_num_threads() == threads
    record = json.loads(json.dumps(record, allow_nan=False))
    rows = [(row["dimension"], row["runtime"]) for row in record["rows"]]
    assert rows == [(d, name) for d in (2, 3) for name in RUNTIMES]
    for row in record["rows"]:
        assert min(value for name, value in row.items() if name != "runtime") > 0
        assert row["ratio"] > 1.0
    assert TrainingSettings(**record["settings"]) == quick
    assert len(tick_table(record).splitlines()) == 2 + len(rows)


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_computes_what_the_network_says(name: str) -> None:
    network, x = plain_network(3), torch.randn(4, 3)
    with torch.no_grad():
        expected = network(x)
    torch.testing.assert_close(RUNTIMES[name](network, x)(), expected)
