"""An arm keeps its TCP clear of obstacles; they can be seen, and methods be compared."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pybullet")

from elcd_policy import TrainingSettings, export_policy, fit, load_policy
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations
from elcd_policy.obstacles import Obstacle
from elcd_policy.robot.placement import Placement
from elcd_policy_sim import load_robot
from elcd_policy_sim.arm.bullet.client import connect
from elcd_policy_sim.baselines.comparison import compare, comparison_table
from elcd_policy_sim.episodes.obstacles import AvoidingMotion, add_bodies, clearance
from elcd_policy_sim.episodes.policy_motion import PolicyMotion
from elcd_policy_sim.episodes.running import Runner
from elcd_policy_sim.episodes.scene import EpisodeSettings, Scene

QUICK = TrainingSettings(couplings=2, width=16, linear_steps=60, shooting_steps=2, batch=32)
TURNED = Placement([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.5, 0.0, 0.3], 0.002)


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An arc in 2-D from [-50, 20] to [10, 20] mm in 1.5 s, its demonstrations beside it."""
    folder = tmp_path_factory.mktemp("arc")
    time = np.linspace(0.0, 1.5, 60)
    share = time / 1.5
    smooth = share**2 * (3 - 2 * share)
    arc = np.stack([10.0 - 60.0 * (1 - smooth), 20.0 + 25.0 * np.sin(np.pi * smooth)], axis=1)
    motions = [
        Demonstration(time, arc + np.array([0.0, shift]), f"arc {shift}") for shift in (-1.0, 1.0)
    ]
    source = folder / "arcs"
    save_demonstrations(DemonstrationSet(motions, units="mm"), source)
    demonstrations = DemonstrationSet(motions, units="mm", source=str(source))
    return export_policy(fit(demonstrations, settings=QUICK, progress=False), folder / "arc.pt")


def in_the_way(policy_file: Path) -> Obstacle:
    """A disc that the rollout passes a little beside its middle."""
    policy = load_policy(policy_file)
    _, path = policy.rollout(policy.metadata.starts[0], policy.metadata.duration, 0.01)
    return Obstacle("ellipsoid", path[np.argmax(path[:, 0] > -25)] + [0.0, 1.0], [5.0, 5.0])


def test_a_pushed_arm_keeps_clear_and_ends_at_the_goal(policy_file: Path) -> None:
    obstacle, robot = in_the_way(policy_file), load_robot("panda")
    free, avoiding = PolicyMotion(policy_file), AvoidingMotion(policy_file, [obstacle], 4.0)
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


@pytest.mark.parametrize("shape", ["ellipsoid", "box"])
@pytest.mark.parametrize("k", [2, 3])
def test_bodies_are_seen_where_the_obstacles_are(shape: str, k: int) -> None:
    """From far off along the base's x axis, which is across the policy's plane."""
    obstacle = Obstacle(shape, np.array([10.0, 20.0, 0.0])[:k], np.array([30.0, 10.0, 5.0])[:k])
    client = connect()
    try:
        add_bodies(client, [obstacle], TURNED)
        middle = TURNED.to_robot(obstacle.centre)
        view = client.computeViewMatrix(
            (middle + np.array([20.0, 0, 0])).tolist(), middle.tolist(), [0, 0, 1]
        )
        projection = client.computeProjectionMatrixFOV(1.0, 1.0, 1.0, 40.0)
        *_, seen = client.getCameraImage(
            200, 200, view, projection, renderer=client.ER_TINY_RENDERER
        )
    finally:
        client.disconnect()
    rows, columns = np.nonzero(np.reshape(seen, (200, 200)) >= 0)
    pixel = 2 * 20.0 * np.tan(np.radians(0.5)) / 200  # m
    assert np.ptp(columns) * pixel == pytest.approx(2 * 0.002 * 30.0, abs=4 * pixel)
    assert np.ptp(rows) * pixel == pytest.approx(2 * 0.002 * 10.0, abs=4 * pixel)


def test_the_command_line_takes_obstacles_and_writes_a_report(
    policy_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    obstacle, scene, page = in_the_way(policy_file), tmp_path / "scene.yaml", tmp_path / "page.html"
    row = {"shape": "sphere", "centre": obstacle.centre.tolist(), "radius": 5.0}
    scene.write_text(json.dumps({"obstacles": [row], "margin": 2.0}), encoding="utf-8")
    short = ["--episodes", "1", "--duration", "0.3", "--workers", "1", "--json"]
    arguments = ["simulate", str(policy_file), "--obstacles", str(scene), "--report", str(page)]
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


def test_all_methods_run_in_the_same_episodes(policy_file: Path) -> None:
    pytest.importorskip("movement_primitives")
    motion = PolicyMotion(policy_file)
    runner = Runner(Scene.of(motion.policy, load_robot("panda")), motion, seed=4)
    results = compare(runner, EpisodeSettings(duration=0.2), 1, progress=False, training=QUICK)
    assert [result.method for result in results] == [
        "ElcdField",
        "MonotoneField",
        "behaviour cloning",
        "timed replay",
        "DMP",
    ]
    starts = [result.episodes[0].path_m[0] for result in results]
    np.testing.assert_allclose(starts, np.broadcast_to(starts[0], (5, 3)), atol=1e-6)
    ends = {tuple(result.episodes[0].path_m[-1]) for result in results}
    assert len(ends) > 1
    assert comparison_table(results).count("\n") == 8
