"""The pages in docs/ say what the stored results say, and of which training code they are."""

from __future__ import annotations

import re

import pytest

from elcd_policy_benchmarks import page as pages
from elcd_policy_benchmarks.page import fill, marks
from elcd_policy_benchmarks.store import load_records
from elcd_policy_benchmarks.subjects import DOCS, RESULTS, SUBJECTS, load_subject

#: Tables of ROS nodes need the nodes: see ros/.
STORED = [name for name in SUBJECTS if name != "ros"]
PAGES = sorted({entry.page for entry in SUBJECTS.values()})


def parts(name: str) -> dict[str, str]:
    return load_subject(name).tables(load_records(RESULTS, name))


@pytest.mark.parametrize("name", STORED)
def test_a_page_is_what_its_results_say(name: str) -> None:
    text = (DOCS / SUBJECTS[name].page).read_text(encoding="utf-8")
    assert fill(text, parts(name)) == text, f"run: elcd benchmark {name} --render"


@pytest.mark.parametrize("page", [page for page in PAGES if page != "ros2.md"])
def test_every_mark_is_filled_in_and_every_picture_there(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    made = [part for name in STORED if SUBJECTS[name].page == page for part in parts(name)]
    assert sorted(marks(text)) == sorted(made)
    drawn = {
        picture
        for name in STORED
        if SUBJECTS[name].page == page
        for picture in load_subject(name).figures(load_records(RESULTS, name))
    }
    shown = re.findall(r"\]\(images/([^)]+)\)", text)
    assert drawn <= set(shown)
    assert all((DOCS / "images" / picture).is_file() for picture in shown)


@pytest.mark.parametrize("page", PAGES)
def test_prose_has_lines_that_a_diff_can_show(page: str) -> None:
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 160 and not line.startswith("|")] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_missed_has_its_reason_on_the_page(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    missed = re.findall(r"\[why\]\(#(why-[\w-]+)\)", text)
    assert [name for name in missed if text.count(f'<a id="{name}"></a>') != 1] == []


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("lasa", r"^\| (no shape|ELCD field|monotone field|the defaults|rate 8|\([ae]\))"),
        ("tick_and_cost", r"^\| (training in fewer|Angle|2 \| 7000|2 \()"),
        ("compression", r"^\| (4 bits|4|32|Angle)\b"),
        ("disturbances", r"^\| ((iiwa|panda) \| )?(ElcdField|MonotoneField)|^\| \d+ Hz"),
    ],
)
def test_a_row_of_other_training_code_says_so(
    name: str, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "training_code", lambda: "another")
    left_out = ("lasa conditions", "operations of TorchScript")  # a column of its own; a tick
    rows = [
        line
        for part, text in parts(name).items()
        if part not in left_out
        for line in text.splitlines()
        if re.match(row, line) and "| - |" not in line.replace("| - | - | - | - |", "")
    ]
    assert len(rows) > 3
    assert [line for line in rows if "(code " not in line] == []
