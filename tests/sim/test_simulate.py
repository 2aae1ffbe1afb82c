"""``elcd simulate``: its figures, its exit status, its files, and what it refuses."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from elcd_policy import load
from elcd_policy.cli.main import main
from elcd_policy_sim.campaigns import CampaignResult, run_sweep

Saved = Callable[..., Path]

SHORT = ["--robot", "point", "--duration", "1", "--workers", "1", "--physics-rate", "500"]


def test_pushed_episodes_are_reported(
    policy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, film = tmp_path / "all.json", tmp_path / "film.gif"
    command = ["simulate", str(policy_file), "--pushes", "2", "--seed", "7", *SHORT]
    assert main([*command, "--output", str(kept), "--video", str(film), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["episodes"] == 2
    assert facts["seed"] == 7
    assert 0 <= facts["recovered_share"] <= 1
    assert facts["peak_deviation_mm"] > 0
    assert facts["end_error_mm"] > 0
    assert facts["return_time_s"] is None or facts["return_time_s"] >= 0
    assert facts["kinematic"][0]["within"] == 1
    assert facts["tracking"]["within"] == 1
    assert facts["command"].startswith("elcd simulate elcd.pt --robot point --pushes 2 --seed 7")
    result = CampaignResult.from_dict(json.loads(kept.read_text()))
    assert result.recovered_share == facts["recovered_share"]
    assert result.summary()["peak_deviation_mm"] == facts["peak_deviation_mm"]
    assert len(result.episodes) == 2
    assert Image.open(film).n_frames > 10  # type: ignore[attr-defined]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == facts


def test_a_table_says_it_for_people(
    monotone_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = ["--disturb", "hold time=0.3 duration=0.3", "--disturb", "wind force=0,1,0"]
    assert main(["simulate", str(monotone_file), "--episodes", "2", *SHORT, *held]) == 0
    table = capsys.readouterr().out
    assert "MonotoneField on the point" in table
    assert "kinematic, pairs" in table
    assert "within exp(-c t) d0" in table


def test_a_rate_that_the_field_does_not_keep_gives_status_1(
    policy_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    saved: Saved,
) -> None:

    policy = load(policy_file)
    policy.metadata.guarantee["rate"] *= 30
    boast = saved(policy, tmp_path / "boast.pt")
    assert main(["simulate", str(boast), "--episodes", "1", *SHORT]) == 1
    assert "OUTSIDE" in capsys.readouterr().out


def test_the_drawing_can_be_put_elsewhere(
    policy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    where = ["--origin", "0.4,0.1,0.5", "--scale", "0.002", "--plane", "0,0,0,1"]
    arguments = ["simulate", str(policy_file), "--episodes", "1", *SHORT, *where]
    assert main([*arguments, "--output", str(kept)]) == 0
    result = CampaignResult.from_dict(json.loads(kept.read_text()))
    goal = np.array(load(policy_file).metadata.goal)
    assert np.allclose(result.goal, [0.4 + 0.002 * goal[0], 0.1 + 0.002 * goal[1], 0.5], atol=1e-4)


def test_a_sweep_keeps_each_cell(
    policy_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_sweep, "__defaults__", (1, True, (50.0, 500.0), (0.0, 0.3)))
    kept = tmp_path / "sweep.json"
    arguments = ["simulate", str(policy_file), "--sweep", "--pushes", "1", *SHORT]
    assert main([*arguments, "--output", str(kept)]) == 0
    assert "50 Hz" in capsys.readouterr().out
    cells = json.loads(kept.read_text())["cells"]
    assert [(cell["rate_hz"], cell["latency_ms"]) for cell in cells] == [
        (50, 0),
        (50, 300),
        (500, 0),
        (500, 300),
    ]
    assert cells[1]["peak_deviation_mm"] > cells[0]["peak_deviation_mm"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--robot", "nowhere"], "unknown robot"),
        (["--disturb", "gale force=1,2,3"], "unknown disturbance: got 'gale'"),
        (
            ["--disturb", "wind strength=3"],
            "keys of a wind are wrong: got strength, expected force",
        ),
        (["--disturb", "wind force=1,2"], "value of a wind is wrong"),
        (["--origin", "1,2"], "--origin can't be read"),
        (["--plane", "a,b,c,d"], "--plane can't be read"),
        (["--video", "film.avi"], "a .gif or .mp4 file"),
        (["--pushes", "0"], "no episodes to run"),
        (["--rate", "5000", "--episodes", "1"], "rate or latency is out of range"),
        (["--scale", "50", "--episodes", "1"], "can't reach the pose"),
    ],
)
def test_bad_input_is_one_line(
    policy_file: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    given = ["simulate", str(policy_file), "--robot", "point", "--workers", "1", *arguments]
    assert main(given) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_no_worker_outlives_a_parent_that_was_killed(policy_file: Path) -> None:
    words = ["simulate", str(policy_file), "--pushes", "9999", "--workers", "2"]
    code = f"from elcd_policy.cli.main import main; main({words})"
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    try:
        assert parent.stderr is not None
        bar = b""
        while b"/9999" not in bar:  # episodes come
            bar += parent.stderr.read1(4096)
            assert parent.poll() is None
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        assert len(children) >= 2
        ends = [os.pidfd_open(int(child)) for child in children]
    finally:
        parent.kill()
        parent.wait()
    for end in ends:
        assert select.select([end], [], [], 10.0)[0], "a worker goes on without its parent"
        os.close(end)
