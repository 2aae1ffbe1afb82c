"""Pages: prose stays, parts are filled in; tables, verdicts and training codes."""

from __future__ import annotations

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.fingerprint import training_code
from elcd_policy_benchmarks.page import Target, code_mark, fill, marks, table, target_table

PAGE = "Of <!-- count -->2<!-- end --> runs:\n\n<!-- runs -->\nold\n\nolder\n<!-- end -->\n\nEnd.\n"


def test_parts_are_renewed_on_lines_of_their_own_or_within_one() -> None:
    assert marks(PAGE) == ["count", "runs"]
    filled = fill(PAGE, {"runs": "a\nb", "count": "3"})
    assert filled == (
        "Of <!-- count -->3<!-- end --> runs:\n\n<!-- runs -->\na\nb\n<!-- end -->\n\nEnd.\n"
    )
    assert fill(PAGE, {}) == PAGE
    assert fill(filled, {"count": r"\1"}).startswith(r"Of <!-- count -->\1<!-- end -->")


@pytest.mark.parametrize("page", ["nothing here", PAGE + PAGE])
def test_a_part_has_one_place(page: str) -> None:
    with pytest.raises(ParameterError, match=r"no place for a part: got .* expected one"):
        fill(page, {"count": "3"})


def test_a_table() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"
    assert table(["a", "b"], [["x", "y"]], words=2).splitlines()[1] == "| --- | --- |"
    assert table(["a"], []) == "Not run."


def test_a_row_names_other_training_code() -> None:
    here = training_code()
    assert code_mark([]) == code_mark([{"code": here}]) == code_mark([{}, {"code": None}]) == ""
    assert code_mark([{}, {"code": "b2"}]) == " (code b2)"
    assert code_mark([{"code": "b2"}, {"code": "a1"}, {"code": "b2"}]) == " (code a1, b2)"
    assert code_mark([{"code": "unknown"}, {"code": here}]) == f" (code {here}, unknown)"


def test_targets_are_counted_and_a_miss_leads_to_its_reason() -> None:
    targets = [Target("size", "small", "3", True), Target("speed", "fast", "9 s", False)]
    text = target_table([*targets, Target("range", "far")])
    assert text.splitlines()[0] == "1 met, 1 missed, 1 open."
    assert "| small | 3 | met |" in text
    assert "| fast | 9 s | **missed** ([why](#why-speed)) |" in text
    assert "| far | not run | open |" in text
