"""What is run: shapes, demonstrations, methods and seeds of each protocol."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elcd_policy import TrainingSettings
from elcd_policy.errors import DemonstrationError, ParameterError
from elcd_policy_benchmarks.lasa import PROTOCOLS, plan
from elcd_policy_benchmarks.lasa.jobs import key_of


def test_by_default_all_shapes_are_run_with_both_fields_and_three_seeds() -> None:
    jobs = plan()
    learned = [job for job in jobs if job.method in ("elcd", "monotone")]
    assert len(learned) == 2 * 30 * 2 * 3
    assert {job.seed for job in learned} == {0, 1, 2}
    baselines = [job for job in jobs if job.method in ("mean", "best")]
    assert len(baselines) == 30 * 2
    assert {(job.protocol, job.seed) for job in baselines} == {("a", 0)}
    assert len({job.key for job in jobs}) == len(jobs)
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
    jobs = plan(shapes=["line"], protocols=["c"], fields=["elcd"], seeds=[5])
    assert [(job.shape, job.shown) for job in jobs if job.method == "elcd"] == [
        ("Line", 1),
        ("Line", 2),
        ("Line", 3),
    ]


def test_the_peer_takes_part_where_unseen_demonstrations_are_scored() -> None:
    jobs = plan(shapes=["Line"], fields=[], seeds=[0, 1], eflow="somewhere")
    peers = [job for job in jobs if job.method == "eflow"]
    assert [(job.protocol, job.seed) for job in peers] == [("a", 0), ("a", 1)]
    assert peers[0].settings["epochs"] == 400
    # Where it lies does not make it another job.
    assert replace(peers[0], checkout="elsewhere").key == peers[0].key


def test_other_settings_are_other_jobs() -> None:
    first, second = (
        plan(shapes=["Line"], protocols=["b"], fields=["elcd"], seeds=[0], settings=settings)[0]
        for settings in (TrainingSettings(), TrainingSettings(width=32))
    )
    assert first.key != second.key
    assert key_of(first.facts()) == first.key


def test_more_dimensions_and_who_takes_part() -> None:
    def planned(**given: str) -> dict[str, set[str]]:
        methods: dict[str, set[str]] = {}
        for job in plan(protocols=["d"], fields=["elcd"], seeds=[0], eflow="e", **given):
            methods.setdefault(job.shape, set()).add(job.method)
            assert job.pendulum == (given.get("pendulum", "") if "pendulum" in job.shape else "")
        return methods

    without, every = planned(), planned(pendulum="folder")
    assert set(every) - set(without) == {"pendulum-2", "pendulum-4"}
    assert sorted(shape.count("+") for shape in without) == [0, 1, 1, 1, 3, 3]
    for shape, methods in every.items():
        assert ("eflow" in methods) == ("+" in shape)
        assert {"elcd", "mean", "best"} <= methods


def test_stacked_shapes_can_be_named() -> None:
    assert plan(shapes=["sshape+line"], protocols=["b"])[0].shape == "Sshape+Line"


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"protocols": ["z"]}, ParameterError, "unknown protocol: got 'z', expected a, b, c, d, e"),
        ({"fields": ["linear"]}, ParameterError, "unknown field: got 'linear'"),
        ({"shapes": ["Sshap"]}, DemonstrationError, "did you mean 'Sshape'"),
    ],
)
def test_unknown_names_are_refused(wrong: dict, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        plan(**wrong)
