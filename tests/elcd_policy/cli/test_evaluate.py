"""``elcd evaluate``: scores of a policy on demonstrations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from elcd_policy import MotionPolicy, evaluate, load, load_demonstrations
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import save_demonstrations
from elcd_policy.evaluation import Scores

Saved = Callable[..., Path]
#: Status of a policy that is trained too briefly to follow its demonstrations.
UNFIT = 1


@pytest.fixture
def source(arcs: Callable, tmp_path: Path) -> Path:
    save_demonstrations(arcs(2, 2), tmp_path / "demos")
    return tmp_path / "demos"


def test_json_holds_what_evaluate_returns(
    policy_file: Path, source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(policy_file), str(source), "--json"]) == UNFIT
    answer = json.loads(capfd.readouterr().out)
    scores = evaluate(load(policy_file), load_demonstrations(source))
    assert (answer["policy"], answer["source"]) == (str(policy_file), str(source))
    assert answer["units"] == "mm"
    assert answer["demonstrations"] == [pytest.approx(score.to_dict()) for score in scores]
    assert answer["mean"] == pytest.approx(Scores.mean(scores).to_dict())


def test_the_table_has_a_row_for_each_demonstration_and_the_mean(
    policy_file: Path, source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(policy_file), str(source)]) == UNFIT
    out, err = capfd.readouterr()
    assert err == ""
    *rows, motion = [line.split() for line in out.splitlines()]
    assert " ".join(motion[:4]) == "motion all 2 demonstrations"
    assert rows[0] == ["[mm]", "dtw", "rmse", "frechet", "end", "end_2x", "chamfer_dtwd"]
    assert [row[0] for row in rows[1:-1]] == [demo.name for demo in load_demonstrations(source)]
    assert rows[-1][0] == "mean"
    dtw = [float(row[1]) for row in rows[1:]]
    assert dtw[-1] == pytest.approx(sum(dtw[:-1]) / 2, rel=0.01)


def test_units_may_be_told(
    policy_file: Path, source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(policy_file), str(source), "--units", "cm", "--json"]) == UNFIT
    assert json.loads(capfd.readouterr().out)["units"] == "cm"


def test_poses_have_a_table_in_mm_and_one_in_deg(
    pose_policy: MotionPolicy,
    poses: Callable,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    saved: Saved,
) -> None:
    file = saved(pose_policy, tmp_path / "pose.pt")
    source = save_demonstrations(poses(2), tmp_path / "poses")
    assert main(["evaluate", str(file), str(source)]) == UNFIT
    rows = [line.split() for line in capfd.readouterr().out.splitlines()]
    each = ["demo_0", "demo_1", "mean"]
    assert [row[0] for row in rows] == ["[mm]", *each, "[deg]", *each, "motion"]
    assert main(["evaluate", str(file), str(source), "--json"]) == UNFIT
    mean = json.loads(capfd.readouterr().out)["mean"]
    assert mean["position_mm"]["dtw"] == pytest.approx(float(rows[3][1]), rel=0.01)
    assert mean["orientation_deg"]["dtw"] == pytest.approx(float(rows[7][1]), rel=0.01)


def test_metres_are_shown_as_millimetres(
    policy_file: Path, arcs: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = save_demonstrations(arcs(2, 2), tmp_path / "demos")
    tables = []
    for units in ("mm", "m"):
        assert main(["evaluate", str(policy_file), str(source), "--units", units]) == UNFIT
        tables.append(capfd.readouterr().out.splitlines())
    # The arcs extend over 50 of whatever unit: of 50 m people read metres.
    assert [table[0][:4] for table in tables] == ["[mm]", "[m] "]
    assert Scores(*[0.001] * 6).scaled(1000.0) == Scores(*[1.0] * 6)
    source = save_demonstrations(arcs(2, 2, metres_per_unit=1.0), tmp_path / "small")
    assert main(["evaluate", str(policy_file), str(source)]) == UNFIT
    assert capfd.readouterr().out.startswith("[mm]")
