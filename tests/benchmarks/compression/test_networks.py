"""Networks that are quantised in processes of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elcd_policy_benchmarks.compression.networks import CNN, RESNET, Case, measure_network
from elcd_policy_benchmarks.compression.small_networks import NETWORKS
from elcd_policy_benchmarks.compression.subject import jobs

from ..idx_files import write_idx


@pytest.mark.extras
def test_a_case_is_measured_in_a_process_of_its_own() -> None:
    case = Case("2-layer CNN", 4, 1, "jfb", 3, trained_steps=60, steps=3, tuned_steps=5)
    result = measure_network(case)
    assert result["weights"] == 6090
    assert 4 * 6090 > 6 * result["weight_bytes_after"] > 3 * 6090
    assert result["accuracy_before"] > 0.5
    assert result["accuracy_after"] > 0.5 * result["accuracy_before"]
    assert result["peak_mib"] < 1024


def test_larger_images_come_from_a_folder(tmp_path: Path) -> None:
    for part, count in (("train", 8000), ("t10k", 2000)):
        labels = np.arange(count) % 10
        pixels = np.zeros((count, 28, 28))
        pixels[np.arange(count), 14, 2 * labels + 4] = 255  # each class lights a place of its own
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", pixels)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels)
    planned = jobs(parts=["networks"], mnist="nowhere", fashion_mnist=str(tmp_path))
    larger = [case for case in planned if isinstance(case, Case) and case.images != "digits"]
    assert (len(planned), len(larger)) == (2 * len(CNN) + len(RESNET), len(CNN))
    case = replace(larger[0], iterations=2, trained_steps=60, steps=1, tuned_steps=1, batch=16)
    result = measure_network(case)
    assert result["weights"] == 20490
    assert result["accuracy_before"] > 0.5


def test_the_cases_are_those_that_the_targets_speak_of() -> None:
    assert {case.iterations for case in CNN if case.gradient == "unrolled"} == {5, 10, 30}
    assert sum(p.numel() for p in NETWORKS["ResNet-18"](8).parameters()) == 11_172_810
    flat = {(c.gradient, c.iterations) for c in RESNET if (c.bits, c.dim, c.batch) == (4, 1, 32)}
    assert flat >= {("jfb", 5), ("jfb", 30), ("implicit", 5), ("implicit", 30), ("unrolled", 1)}
    assert len({replace(case, limit=1.0) for case in [*CNN, *RESNET]}) == len(CNN) + len(RESNET)
