"""Replayed demonstrations: the mean one from each start, the best one with hindsight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from elcd_policy.demonstrations import Demonstration, DemonstrationSet, load_lasa
from elcd_policy_benchmarks.lasa.baselines import Replay, score_best, score_mean


def test_a_replay_starts_where_it_is_told_and_ends_where_it_was_shown() -> None:
    path = np.array([[4.0, 0.0], [2.0, 2.0], [0.0, 0.0]])
    time, moved = Replay(path, 2.0, corrected=True).rollout([5.0, 2.0], 4.0, 1.0)
    np.testing.assert_allclose(time, [0, 1, 2, 3, 4])
    np.testing.assert_allclose(moved, [[5, 2], [2.5, 3], [0, 0], [0, 0], [0, 0]])
    _, kept = Replay(path, 2.0, corrected=False).rollout([5.0, 2.0], 2.0, 1.0)
    np.testing.assert_allclose(kept, path)


def test_both_repeat_what_they_were_shown(arcs: Callable) -> None:
    shown = arcs(3, 1)
    for baseline in (score_mean, score_best):
        (score,) = baseline(shown, shown)
        assert max(score.to_dict().values()) < 1e-12


def test_the_best_is_chosen_for_each_and_stretched_to_its_duration(arcs: Callable) -> None:
    shown = arcs(2, 3)
    slow = [Demonstration(2 * demo.time, demo.position) for demo in shown]
    scores = score_best(shown, DemonstrationSet(slow, units="mm"))
    assert len(scores) == 3
    assert max(score.rmse for score in scores) < 1e-12
    # The mean keeps the shown duration.
    assert min(score.rmse for score in score_mean(shown, DemonstrationSet(slow))) > 5.0


def test_their_figures_on_a_shape() -> None:
    demonstrations = load_lasa("Sshape")
    shown, unseen = demonstrations[:4], demonstrations[4:]
    assert np.mean([s.dtw for s in score_mean(shown, unseen)]) == pytest.approx(1.42, abs=0.01)
    assert np.mean([s.dtw for s in score_best(shown, unseen)]) == pytest.approx(1.30, abs=0.01)
