"""docs/compression.md: what it says of stored results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from elcd_policy.cli.main import main
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.compression.page import render_compression
from elcd_policy_benchmarks.fingerprint import training_code

MACHINE = {"machine": {"cpu": "a cpu", "cores": 2, "system": "Linux"}, "versions": {"torch": "2"}}


def policy(shape: str, bits: int, after: float) -> dict[str, Any]:
    return {
        "kind": "policies",
        "shape": shape,
        "bits": bits,
        "dim": 1,
        "steps": 160,
        "seed": 0,
        "code": training_code(),
        "weight_bytes_before": 7128,
        "weight_bytes_after": 132 * 2 * bits,
        "file_bytes_before": 87000,
        "file_bytes_after": 3800,
        "dtw_before": 1.0,
        "dtw_after": after,
        "tuned_on": "the policy's own motions",
        "verdict": "certified",
        "cpu_s": 12.0,
        **MACHINE,
    }


def network(gradient: str, t: int, peak: int | None) -> dict[str, Any]:
    case = {
        "network": "ResNet-18",
        "bits": 4,
        "dim": 1,
        "gradient": gradient,
        "iterations": t,
        "trained_steps": 40,
        "steps": 1,
        "tuned_steps": 20,
        "batch": 32,
        "limit": 4.0,
    }
    figures = {
        "accuracy_before": 0.9,
        "accuracy_after": 0.8,
        "weight_bytes_before": 800,
        "weight_bytes_after": 100,
        "peak_mib": peak,
        "step_s": 2.5,
        "load": 1.0,
    }
    result = {"error": "out of memory"} if peak is None else figures
    return {"kind": "network", "case": case, **result, **MACHINE}


def rendered(records: list[dict[str, Any]], folder: Path) -> str:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "compression.jsonl").write_text(lines)
    page, picture = render_compression(folder, folder / "docs" / "compression.md")
    assert picture.stat().st_size > 5000
    return page.read_text()


def test_targets_are_judged_by_the_figures(tmp_path: Path) -> None:
    shapes = [policy(f"shape_{index}", 4, 1.02) for index in range(10)]
    nets = [network("unrolled", t, 500 + 800 * t) for t in (1, 2, 4)]
    nets += [network("jfb", t, 600) for t in (5, 30)]
    nets += [network("implicit", t, 20 * t) for t in (5, 30)]
    text = rendered([*shapes, *nets, network("unrolled", 10, None)], tmp_path)
    assert "| 1.00 to 1.02 mm, +2.0 % | met |" in text
    assert "| 6.75 times | met |" in text
    assert (
        "IDKM-JFB does not grow with t (t = 5, t = 30) | 600 MiB, then at most 600 | met |" in text
    )
    assert "| 100 MiB, then at most 600 | **missed** |" in text
    # (16 GiB - 500 MiB) / 800 MiB = 19.9 updates
    assert "t = 19 and 1/26, **extrapolated** from 800 MiB a step" in text
    assert "| ResNet-18, k = 16, d = 1 | DKM | 10 | more than 4 GiB | - | - | - |" in text


def test_where_memory_ends_is_measured_if_it_was(tmp_path: Path) -> None:
    nets = [network("unrolled", t, 500 + 750 * t) for t in (1, 2, 21, 22)]
    text = rendered([*nets, network("jfb", 5, 600)], tmp_path)
    assert "t = 21 and 1/27, measured: 16250 MiB, 17000 at t = 22 | met |" in text


def test_files_of_other_kinds_have_a_table(tmp_path: Path) -> None:
    record = {
        "kind": "compressed file",
        "what": "skill classifier",
        "name": "skills.pt",
        "bits": 4,
        "steps": 160,
        "weight_bytes_before": 800,
        "weight_bytes_after": 100,
        "file_bytes_before": 5000,
        "file_bytes_after": 300,
        "accuracy": "right 88% to 85% at 50% on 60 motions not learned from",
        "verdict": "certified",
        **MACHINE,
    }
    text = rendered([record, {**record, "bits": 2}], tmp_path)
    row = "| skill classifier | 4 | 800 to 100 | 8.0 | 5000 to 300 | right 88% to 85% at 50% on"
    assert row in text
    assert text.index("classifier | 4 |") < text.index("classifier | 2 |")


def test_too_few_shapes_leave_it_open_and_too_much_loss_is_a_miss(tmp_path: Path) -> None:
    text = rendered([policy("Sshape", 4, 1.0), policy("Sshape", 2, 3.0)], tmp_path)
    assert "(1 LASA shapes run) | 1.00 to 1.00 mm, +0.0 % | open |" in text
    assert "| Sshape | 1.00 | 1.00 | 3.00 |" in text
    text = rendered([policy(f"shape_{index}", 4, 1.2) for index in range(10)], tmp_path)
    assert "(10 LASA shapes run) | 1.00 to 1.20 mm, +20.0 % | **missed** |" in text


def test_a_policy_compressed_again_counts_once_and_an_earlier_training_is_told(
    tmp_path: Path,
) -> None:
    before = {**policy("Sshape", 4, 9.0), "code": "another"}
    note = "trained by an earlier version's training"
    text = rendered([before, policy("Sshape", 4, 1.5)], tmp_path)
    assert "| Sshape | 1.00 | 1.50 |" in text
    assert note not in text
    assert note in rendered([before], tmp_path)


def test_without_results_there_is_no_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ParameterError, match="no results"):
        render_compression(tmp_path, tmp_path / "page.md")
    assert main(["benchmark", "compression", "render", "--results", str(tmp_path)]) == 2
    assert "run elcd benchmark compression policies first" in capsys.readouterr().err
