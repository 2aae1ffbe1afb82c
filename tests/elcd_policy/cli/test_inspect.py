"""``elcd inspect``: what demonstrations are, before anything is trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.cli.main import main
from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations


@pytest.fixture
def five(tmp_path: Path) -> Path:
    """Five reaches of 0.4 m in 3 s; the fourth ends 0.5 m from the others."""
    time = np.linspace(0, 3, 301)
    smooth = (time / 3) ** 3 * (10 - 5 * time + 0.6666666667 * time**2)
    motions = []
    for k in range(5):
        end = np.array([0.5, 0.1 + 0.5 * (k == 3), 0.3])
        start = np.array([0.1, 0.01 * k, 0.2])
        position = start + np.outer(smooth, end - start)
        motions.append(Demonstration(time, position))
    about = {"units": "m", "frame": "base", "robot": "panda"}
    return save_demonstrations(DemonstrationSet(motions, **about), tmp_path / "five")


def test_the_odd_one_out_is_named_with_the_option_that_drops_it(
    five: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "five.png"
    assert main(["inspect", str(five), "--plot", str(picture)]) == 1
    out = capfd.readouterr().out
    assert "5 demonstrations, frame base, robot panda" in out
    assert "demo_3 ends 500 mm from the others" in out
    assert "--drop demo_3" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["inspect", str(five), "--drop", "demo_3"]) == 0
    assert "nothing that stands in the way" in capfd.readouterr().out


def test_figures_are_one_json_object(five: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(five), "--json"]) == 1
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert err == ""
    assert (said["names"], said["units"]) == (["x", "y", "z"], ["m", "m", "m"])
    np.testing.assert_allclose(said["goal"], [0.5, 0.1, 0.3], atol=1e-9)
    assert [each["name"] for each in said["demonstrations"]] == [f"demo_{k}" for k in range(5)]
    assert said["demonstrations"][3]["end"] == pytest.approx(0.5)
    assert all(each["rate"] == pytest.approx(100.0) for each in said["demonstrations"])
    assert [finding["kind"] for finding in said["findings"]] == ["outlier"]


def test_a_gap_is_described_and_not_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    time = np.linspace(0, 3, 301)
    smooth = (1 - np.cos(np.pi * time / 3)) / 2
    rows = [f"{t:.2f},{x:.6f},0.1" for t, x in zip(time, smooth, strict=True) if not 1 < t < 2]
    (tmp_path / "hole.csv").write_text("t,x,y\n" + "\n".join(rows) + "\n")
    main(["inspect", str(tmp_path / "hole.csv"), "--json"])
    out, err = capfd.readouterr()
    assert json.loads(out)["demonstrations"][0]["longest_step"] == pytest.approx(1.0)
    assert "a gap of 1 s at 1 s" in err
    assert main(["convert", str(tmp_path / "hole.csv"), str(tmp_path / "out")]) == 2
    assert "--gaps cut" in capfd.readouterr().err
