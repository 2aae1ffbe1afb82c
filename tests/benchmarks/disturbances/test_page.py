"""The page on disturbance rejection says what the stored results say, and always the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pybullet")

from elcd_policy.cli.main import main
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.disturbances.page import render
from elcd_policy_sim.campaigns.campaign import run_campaign
from elcd_policy_sim.campaigns.campaign_result import CampaignResult
from elcd_policy_sim.campaigns.runner import Runner
from elcd_policy_sim.campaigns.sweep import run_sweep
from elcd_policy_sim.disturbances import RandomPush
from elcd_policy_sim.episodes.policy_motion import PolicyMotion
from elcd_policy_sim.episodes.scene import EpisodeSettings, Scene

QUICK = EpisodeSettings((RandomPush(),), physics_rate=500, duration=1.0)


@pytest.fixture
def result(scene: Scene, motion: PolicyMotion) -> CampaignResult:
    found = run_campaign(Runner(scene, motion), QUICK, 2, progress=False)
    return replace(found, command="elcd simulate arcs.pt --pushes 2")


def stored(folder: Path, name: str, values: object) -> None:
    (folder / name).write_text(json.dumps(values), encoding="utf-8")


def test_campaigns_comparisons_and_sweeps_stand_on_it(
    result: CampaignResult,
    scene: Scene,
    motion: PolicyMotion,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, page = tmp_path / "results", tmp_path / "docs" / "page.md"
    folder.mkdir()
    replayed = replace(result, method="timed replay", kinematic=[])
    stored(folder, "point.json", result.to_dict())
    compared = {"campaigns": [result.to_dict(), replayed.to_dict()]}
    stored(folder, "compared.json", compared)
    runner = Runner(scene, motion)
    sweep = run_sweep(runner, QUICK, 1, progress=False, rates=(50.0,), latencies=(0.0, 0.1))
    stored(folder, "sweep.json", {**sweep, "command": "elcd simulate arcs.pt --sweep"})
    assert main(["disturbances", "--results", str(folder), "--output", str(page)]) == 0
    files = [Path(line) for line in capsys.readouterr().out.split()]
    assert files[0] == page
    assert {file.name for file in files[1:]} == {
        "disturbance_paths.png",
        "disturbance_spread.png",
        "disturbance_compared.png",
        "disturbance_sweep_point_ElcdField.png",
    }
    text = page.read_text(encoding="utf-8")
    assert all(f"images/{file.name}" in text and file.is_file() for file in files[1:])
    assert "elcd simulate arcs.pt --pushes 2\nelcd simulate arcs.pt --sweep\n" in text
    assert f"| point | ElcdField | 2 | {100 * result.recovered_share:.3g} %" in text
    # Compared ones have a table of their own.
    assert text.count(f"| point | ElcdField | 2 | {100 * result.recovered_share:.3g} %") == 1
    assert "### `random_push" in text
    assert f"| timed replay | {100 * result.recovered_share:.0f} %" in text
    assert "| point | ElcdField | 2 | (i) | kinematic, to the goal |" in text
    assert "| 50 Hz |" in text
    render(folder, page)
    assert page.read_text(encoding="utf-8") == text


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no results in"):
        render(tmp_path, tmp_path / "page.md")
    stored(tmp_path, "other.json", {"answer": 42})
    with pytest.raises(ParameterError, match=r"other\.json is no result"):
        render(tmp_path, tmp_path / "page.md")


def test_a_result_survives_its_json(result: CampaignResult) -> None:
    assert CampaignResult.from_dict(json.loads(result.to_json())) == result
