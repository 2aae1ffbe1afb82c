"""``elcd info``: what a policy file holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from elcd_policy import MotionPolicy, Placement, load, save
from elcd_policy.cli.main import main

Saved = Callable[..., Path]


def test_it_prints_the_metadata(policy_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(policy_file)]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    facts = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert facts["source"] == "test arcs, seed 2"
    assert facts["dimension"] == "2, in mm"
    assert facts["goal"] == "(5, 6)"
    assert facts["duration"] == "2.5 s, 3 demonstrations"
    assert facts["guarantee"] == "equilibrium contraction at 1.6 1/s (ElcdField)"
    assert facts["verdict"] == "not certified: the file carries no certificate"
    assert facts["placement"] == "none"
    assert "torch 2." in facts["versions"]


def test_it_prints_where_the_policy_lies(
    trained: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    placement = Placement(origin=[0.5, 0.0, 0.25], metres_per_unit=0.003)
    path = tmp_path / "placed.pt"
    save(trained(2, "monotone"), path, placement=placement)
    assert main(["info", str(path)]) == 0
    out, _ = capfd.readouterr()
    assert "placement  origin (0.5, 0, 0.25) m, 0.003 m per mm\n" in out
    assert "verdict    certified\n" in out
    assert "contraction of every pair at 1.6 1/s (MonotoneField)" in out


def test_it_prints_what_rotations_are_counted_from(
    pose_policy: MotionPolicy,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    saved: Saved,
) -> None:
    path = saved(pose_policy, tmp_path / "pose.pt")
    assert main(["info", str(path)]) == 0
    out, _ = capfd.readouterr()
    assert "dimension  6, in m and rad\n" in out
    assert "rotation   vectors from (0.5, -0.5, 0.1, 0.7) (x y z w), up to 168.5 deg; a rad" in out


def test_json_is_the_whole_metadata(policy_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(policy_file), "--json"]) == 0
    out, _ = capfd.readouterr()
    assert json.loads(out) == json.loads(json.dumps(load(policy_file).metadata.to_dict()))
