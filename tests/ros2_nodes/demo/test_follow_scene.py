"""``elcd demo``: exit statuses, files, figures."""

from __future__ import annotations

import argparse
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from elcd_policy import load
from elcd_policy.errors import ElcdError
from elcd_policy_ros2.demo import command as demo
from elcd_policy_ros2.demo.follow_report import judge, table
from elcd_policy_sim import EpisodeLog, Push, parse_pushes
from elcd_policy_sim.arm import installed_engines

from ..conftest import PLACEMENT

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

PUSH = "1.0:0,0,-30:0.2"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="elcd demo")
    demo.add_arguments(parser)
    return demo.run(parser.parse_args(words))


class Made(NamedTuple):
    status: int
    printed: str
    folder: Path


@pytest.fixture(scope="module")
def made(policy_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One run with one push."""
    folder, printed = tmp_path_factory.mktemp("demo"), io.StringIO()
    words = ["--policy", str(policy_file), "--output", str(folder), "--json"]
    with redirect_stdout(printed):
        status = run(*words, "--pushes", PUSH)
    return Made(status, printed.getvalue(), folder)


def test_a_run_is_judged_and_drawn(made: Made) -> None:
    metrics = json.loads(made.printed)
    assert made.status == 0
    assert metrics == json.loads((made.folder / "metrics.json").read_text())
    assert metrics["succeeded"] is True
    assert metrics["goal"]["distance"] < metrics["goal"]["tolerance"]
    assert [push["verdict"] for push in metrics["pushes"]] == ["recovered"]
    for name in ("field.png", "tracking_error.png"):
        assert min(Image.open(made.folder / name).size) > 200
    assert Image.open(made.folder / "arm.gif").n_frames > 20  # type: ignore[attr-defined]


def test_the_table_says_what_came_of_each_push(made: Made, policy_file: Path) -> None:
    log = EpisodeLog.load(made.folder / "episode.npz")
    outcome = judge(log, load(policy_file), PLACEMENT, parse_pushes(PUSH))
    printed = table(outcome, made.folder)
    assert "reached the goal and recovered from 1 of 1 pushes" in printed
    assert "30 N for 0.2 s" in printed


def test_a_push_without_effect_is_no_success(made: Made, policy_file: Path) -> None:
    log = EpisodeLog.load(made.folder / "episode.npz")
    push = Push(5.0, (0.0, 0.0, 0.1), 0.1)  # which nobody gave: the arm rests at the goal
    outcome = judge(log, load(policy_file), PLACEMENT, [push])
    assert outcome.goal.reached
    assert not outcome.succeeded
    printed = table(outcome, made.folder)
    assert "no effect" in printed
    assert "reached the goal and recovered from 0 of 1 pushes" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--policy", "/nowhere.pt"], "no policy file at /nowhere.pt"),
        (["--source", "/nowhere.csv"], "/nowhere.csv"),
        (["--source", "lasa:Nothing"], "Nothing"),
        (["--robot", "pandda"], "unknown robot: got 'pandda'"),
        (["--pushes", "1:2"], "a push can't be read: got '1:2'"),
        (["--rate", "0.1"], "'rate' has a bad value: got 0.1"),
    ],
)
def test_bad_input_is_named_before_anything_is_written(
    words: list[str], message: str, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    with pytest.raises(ElcdError) as error:
        run(*words, "--output", str(output))
    assert message in str(error.value)
    assert not output.exists()
