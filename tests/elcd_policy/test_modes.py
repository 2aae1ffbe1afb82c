"""Several ways: a policy each, chosen by the start, and never their average."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import load
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import save_demonstrations
from elcd_policy.errors import PolicyFileError, ShapeError
from elcd_policy.modes import load_modes

from .task_motions import reaching, two_ways

SHORT = "draws=1,linear_steps=120,shooting_steps=30,couplings=4,width=32"


@pytest.fixture(scope="module")
def modes_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two ways round an obstacle, learned by the command."""
    folder = tmp_path_factory.mktemp("modes")
    save_demonstrations(two_ways("lrlr"), folder / "ways")
    command = ["train", str(folder / "ways"), "-o", str(folder / "around.pt"), "--modes", "2"]
    assert main([*command, "--settings", SHORT]) == 0
    return folder / "around.modes.json"


def test_each_way_gets_a_policy_that_keeps_clear_of_the_other(modes_file: Path) -> None:
    modes = load_modes(modes_file)
    assert [file.name for file in modes.policies] == ["around_1.pt", "around_2.pt"]
    ways = two_ways("lrlr")
    for k, each in enumerate(ways):
        policy = load(modes.policies[k % 2])
        fit = policy.metadata.fit
        assert fit is not None
        assert (fit["passed"], fit["findings"]) == (True, [])
        _, path = policy.rollout(each.position[0], 2 * each.duration, 0.02)
        aside = path[np.abs(path[:, 0] - 0.25).argmin(), 1]
        assert (aside > 0.1) if k % 2 == 0 else (aside < -0.1)  # m; the average is at 0


def test_the_nearest_demonstrated_start_chooses(modes_file: Path) -> None:
    modes = load_modes(modes_file)
    for k, each in enumerate(two_ways("lrlr")):
        assert modes.select(each.position[0]) == k % 2
    assert modes.load([0.0, 0.0]).dimension == 2
    with pytest.raises(ShapeError, match="expected 2 finite numbers"):
        modes.select([0.0, 0.0, 0.0])


@pytest.mark.parametrize(("count", "found"), [("2", "one way"), ("3", "2 groups")])
def test_ways_that_are_not_there_are_refused(
    count: str, found: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = reaching() if count == "2" else two_ways()
    save_demonstrations(source, tmp_path / "demos")
    command = ["train", str(tmp_path / "demos"), "-o", str(tmp_path / "p.pt"), "--modes", count]
    assert main(command) == 2
    line = capfd.readouterr().err
    assert f"does not part into {count} groups of ways: got {found}" in line
    assert not (tmp_path / "p_1.pt").exists()


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"policies": ["../a.pt"], "starts": [[[0.0]]]},
        {"policies": ["a.pt"], "starts": []},
        {"policies": ["a.pt"], "starts": [[[float("nan")]]]},
        {"policies": ["a.pt", "b.pt"], "starts": [[[0.0]], [[0.0, 1.0]]]},
    ],
)
def test_a_file_that_holds_no_modes_is_refused(content: object, tmp_path: Path) -> None:
    file = tmp_path / "p.modes.json"
    file.write_text(json.dumps(content))
    with pytest.raises(PolicyFileError, match="does not hold modes"):
        load_modes(file)
