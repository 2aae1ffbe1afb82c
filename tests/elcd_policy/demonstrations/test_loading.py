"""The one door: files, folders, their sidecar, and what is refused at it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.errors import DemonstrationError
from elcd_policy.robot.placement import Placement


def write(path: Path, d: int = 2, end: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = ",".join(["t", *(f"x{i}" for i in range(d))])
    rows = [",".join(map(str, [s, *[s * end] * d])) for s in np.linspace(0, 1, 5)]
    path.write_text("\n".join([header, *rows]))
    return path


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for i in (10, 2, 1):
        write(tmp_path / f"demo_{i}.csv", end=i)
    (tmp_path / "README.md").write_text("not a demonstration")
    write(tmp_path / ".demo_3.csv")
    demos = load_demonstrations(tmp_path)
    assert [demo.goal[0] for demo in demos] == [1, 2, 10]
    assert [demo.name for demo in demos] == ["demo_1", "demo_2", "demo_10"]
    assert demos.source == str(tmp_path)


def test_the_suffix_may_be_in_capitals(tmp_path: Path) -> None:
    assert load_demonstrations(write(tmp_path / "HAND.CSV")).dimension == 2


def test_the_sidecar_states_units_frame_and_placement(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv")
    placement = Placement(origin=np.array([0.4, 0.0, 0.2]), metres_per_unit=0.01)
    about = {"units": "cm", "frame": "table", "placement": placement.to_dict()}
    (tmp_path / "demonstrations.json").write_text(json.dumps(about))
    for source in (tmp_path, str(file)):
        demos = load_demonstrations(source)
        assert (demos.units, demos.frame, demos.placement) == ("cm", "table", placement)
    assert load_demonstrations(tmp_path, units="mm").units == "mm"


@pytest.mark.parametrize(
    "text",
    ["", '["units"]', "7", '{"unit": "m"}', '{"units": 1}', '{"placement": {"origin": [1]}}'],
)
def test_a_bad_sidecar_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path / "a.csv")
    (tmp_path / "demonstrations.json").write_text(text)
    with pytest.raises(DemonstrationError, match=r"demonstrations\.json can't be understood"):
        load_demonstrations(tmp_path)


def test_mixed_dimensions_are_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", d=2)
    write(tmp_path / "b.csv", d=3)
    with pytest.raises(
        DemonstrationError,
        match=r"b\.csv has other coordinates than .*: got x0, x1, x2, expected x0, x1",
    ):
        load_demonstrations(tmp_path)


def test_mixed_formats_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.csv")
    np.savez(tmp_path / "a.npz", time=np.arange(5), position=np.arange(10).reshape(5, 2))
    with pytest.raises(DemonstrationError, match=r"mixes formats: got \.csv, \.npz"):
        load_demonstrations(tmp_path)


def test_a_missing_source_says_what_a_source_is(tmp_path: Path) -> None:
    with pytest.raises(DemonstrationError, match=r"does not exist.*\.csv.*lasa:SHAPE"):
        load_demonstrations(tmp_path / "nowhere")


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(
        DemonstrationError, match=r"got '\.xlsx', expected one of \.bag, \.csv, \.db3"
    ):
        load_demonstrations(tmp_path / "a.xlsx")


def test_an_empty_folder_names_the_folders_in_it(tmp_path: Path) -> None:
    with pytest.raises(DemonstrationError, match="no demonstrations in the folder"):
        load_demonstrations(tmp_path)
    write(tmp_path / "pour" / "a.csv")
    with pytest.raises(DemonstrationError, match="name one of its folders: pour"):
        load_demonstrations(tmp_path)
