"""Tables and curves compare like with like."""

from __future__ import annotations

from collections.abc import Callable

from elcd_policy_benchmarks.lasa.summary import Results
from elcd_policy_benchmarks.lasa.tables import (
    choice_table,
    conditions_table,
    curves,
    dimension_table,
    push_facts,
    push_table,
    pushed,
    scale_table,
    summary_table,
)


def test_curves_are_over_shapes_that_all_methods_have(record: Callable) -> None:
    def runs(method: str, shapes: dict[str, float], shown: tuple[int, ...]) -> list[dict]:
        return [
            record(method, shape, part="a" if n == 4 else "c", shown=n, dtw=dtw / n)
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
    line = record("elcd", "Rosenbrock-8", part="d", dimension=8, longest_side=2.0, units="1")
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
    runs += [record(part="c", shown=n, dtw=2.0) for n in (1, 2, 3)]
    assert curves(Results(runs)) == (["Line"], {"elcd": {1: 2.0, 2: 2.0, 3: 2.0, 4: 1.0}})


def test_a_row_of_another_code_says_so_and_others_do_not(record: Callable) -> None:
    runs = [record(), record("monotone", code="b2"), record("eflow"), record("mean")]
    rows = summary_table(Results(runs), "a").splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == [
        "| mean demonstration",
        "| EFlow",
        "| ELCD field",
        "| monotone field (code b2)",
    ]


def test_conditions_name_settings_code_processor_and_failures(record: Callable) -> None:
    runs = [record(code="b2"), record(part="b", code="b2"), record("eflow")]
    text = conditions_table(Results([*runs, record("elcd", "heee", error="it broke")]))
    assert "| ELCD field | a, b | b2 | a processor | couplings" in text
    assert "| EFlow | a | abc | a processor | epochs 400 |" in text
    assert "- a processor, 2 cores, Linux; python 3.11\n" in text
    assert "- Failed: a, heee, elcd, seed 0: it broke" in text


def test_facts_of_the_pushes_are_those_of_the_shapes(record: Callable) -> None:
    pushes = {"half_width": 2.0, "size": 6.0, "duration": 4.0, "left_out": 3, "rows": []}
    wider = {**pushes, "half_width": 4.0, "left_out": 0}
    rows = {"ours": {"Line": [record(pushes=pushes)], "Angle": [record(pushes=wider)]}}
    assert push_facts(rows) == {
        "corridors": "2.0 to 4.0 mm (mean 3.0)",
        "pushes left out": "3 of 12",
    }
    assert push_facts({})["corridors"] == "not run"


def test_scale_and_choice_compare_the_same_shapes(record: Callable) -> None:
    runs = [record("eflow", dtw=1.6), record("mean", dtw=1.4), record("best", dtw=1.3)]
    runs += [record("mean", "Angle", dtw=9.0), record(dtw=0.7)]
    runs += [record(part="e", dtw=1.2), record("mean", part="e", dtw=1.5)]
    scale = scale_table(Results(runs))
    assert "| mean DTW over 1 shapes | mm |" in scale
    assert "| half of EFlow's | 0.80 |" in scale
    choice = choice_table(Results(runs))
    assert "| (a) | 0.50 |" in choice
    assert "| (e) | 0.80 |" in choice
