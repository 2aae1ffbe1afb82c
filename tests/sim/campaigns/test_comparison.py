"""Methods are compared in the very same episodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy import TrainingSettings
from elcd_policy_sim import EpisodeSettings, PolicyMotion, Runner, Scene, load_robot
from elcd_policy_sim.campaigns import compare, comparison_table

QUICK = TrainingSettings(
    far=0, ball=0, couplings=2, width=16, linear_steps=60, shooting_steps=2, batch=32
)


def test_all_methods_run_in_the_same_episodes(arc_file: Path) -> None:
    pytest.importorskip("movement_primitives")
    motion = PolicyMotion(arc_file)
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
