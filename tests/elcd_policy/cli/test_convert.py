"""``elcd convert``: there and back, and nothing written over unasked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import load_demonstrations
from elcd_policy.cli.main import main

SOURCE = "data/reach_around"


def test_all_formats_one_after_the_other_lose_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    chain = [("a", "npz"), ("b", "mcap"), ("c.hdf5", None), ("d", "lerobot"), ("e", "db3")]
    source = SOURCE
    for name, format in [*chain, ("f", None)]:
        target = str(tmp_path / name)
        assert main(["convert", source, target, *(["--to", format] if format else [])]) == 0
        source = target
    out, err = capfd.readouterr()
    assert err == ""
    assert out.splitlines()[-1].endswith("f: 7 demonstrations of 3 coordinates in m, as csv")
    before, after = load_demonstrations(SOURCE), load_demonstrations(source)
    assert (after.units, after.frame) == (before.units, before.frame) == ("m", "panda_link0")
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(other.time, one.time)
        np.testing.assert_array_equal(other.position, one.position)


def test_nothing_is_written_over_unasked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    target = str(tmp_path / "set.hdf5")
    assert main(["convert", SOURCE, target, "--json"]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert (facts["format"], facts["demonstrations"], facts["dimension"]) == ("hdf5", 7, 3)
    assert main(["convert", "data/pick_and_place_arc", target]) == 2
    assert "set.hdf5 exists: expected a new name" in capfd.readouterr().err
    assert main(["convert", "data/pick_and_place_arc", target, "--force"]) == 0
    found, wanted = load_demonstrations(target), load_demonstrations("data/pick_and_place_arc")
    np.testing.assert_array_equal(found.goal, wanted.goal)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").touch()
    assert main(["convert", SOURCE, str(tmp_path / "full")]) == 2
    assert "add --force" in capfd.readouterr().err
