"""``elcd prepare``: a folder that trains, a picture, a report; and who is told to run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import load_demonstrations
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three noisy lines with a second of rest at both ends, in mm."""
    rng, time = np.random.default_rng(2), np.arange(500) / 100
    share = np.clip((time - 1) / 3, 0, 1)
    smooth = share**2 * (3 - 2 * share)
    motions = [
        Demonstration(time, np.outer(smooth - 1, [90.0, 40.0 + i]) + rng.normal(size=(500, 2)) / 5)
        for i in range(3)
    ]
    about = {"units": "mm", "frame": "table", "robot": "panda"}
    return save_demonstrations(DemonstrationSet(motions, **about), tmp_path / "raw")


def test_the_folder_is_ready_and_the_report_says_so(
    recordings: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ready"
    assert main(["prepare", str(recordings), "-o", str(folder), "--json"]) == 0
    out, err = capfd.readouterr()
    report = json.loads(out)
    assert err == ""
    assert len(report["before"]["mendable"]) == 2
    assert report["after"]["mendable"] == report["after"]["warnings"] == []
    prepared = load_demonstrations(folder)
    assert (prepared.units, prepared.frame, prepared.robot) == ("mm", "table", "panda")
    assert all(2.4 < motion.duration < 3.0 for motion in prepared)
    assert (folder / "preparation.png").read_bytes().startswith(b"\x89PNG")
    assert report["moved"]["too_far"] is False
    assert report["findings"] == []
    assert main(["prepare", str(folder), "-o", str(tmp_path / "again"), "--json"]) == 0
    again = json.loads(capfd.readouterr().out)
    assert again["before"]["mendable"] == []
    assert again["moved"]["path"] < 0.001 * again["before"]["extent"]
    assert main(["prepare", str(folder), "-o", str(folder), "--force"]) == 2
    assert "the recordings would be written over" in capfd.readouterr().err
    assert main(["prepare", str(recordings), "-o", str(folder)]) == 2
    assert "add --force" in capfd.readouterr().err
    assert main(["prepare", str(recordings), "-o", str(folder), "--force"]) == 0
    assert "apart (r.m.s.)" in capfd.readouterr().out


def test_what_only_new_demonstrations_mend_is_answered_with_1(
    recordings: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    raw = load_demonstrations(recordings)
    back = [Demonstration(motion.time, motion.position[::-1]) for motion in raw]
    both = save_demonstrations(DemonstrationSet([*raw, *back]), tmp_path / "both")
    assert main(["prepare", str(both), "-o", str(tmp_path / "ready"), "--units", "mm"]) == 1
    out = capfd.readouterr().out
    assert "% of the samples pass another demonstration the opposite way" in out


def test_training_on_raw_data_says_what_to_run(
    recordings: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # A bad seed ends the command before it trains.
    argv = ["train", str(recordings), "-o", str(tmp_path / "p.pt"), "--seed", "-1"]
    assert main(argv) == 2
    warning, error = capfd.readouterr().err.splitlines()
    assert warning.startswith("elcd: warning: these demonstrations need care: they rest for 1.")
    assert warning.endswith(f"run: elcd prepare {recordings} -o DIR")
    assert "the seed is out of range" in error
    assert main(["train", "data/reach_around", *argv[2:]]) == 2
    assert "warning" not in capfd.readouterr().err


@pytest.mark.parametrize("command", ["prepare", "convert"])
def test_recordings_are_not_written_over(
    command: str, arcs: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = save_demonstrations(arcs(2), tmp_path / "recordings")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    output = ["-o"] if command == "prepare" else []
    for source in (folder, next(folder.iterdir())):
        assert main([command, str(source), *output, str(folder), "--force"]) == 2
        assert "the recordings would be written over: got" in capfd.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
