"""What is run: shapes, demonstrations, methods and seeds of each protocol."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import TrainingSettings
from elcd_policy.errors import DemonstrationError, ParameterError
from elcd_policy_benchmarks.harness import facts
from elcd_policy_benchmarks.lasa.eflow import PACKAGE
from elcd_policy_benchmarks.lasa.jobs import PROTOCOLS, VARIANTS, jobs


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What looks like one of the peer."""
    (tmp_path / PACKAGE).mkdir()
    for name in ("flows.py", "train_utils.py"):
        (tmp_path / PACKAGE / name).touch()
    return tmp_path


def test_by_default_all_shapes_are_run_with_both_fields_and_three_seeds() -> None:
    planned = jobs()
    learned = [job for job in planned if job.method in ("elcd", "monotone")]
    assert len(learned) == 2 * 30 * 2 * 3
    assert {job.seed for job in learned} == {0, 1, 2}
    baselines = [job for job in planned if job.method in ("mean", "best")]
    assert len(baselines) == 30 * 2
    assert {(job.part, job.seed) for job in baselines} == {("a", 0)}
    assert len({str(facts(job)) for job in planned}) == len(planned)
    assert {job.settings["couplings"] for job in learned} == {TrainingSettings().couplings}


def test_what_is_scored_was_not_shown_where_generalisation_is_measured() -> None:
    for name in "ace":
        rules = PROTOCOLS[name]
        shown = range(rules.first, rules.first + max(rules.shown))
        assert not set(shown) & set(range(*rules.scored))
        assert {*shown, *range(*rules.scored)} <= set(range(7))
    assert (PROTOCOLS["a"].shown, PROTOCOLS["a"].scored) == ((4,), (4, 7))
    assert (PROTOCOLS["b"].shown, PROTOCOLS["b"].scored) == ((7,), (0, 7))
    assert (PROTOCOLS["d"].shown, PROTOCOLS["d"].scored) == ((4,), (0, 7))
    # What chose the settings does not judge them.
    assert not set(range(*PROTOCOLS["e"].scored)) & set(range(*PROTOCOLS["a"].scored))


def test_the_curve_shows_one_to_three() -> None:
    planned = jobs(shapes=["line"], parts=["c"], fields=["elcd"], seeds=[5])
    assert [(job.shape, job.shown) for job in planned if job.method == "elcd"] == [
        ("Line", 1),
        ("Line", 2),
        ("Line", 3),
    ]


def test_the_peer_takes_part_where_unseen_demonstrations_are_scored(checkout: Path) -> None:
    planned = jobs(shapes=["Line"], fields=[], seeds=[0, 1], eflow=checkout)
    peers = [job for job in planned if job.method == "eflow"]
    assert [(job.part, job.seed) for job in peers] == [("a", 0), ("a", 1)]
    assert peers[0].settings["epochs"] == 400
    # Where it lies does not make it another job.
    assert facts(replace(peers[0], checkout="elsewhere")) == facts(peers[0])


def test_other_settings_are_other_jobs() -> None:
    first, second = (
        jobs(shapes=["Line"], parts=["b"], fields=["elcd"], seeds=[0], settings=settings)[0]
        for settings in (TrainingSettings(), TrainingSettings(width=32))
    )
    assert facts(first) != facts(second)


def test_more_dimensions_and_who_takes_part(checkout: Path, tmp_path: Path) -> None:
    for name in ("n-2", "n-4"):
        np.savez(tmp_path / f"{name}.npz", my_X_phy=np.random.default_rng(0).normal(size=(9, 7, 4)))

    def methods(**given: Path) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for job in jobs(parts=["d"], fields=["elcd"], seeds=[0], eflow=checkout, **given):
            found.setdefault(job.shape, set()).add(job.method)
            assert job.pendulum == (str(tmp_path) if "pendulum" in job.shape else "")
        return found

    without, every = methods(), methods(pendulum=tmp_path)
    assert set(every) - set(without) == {"pendulum-2", "pendulum-4"}
    assert sorted(shape.count("+") for shape in without) == [0, 1, 1, 1, 3, 3]
    for shape, found in every.items():
        assert ("eflow" in found) == ("+" in shape)
        assert {"elcd", "mean", "best"} <= found


def test_each_variant_changes_one_setting() -> None:
    planned = jobs(shapes=["Line"], parts=["settings"], seeds=[5])
    assert {(job.method, job.part, job.seed) for job in planned} == {("elcd", "settings", 5)}
    assert len({str(facts(job)) for job in planned}) == len(VARIANTS)
    assert planned[0].settings == asdict(TrainingSettings())
    for job in planned[1:]:
        changed = dict(job.settings.items() - planned[0].settings.items())
        assert len(changed) == 1
        assert set(changed) <= {"return_rate", "push", "rate"}


def test_stacked_shapes_can_be_named() -> None:
    assert jobs(shapes=["sshape+line"], parts=["b"])[0].shape == "Sshape+Line"


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"parts": ["z"]}, ParameterError, "unknown protocol: got 'z', expected a, b, c, d, e"),
        ({"fields": ["linear"]}, ParameterError, "unknown field: got 'linear'"),
        ({"shapes": ["Sshap"]}, DemonstrationError, "did you mean 'Sshape'"),
    ],
)
def test_unknown_names_are_refused(wrong: dict, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        jobs(**wrong)
