"""An arm keeps its TCP clear of obstacles, and the clearance is measured."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import TrainingSettings, load
from elcd_policy.cli.main import main
from elcd_policy.obstacles import Obstacle
from elcd_policy.robot.placement import Placement
from elcd_policy_sim import load_robot
from elcd_policy_sim.campaigns.runner import Runner
from elcd_policy_sim.episodes.avoiding_motion import AvoidingMotion, clearance
from elcd_policy_sim.episodes.policy_motion import PolicyMotion
from elcd_policy_sim.episodes.scene import EpisodeSettings, Scene

QUICK = TrainingSettings(
    far=0, ball=0, couplings=2, width=16, linear_steps=60, shooting_steps=2, batch=32
)
TURNED = Placement([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.5, 0.0, 0.3], 0.002)


def in_the_way(arc_file: Path) -> Obstacle:
    """A disc that the rollout passes a little beside its middle."""
    policy = load(arc_file)
    _, path = policy.rollout(policy.metadata.starts[0], policy.metadata.duration, 0.01)
    return Obstacle("ellipsoid", path[np.argmax(path[:, 0] > -25)] + [0.0, 1.0], [5.0, 5.0])


def test_a_pushed_arm_keeps_clear_and_ends_at_the_goal(arc_file: Path) -> None:
    obstacle, robot = in_the_way(arc_file), load_robot("panda")
    free, avoiding = PolicyMotion(arc_file), AvoidingMotion(arc_file, [obstacle], 4.0)
    scene = Scene.of(free.policy, robot)
    gaps = []
    for motion in (free, pickle.loads(pickle.dumps(avoiding))):
        episode = Runner(scene, motion).run(EpisodeSettings(duration=4.0), 0)
        assert episode.log is not None
        gap = clearance(episode.log.position, [obstacle], scene.placement)
        gaps.append(1e3 * float(gap.min()))
        assert episode.result.end_error_mm < 5.0
    millimetres = 1e3 * scene.placement.metres_per_unit
    assert gaps[0] < 0
    assert gaps[1] > 4.0 * millimetres - 5.0


def test_clearance_counts_in_metres_from_columns_and_balls() -> None:
    disc = Obstacle("ellipsoid", [10.0, 0.0], [5.0, 5.0])
    at = TURNED.to_robot([20.0, 0.0, 33.0])  # 2-D obstacles are columns: the third is free
    assert clearance(at[None], [disc], TURNED)[0] == pytest.approx(0.002 * 5.0, abs=1e-7)
    ball = Obstacle("ellipsoid", [10.0, 0.0, 0.0], [5.0, 5.0, 5.0])
    assert clearance(at[None], [disc, ball], TURNED)[0] == pytest.approx(0.002 * 5.0, abs=1e-7)
    assert clearance(at[None], [ball], TURNED)[0] == pytest.approx(
        0.002 * (np.hypot(10.0, 33.0) - 5.0), abs=1e-7
    )


def test_the_command_line_takes_obstacles_and_writes_a_report(
    arc_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    obstacle, scene, page = in_the_way(arc_file), tmp_path / "scene.yaml", tmp_path / "page.html"
    row = {"shape": "sphere", "centre": obstacle.centre.tolist(), "radius": 5.0}
    scene.write_text(json.dumps({"obstacles": [row], "margin": 2.0}), encoding="utf-8")
    short = ["--episodes", "1", "--duration", "0.3", "--workers", "1", "--json"]
    arguments = ["simulate", str(arc_file), "--obstacles", str(scene), "--report", str(page)]
    assert main([*arguments, *short]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["method"] == "ElcdField around obstacles"
    assert facts["kinematic"] == []
    assert facts["clearance_mm_min"] == facts["clearance_mm"]
    assert facts["cleared_share"] == float(facts["clearance_mm"] > 0)
    content = page.read_text(encoding="utf-8")
    assert "--obstacles" in content
    assert "ElcdField around obstacles" in content
    assert "Clearance: the TCP kept clear" in content
    assert main([*arguments, *short, "--compare"]) == 2
    assert "other methods know no obstacles" in capfd.readouterr().err
