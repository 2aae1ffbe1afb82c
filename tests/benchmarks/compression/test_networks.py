"""Networks that are quantised in processes of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elcd_policy_benchmarks.compression.networks import CNN, LARGER, RESNET, Case, measure_networks
from elcd_policy_benchmarks.compression.small_networks import NETWORKS
from elcd_policy_benchmarks.store import read_records

from ..idx_files import write_idx


def test_a_case_is_measured_once(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    output = tmp_path / "networks.jsonl"
    case = Case("2-layer CNN", 4, 1, "jfb", 3, trained_steps=60, steps=3, tuned_steps=5)
    assert measure_networks(output, [case], progress=False) == 1
    assert measure_networks(output, [case], progress=False) == 0
    (record,) = read_records(output)
    assert record["weights"] == 6090
    assert 4 * 6090 > 6 * record["weight_bytes_after"] > 3 * 6090
    assert record["accuracy_before"] > 0.5
    assert record["accuracy_after"] > 0.5 * record["accuracy_before"]
    assert record["peak_mib"] < 1024


def test_larger_images_come_from_a_folder(tmp_path: Path) -> None:
    for part, count in (("train", 8000), ("t10k", 2000)):
        labels = np.arange(count) % 10
        pixels = np.zeros((count, 28, 28))
        pixels[np.arange(count), 14, 2 * labels + 4] = 255  # each class lights a place of its own
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", pixels)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels)
    case = replace(LARGER["fashion-mnist"][0], iterations=3, trained_steps=90, steps=1)
    output = tmp_path / "networks.jsonl"
    folders = {"fashion-mnist": str(tmp_path)}
    assert measure_networks(output, [case], folders=folders, progress=False) == 1
    (record,) = read_records(output)
    assert record["weights"] == 20490
    assert record["accuracy_before"] > 0.9


def test_the_cases_are_those_that_the_targets_speak_of() -> None:
    assert {case.iterations for case in CNN if case.gradient == "unrolled"} == {5, 10, 30}
    assert sum(p.numel() for p in NETWORKS["ResNet-18"](8).parameters()) == 11_172_810
    flat = {(c.gradient, c.iterations) for c in RESNET if (c.bits, c.dim, c.batch) == (4, 1, 32)}
    assert flat >= {("jfb", 5), ("jfb", 30), ("implicit", 5), ("implicit", 30), ("unrolled", 1)}
    assert len({replace(case, limit=1.0) for case in [*CNN, *RESNET]}) == len(CNN) + len(RESNET)
