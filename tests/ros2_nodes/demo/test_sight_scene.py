"""An arm that reaches what its camera sees, and follows: real processes, over DDS."""

from __future__ import annotations

import argparse
import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from elcd_policy_sim.arm import installed_engines

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

from elcd_policy import TrainingSettings, fit, load, save
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import ElcdError
from elcd_policy_ros2.demo import command as demo
from elcd_policy_ros2.demo.sight_report import judge, table
from elcd_policy_ros2.graphs.sight_graph import (
    HEIGHT,
    PICK_BY_SIGHT_ARGUMENTS,
    box_places,
    pick_by_sight,
)
from elcd_policy_ros2.node.setting import resolve_settings
from elcd_policy_sim import EpisodeLog
from elcd_policy_sim.vision.table_scene import PLANE, Move, sample_place

FIRST, SECOND = (0.5, 0.06), (0.6, -0.06)
MOVED = 1.2  # s after the first command


def run(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="elcd demo")
    demo.add_arguments(parser)
    return demo.run(parser.parse_args(["--scene", "pick_by_sight", *words]))


@pytest.fixture(scope="module")
def reaching(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that reaches over the table within 2 s."""
    time, motions = np.linspace(0.0, 2.0, 80), []
    share = (time / time[-1])[:, None]
    smooth = share**2 * (3 - 2 * share)
    begin, end = np.array([0.45, -0.18, 0.35]), np.array([0.55, 0.05, 0.15])
    for lift in (0.05, 0.08, 0.11):
        arc = lift * np.sin(np.pi * smooth) * np.array([0.0, 0.0, 1.0])
        motions.append(Demonstration(time=time, position=begin * (1 - smooth) + end * smooth + arc))
    quick = TrainingSettings(
        far=0, ball=0, couplings=2, width=24, linear_steps=200, shooting_steps=0
    )
    policy = fit(DemonstrationSet(tuple(motions), units="m"), settings=quick, progress=False)
    path = tmp_path_factory.mktemp("policy") / "reaching.pt"
    assert save(policy, path).certified
    return path


def test_the_arm_ends_over_the_box_that_was_moved(reaching: Path, tmp_path: Path) -> None:
    printed = io.StringIO()
    words = ["--policy", str(reaching), "--output", str(tmp_path), "--json"]
    words += ["--box", "[0.5, 0.06]", "--box-moves", f"{MOVED}:0.6,-0.06", "--seed", "4"]
    with redirect_stdout(printed):
        status = run(*words)
    metrics = json.loads(printed.getvalue())
    assert status == 0
    assert metrics["succeeded"] is True
    assert metrics["end_error_m"] < 0.01
    log = EpisodeLog.load(tmp_path / "episode.npz")
    time = log.time - log.time[0]
    over_first = np.linalg.norm(log.position - [*FIRST, PLANE + HEIGHT], axis=1)
    begin, then = over_first[0], over_first[np.searchsorted(time, MOVED)]
    assert then < 0.7 * begin  # it was on its way to the first place
    assert np.linalg.norm(log.position[-1] - [*SECOND, PLANE + HEIGHT]) < 0.01
    assert metrics == json.loads((tmp_path / "metrics.json").read_text())
    assert Image.open(tmp_path / "sight.gif").n_frames > 20  # type: ignore[attr-defined]
    assert min(Image.open(tmp_path / "sight.png").size) > 200


def test_the_graph_leads_the_policy_by_what_is_seen(reaching: Path) -> None:
    arguments = resolve_settings({"seed": 7, "box_moves": "none"}, PICK_BY_SIGHT_ARGUMENTS)
    policy, sim, goal = pick_by_sight(reaching, load(reaching).metadata, arguments)
    assert [node.executable for node in (policy, sim, goal)] == [
        *("policy_node", "sim_node", "goal_node")
    ]
    assert policy.parameters["wait_for_goal"] is True
    assert sim.parameters["box"] == sample_place(7)
    assert sim.parameters["camera"] is True
    assert sim.parameters["pushes"] == ""
    assert ("goal", "policy_node/goal") in goal.remappings
    assert goal.parameters["use_sim_time"] is True


def test_where_the_box_stands_is_drawn_or_told() -> None:
    drawn = resolve_settings({"seed": 2}, PICK_BY_SIGHT_ARGUMENTS)
    place, moves = box_places(drawn, 4.0)
    assert (place, moves) == (sample_place(2), [Move(4.0, sample_place(2, 1))])
    told = resolve_settings({"box": (0.5, 0.1), "box_moves": "2:0.6,0.0"}, PICK_BY_SIGHT_ARGUMENTS)
    assert box_places(told, 4.0) == ((0.5, 0.1), [Move(2.0, (0.6, 0.0))])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--box", "0.1,0.1"], "the box can't stand there"),
        (["--box", "here"], "a place for the box can't be read: got 'here'"),
        (["--box-moves", "now"], "a move of the box can't be read: got 'now'"),
        (["--detector", "/nowhere.pt"], "no detector file at /nowhere.pt"),
        (["--robot", "pandda"], "unknown robot: got 'pandda'"),
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


class Told:
    """A log of a straight way over the first place to the second."""

    time = np.linspace(0.0, 4.0, 81)
    position = np.array(
        [[*FIRST, PLANE + HEIGHT] if t < 2.0 else [*SECOND, PLANE + HEIGHT] for t in time]
    )


def test_each_place_is_judged_while_the_box_is_there() -> None:
    moves = [Move(1.5, SECOND)]
    outcome = judge(Told(), FIRST, moves, HEIGHT)  # type: ignore[arg-type]
    assert outcome.succeeded
    assert [came.time for came in outcome.reached] == [0.0, pytest.approx(0.5)]
    assert "The arm ended over the box: 0.0 mm" in table(outcome, Path("x"))
    missed = judge(Told(), FIRST, [Move(1.5, (0.6, 0.06))], HEIGHT)  # type: ignore[arg-type]
    assert not missed.succeeded
    assert missed.metrics()["end_error_m"] == pytest.approx(0.12)
    assert "NOT over the box" in table(missed, Path("x"))
