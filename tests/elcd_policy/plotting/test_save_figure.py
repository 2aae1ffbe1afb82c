"""Figures appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from elcd_policy.errors import ParameterError
from elcd_policy.plotting import save_figure


@pytest.mark.parametrize(
    ("name", "magic"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.SVG", b"<?xml")]
)
def test_the_suffix_says_the_format(tmp_path: Path, name: str, magic: bytes) -> None:
    path = save_figure(Figure(), tmp_path / "new" / name)
    assert path.read_bytes().startswith(magic)
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"got '\.bmp', expected \.png, \.pdf, \.svg"):
        save_figure(Figure(), tmp_path / "a.bmp")


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("before")
    figure = Figure()
    figure.text(0.5, 0.5, r"$\unknown$")
    with pytest.raises(ValueError, match="unknown"):
        save_figure(figure, path)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
