"""``elcd train``: one real training with the default settings, and what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from elcd_policy import certify, evaluate, load, load_demonstrations
from elcd_policy.certificate import certificate_fault
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import save_demonstrations
from elcd_policy.evaluation import Scores

from ..task_motions import wiping


class Training(NamedTuple):
    file: Path
    out: str
    err: str


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Training:
    """LASA's S, learned by the command as a user runs it."""
    file = tmp_path_factory.mktemp("train") / "new" / "sshape.pt"
    command = [sys.executable, "-m", "elcd_policy.cli.main", "train", "lasa:Sshape"]
    done = subprocess.run(
        [*command, "-o", str(file), "--seed", "5", "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return Training(file, done.stdout, done.stderr)


def test_it_learns_a_shape_to_millimetres(training: Training) -> None:
    policy, demos = load(training.file), load_demonstrations("lasa:Sshape")
    mean = Scores.mean(evaluate(policy, demos))
    assert mean.dtw < 2.0  # mm, of a shape some 50 mm across
    assert mean.end < 4.0
    assert mean.end_2x < 0.5


def test_json_is_one_object_that_agrees_with_the_file(training: Training) -> None:
    assert training.out.count("\n") == 1
    answer = json.loads(training.out)
    policy = load(training.file)
    assert answer["file"] == str(training.file)
    assert (answer["source"], answer["seed"], answer["units"]) == ("lasa:Sshape", 5, "mm")
    assert answer["guarantee"] == policy.metadata.guarantee
    assert (answer["verdict"], answer["reasons"]) == ("certified", [])
    assert answer["cpu_s"] > 0.0
    assert answer["findings"] == []
    assert answer["fit"] == policy.metadata.fit
    assert answer["fit"]["summary"].startswith("all 7 demonstrations are followed (within ")
    scores = Scores.mean(evaluate(policy, load_demonstrations("lasa:Sshape")))
    assert answer["mean"] == pytest.approx(scores.to_dict(), rel=0.01, abs=1e-3)


def test_progress_is_shown_on_stderr(training: Training) -> None:
    assert "training on lasa:Sshape" in training.err
    assert "Traceback" not in training.err
    assert "Warning" not in training.err


def test_the_file_says_where_it_came_from(training: Training) -> None:
    facts = load(training.file).metadata
    assert (facts.source, facts.seed, facts.units) == ("lasa:Sshape", 5, "mm")
    assert facts.guarantee["field"] == "ElcdField"
    assert facts.guarantee["rate"] * facts.duration == pytest.approx(4.0)
    assert len(facts.starts) == 7
    assert list(training.file.parent.iterdir()) == [training.file]


def test_the_file_carries_its_certificate(training: Training) -> None:
    policy = load(training.file)
    assert certificate_fault(policy) == ""
    assert certify(policy).to_dict() == policy.metadata.certificate


def test_far_from_the_demonstrations_it_still_comes_to_the_goal(training: Training) -> None:
    policy = load(training.file)
    starts = np.random.default_rng(3).uniform(-200.0, 200.0, (20, 2))
    _, x = policy.rollout(starts, 8 * policy.metadata.duration, 1.0)
    assert np.linalg.norm(x[-1] - policy.get_goal(), axis=1).max() < 0.5  # mm


def test_a_file_that_no_policy_of_one_dimension_has_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "demo.csv", tmp_path / "policy.onnx"
    rows = [f"{0.1 * k:g},{np.cos(0.15 * k):g}" for k in range(21)]
    source.write_text("\n".join(["t,x", *rows]) + "\n", encoding="utf-8")
    assert main(["train", str(source), "-o", str(target)]) == 2
    assert "can't be written as ONNX" in capsys.readouterr().err
    assert not target.exists()


def test_settings_of_training_can_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "policy.pt"
    brief = "linear_steps=5,shooting_steps=1,couplings=2,width=8"
    command = ["train", "lasa:Line", "-o", str(target), "--settings"]
    assert main([*command, f"{brief},return_rate=16"]) == 0
    assert certify(load(target)).flow == "2 AffineCoupling"
    capsys.readouterr()
    assert main([*command, "return=16"]) == 2
    assert "unknown setting: got 'return', expected couplings" in capsys.readouterr().err


def test_a_motion_that_is_missed_is_named_before_and_after_and_ends_with_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    save_demonstrations(wiping(3, count=3), tmp_path / "wiping")
    file, picture = tmp_path / "wiping.pt", tmp_path / "wiping.png"
    hasty = "linear_steps=10,shooting_steps=0,couplings=2,width=16"
    command = ["train", str(tmp_path / "wiping"), "-o", str(file), "--settings", hasty]
    assert main([*command, "--plot", str(picture)]) == 1
    out, err = capfd.readouterr()
    assert err.startswith("elcd: warning: all 3 demonstrations go round 3 times; cut them into")
    assert "verdict    certified" in out
    assert "motion     all 3 demonstrations are not followed (" in out
    assert picture.stat().st_size > 10_000
    stored = load(file).metadata.fit
    assert stored is not None
    assert (stored["passed"], stored["findings"]) == (False, ["turns"])
    assert main(["info", str(file)]) == 0
    assert f"motion     {stored['summary']}" in capfd.readouterr().out


def test_a_picture_of_unknown_kind_is_refused_before_training(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "lasa:Sshape", "-o", str(tmp_path / "s.pt"), "--plot", "s.bmp"]
    assert main(command) == 2
    assert "got '.bmp', expected .png, .pdf, .svg" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
