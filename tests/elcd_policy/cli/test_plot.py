"""``elcd plot``: a picture of the field, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from elcd_policy import TrainingSettings, fit, load_demonstrations
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import save_demonstrations

Saved = Callable[..., Path]

MAGIC = {"png": b"\x89PNG\r\n", "pdf": b"%PDF-", "svg": b"<?xml"}


@pytest.mark.parametrize("kind", MAGIC)
def test_it_writes_the_kind_that_the_suffix_says(
    kind: str,
    policy_file: Path,
    arcs: Callable,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source, picture = tmp_path / "demos", tmp_path / "new" / f"field.{kind}"
    save_demonstrations(arcs(2, 1), source)
    assert main(["plot", str(policy_file), str(source), "-o", str(picture)]) == 0
    out, err = capfd.readouterr()
    assert (out, err) == (f"{picture}\n", "")
    content = picture.read_bytes()
    assert content.startswith(MAGIC[kind])
    assert len(content) > 10_000
    assert list(picture.parent.iterdir()) == [picture]


@pytest.mark.parametrize("dimension", [1, 3])
def test_other_dimensions_have_pictures_too(
    dimension: int, trained: Callable, arcs: Callable, tmp_path: Path, saved: Saved
) -> None:
    source, picture = tmp_path / "demos", tmp_path / "field.png"
    save_demonstrations(arcs(dimension, 1), source)
    policy = saved(trained(dimension, "elcd"), tmp_path / "policy.pt")
    assert main(["plot", str(policy), str(source), "-o", str(picture)]) == 0
    assert picture.stat().st_size > 10_000


def test_an_unknown_kind_of_picture_is_refused(
    policy_file: Path, arcs: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, picture = save_demonstrations(arcs(2, 1), tmp_path / "demos"), tmp_path / "field.bmp"
    assert main(["plot", str(policy_file), str(source), "-o", str(picture)]) == 2
    out, err = capfd.readouterr()
    assert (out, err) == (
        "",
        f"elcd: a picture can't be written to {picture}: got '.bmp', expected .png, .pdf, .svg\n",
    )
    assert not picture.exists()


def test_without_a_source_it_takes_the_trained_one(
    arcs: Callable, quick: TrainingSettings, tmp_path: Path, saved: Saved
) -> None:
    source, picture = save_demonstrations(arcs(2, 1), tmp_path / "demos"), tmp_path / "field.png"
    policy = fit(load_demonstrations(source), settings=quick, progress=False)
    file = saved(policy, tmp_path / "policy.pt")
    assert main(["plot", str(file), "-o", str(picture)]) == 0
    assert picture.stat().st_size > 10_000


def test_a_trained_source_that_is_gone_is_missed(
    policy_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # The demonstrations of this file were never saved.
    assert main(["plot", str(policy_file), "-o", str(tmp_path / "field.png")]) == 2
    assert capfd.readouterr().err.startswith("elcd: test arcs does not exist: expected a folder")


def test_obstacles_are_drawn_and_kept_clear_of(
    policy_file: Path, arcs: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, picture = save_demonstrations(arcs(2, 1), tmp_path / "demos"), tmp_path / "field.svg"
    bodies = tmp_path / "bodies.yaml"
    bodies.write_text("obstacles: [{shape: sphere, centre: [-30, -20], radius: 4}]")
    command = ["plot", str(policy_file), str(source), "-o", str(picture)]
    assert main([*command, "--obstacles", str(bodies)]) == 0
    assert "obstacle" in picture.read_text(encoding="utf-8")
    bodies.write_text("obstacles: [{shape: sphere, centre: [5, 6], radius: 4}]")
    assert main([*command, "--obstacles", str(bodies)]) == 2
    assert "the goal is inside an obstacle" in capfd.readouterr().err
