"""Targets and tables of docs/compression.md, from records with known figures."""

from __future__ import annotations

from typing import Any

from elcd_policy_benchmarks.compression.subject import tables
from elcd_policy_benchmarks.fingerprint import training_code

MACHINE = {"machine": {"cpu": "a cpu", "cores": 2, "system": "Linux"}, "versions": {"torch": "2"}}


def policy(shape: str, bits: int, after: float) -> dict[str, Any]:
    return {
        "part": "policies",
        "shape": shape,
        "bits": bits,
        "steps": 160,
        "seed": 0,
        "code": training_code(),
        "weight_bytes_before": 7128,
        "weight_bytes_after": 132 * 2 * bits,
        "file_bytes_before": 87000,
        "file_bytes_after": 3800,
        "dtw_before": 1.0,
        "dtw_after": after,
        "verdict": "certified",
        **MACHINE,
    }


def network(gradient: str, t: int, peak: int | None) -> dict[str, Any]:
    figures = {
        "accuracy_before": 0.9,
        "accuracy_after": 0.8,
        "weight_bytes_before": 800,
        "weight_bytes_after": 100,
        "peak_mib": peak,
        "step_s": 2.5,
        "load": 1.0,
    }
    return {
        "part": "networks",
        "network": "ResNet-18",
        "images": "digits",
        "bits": 4,
        "dim": 1,
        "gradient": gradient,
        "iterations": t,
        "limit": 4.0,
        **({"beyond_limit": "out of memory"} if peak is None else figures),
        **MACHINE,
    }


def test_targets_are_judged_by_the_figures() -> None:
    shapes = [policy(f"shape_{index}", 4, 1.02) for index in range(10)]
    nets = [network("unrolled", t, 500 + 800 * t) for t in (1, 2, 4)]
    nets += [network("jfb", t, 600) for t in (5, 30)]
    nets += [network("implicit", t, 20 * t) for t in (5, 30)]
    found = tables([*shapes, *nets, network("unrolled", 10, None)])
    text = found["targets"]
    assert "| 1.00 to 1.02 mm, +2.0 % | met |" in text
    assert "| 6.75 times | met |" in text
    assert "IDKM-JFB does not grow with t (t = 5, t = 30) | 600 MiB, then at most 600 | met" in text
    assert "| 100 MiB, then at most 600 | **missed** ([why](#why-flat-implicit)) |" in text
    # (16 GiB - 500 MiB) / 800 MiB = 19.9 updates
    assert "t = 19 and 1/26, **extrapolated** from 800 MiB a step" in text
    row = "| ResNet-18, k = 16, d = 1 | DKM | 10 | more than 4 GiB | - | - | - |"
    assert row in found["networks on digits"]
    assert found["networks on mnist"] == "Not run."
    assert found["load"] == "1.0 to 1.0"


def test_where_memory_ends_is_measured_if_it_was() -> None:
    nets = [network("unrolled", t, 500 + 750 * t) for t in (1, 2, 21, 22)]
    text = tables([*nets, network("jfb", 5, 600)])["targets"]
    assert "t = 21 and 1/27, measured: 16250 MiB, 17000 at t = 22 | met |" in text


def test_files_of_other_kinds_have_a_table() -> None:
    record = {
        "part": "files",
        "what": "skill classifier",
        "name": "skills.pt",
        "bits": 4,
        "weight_bytes_before": 800,
        "weight_bytes_after": 100,
        "file_bytes_before": 5000,
        "file_bytes_after": 300,
        "accuracy": "right 88% to 85% at 50% on 60 motions not learned from",
        "verdict": "certified",
        **MACHINE,
    }
    text = tables([{**record, "bits": 2}, record])["files"]
    row = "| skill classifier | 4 | 800 to 100 | 8.0 | 5000 to 300 | right 88% to 85% at 50% on"
    assert row in text
    assert text.index("classifier | 4 |") < text.index("classifier | 2 |")


def test_too_few_shapes_leave_it_open_and_too_much_loss_is_a_miss() -> None:
    found = tables([policy("Sshape", 4, 1.0), policy("Sshape", 2, 3.0)])
    assert "(1 LASA shapes run) | 1.00 to 1.00 mm, +0.0 % | open |" in found["targets"]
    assert "| Sshape | 1.00 | 1.00 | 3.00 |" in found["policies by shape"]
    text = tables([policy(f"shape_{index}", 4, 1.2) for index in range(10)])["targets"]
    assert "(10 LASA shapes run) | 1.00 to 1.20 mm, +20.0 % | **missed**" in text


def test_an_earlier_training_is_told_in_each_row() -> None:
    found = tables([{**policy("Sshape", 4, 1.5), "code": "b2"}])
    assert "| Sshape (code b2) | 1.00 | 1.50 |" in found["policies by shape"]
    assert "| 4 (code b2) | 1 | 1056 |" in found["policies"]
    assert "+50.0 % (code b2) | open |" in found["targets"]


def test_nothing_run_is_said() -> None:
    found = tables([])
    assert found["policies"] == found["files"] == "Not run."
    assert found["targets"].startswith("0 met, 0 missed, 0 open.")
