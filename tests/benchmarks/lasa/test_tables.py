"""Tables and curves compare like with like."""

from __future__ import annotations

from collections.abc import Callable

from elcd_policy_benchmarks.lasa.summary import Results
from elcd_policy_benchmarks.lasa.tables import (
    curves,
    dimension_table,
    push_table,
    pushed,
    summary_table,
)


def test_curves_are_over_shapes_that_all_methods_have(record: Callable) -> None:
    def runs(method: str, shapes: dict[str, float], shown: tuple[int, ...]) -> list[dict]:
        return [
            record(method, shape, protocol="a" if n == 4 else "c", shown=n, dtw=dtw / n)
            for shape, dtw in shapes.items()
            for n in shown
        ]

    ours = runs("elcd", {"Angle": 4.0, "Worm": 40.0}, (1, 2, 3, 4))
    theirs = runs("eflow", {"Angle": 8.0}, (1, 2, 3, 4)) + runs("eflow", {"Worm": 8.0}, (1, 2, 4))
    shapes, points = curves(Results([*ours, *theirs]))
    assert shapes == ["Angle"]
    assert points["elcd"] == {1: 4.0, 2: 2.0, 3: 4.0 / 3, 4: 1.0}
    assert points["eflow"][1] == 8.0
    # A method that has no shape complete does not empty the curves of the others.
    shapes, points = curves(Results([*ours, *runs("mean", {"Worm": 1.0}, (1, 2))]))
    assert (shapes, list(points)) == (["Angle", "Worm"], ["elcd"])
    assert curves(Results([])) == ([], {})


def test_more_dimensions_are_scored_on_shown_and_unseen_apart(record: Callable) -> None:
    line = record("elcd", "Rosenbrock-8", protocol="d", dimension=8, longest_side=2.0, units="1")
    score = line["scores"][0]
    line["scores"] = [
        {**score, "demonstration": n, "dtw": 0.5 if n < 4 else 3.0, "rmse": 4.0} for n in range(7)
    ]
    stack = {**line, "shape": "Sshape+WShape", "units": "mm", "dimension": 4}
    rows = dimension_table(Results([line, stack])).splitlines()[2:]
    assert rows[0].startswith("| Sshape+WShape, 4-D, 2 mm | ELCD field x 1 | 0.5 | 3 | 4 |")
    assert rows[1].startswith("| Rosenbrock-8, 8-D, 2 | ELCD field x 1 | 0.5 | 3 | 4 |")


def test_returns_leave_out_methods_that_were_not_pushed(record: Callable) -> None:
    row = {"phase": 0.2, "side": 1, "time": 1.0, "distance": 20.0}
    pushes = {"half_width": 2.0, "size": 6.0, "duration": 4.0, "left_out": 4}
    pushes["rows"] = [row, row]
    table = push_table(
        {"with": {"Line": [record(pushes=pushes)]}, "without": {"Line": [record("mean")]}}
    )
    assert len(table.splitlines()) == 3
    assert "| with | 1 x 1 | 1.00 | 25.0 / 25 | 20.0 | 0 of 2 | 1.00 | 3.00 |" in table


def test_what_was_pushed_in_another_way_does_not_count(record: Callable) -> None:
    row = {"phase": 0.2, "side": 1, "time": None, "distance": None}
    old = {"half_width": 2.0, "size": 6.0, "duration": 4.0, "rows": [row]}
    assert pushed({"Line": [record(pushes=old), record()]}) == {}
    new = record(pushes={**old, "left_out": 5})
    assert pushed({"Line": [record(pushes=old), new], "Angle": [record()]}) == {"Line": [new]}


def test_unequal_numbers_of_seeds_are_told(record: Callable) -> None:
    runs = [record(seed=seed) for seed in (0, 1, 2)] + [record(shape="Angle")]
    runs += [record(shape="Worm", seed=seed) for seed in (0, 1)]
    assert "| ELCD field | 3 x 1-3 |" in summary_table(Results(runs), "a")


def test_curves_are_of_one_seed(record: Callable) -> None:
    runs = [record(seed=seed, dtw=1.0 + seed) for seed in (0, 1)]
    runs += [record(protocol="c", shown=n, dtw=2.0) for n in (1, 2, 3)]
    assert curves(Results(runs)) == (["Line"], {"elcd": {1: 2.0, 2: 2.0, 3: 2.0, 4: 1.0}})
