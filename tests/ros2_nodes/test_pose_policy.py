"""A pour in the whole graph: a policy of poses leads the simulated arm over DDS, and is pushed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy import TrainingSettings, fit, load, load_demonstrations, save
from elcd_policy_ros2.demo.follow_report import judge, table
from elcd_policy_ros2.graphs.bringup import Bringup
from elcd_policy_ros2.graphs.graph import follow_demo, resolve_arguments
from elcd_policy_sim import EpisodeLog, load_robot, parse_pushes
from elcd_policy_sim.arm import installed_engines

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

POUR = Path(__file__).parents[2] / "data" / "pour"
PUSH = "1.5:0,-30,0:0.2"


def test_a_pushed_arm_pours_at_the_goal(tmp_path: Path) -> None:
    demonstrations = load_demonstrations(POUR)
    quick = TrainingSettings(
        far=0, ball=0, couplings=2, width=24, linear_steps=200, shooting_steps=60
    )
    policy = fit(demonstrations, settings=quick, progress=False)
    file, episode = tmp_path / "pour.pt", tmp_path / "episode.npz"
    placement = load_robot("panda").placement_for(demonstrations)
    assert save(policy, file, placement=placement).certified
    given = {"pushes": PUSH, "duration": 8.0, "log_file": str(episode)}
    graph = follow_demo(file, load(file).metadata, resolve_arguments(given))
    with Bringup(graph, tmp_path / "logs") as bringup:
        ended = bringup.wait(120.0)
        assert ended is not None
        assert (ended.label, ended.status) == ("sim_node", 0), bringup.complaint("policy_node")
    log = EpisodeLog.load(episode)
    outcome = judge(log, load(file), placement, parse_pushes(PUSH))
    start = np.degrees(np.linalg.norm(outcome.states[0, 3:]))
    assert 95 < start < 110
    assert outcome.succeeded, table(outcome, tmp_path)
    assert outcome.goal.distance < 0.005
    assert outcome.angle < 2.0
    assert outcome.metrics()["end_angle_deg"] == outcome.angle
    assert f"turned by {outcome.angle:.2f} deg" in table(outcome, tmp_path)
    # It was led, not held: the hand turned at the demonstrated pace.
    assert 0.5 < np.linalg.norm(log.command[:, 3:], axis=1).max() < 2.0
