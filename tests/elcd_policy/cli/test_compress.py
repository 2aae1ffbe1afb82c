"""``elcd compress``: a small file, its sizes and its verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from elcd_policy import MotionPolicy, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import DemonstrationSet, save_demonstrations


def test_a_policy_file_becomes_a_small_one(
    trained: Callable[..., MotionPolicy],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy, file = tmp_path / "policy.pt", tmp_path / "new" / "small.elcdz"
    save(trained(), policy)
    status = main(["compress", str(policy), "-o", str(file), "--steps", "2", "--json"])
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert status == 0
    assert "fine-tuning" in err
    assert answer["file"] == str(file)
    assert answer["file_bytes_before"] == policy.stat().st_size
    assert answer["file_bytes_after"] == file.stat().st_size < policy.stat().st_size / 6
    assert answer["weight_bytes_before"] > 4 * answer["weight_bytes_after"]
    assert (answer["verdict"], answer["reasons"]) == ("certified", [])
    assert answer["before"]["units"] == "mm"
    assert answer["before"]["dtw"] < answer["after"]["dtw"]
    assert certificate_fault(load(file)) == ""
    for command in (["info"], ["certify"]):
        assert main([*command, str(file)]) == 0
    assert "verdict    certified" in capsys.readouterr().out


def test_it_is_scored_on_the_source(
    trained: Callable[..., MotionPolicy],
    tmp_path: Path,
    arcs: Callable[..., DemonstrationSet],
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy, file = tmp_path / "policy.pt", tmp_path / "small.elcdz"
    save(trained(), policy)
    shown = str(save_demonstrations(arcs(2), tmp_path / "shown", "csv"))
    arguments = ["compress", str(policy), shown, "--units", "mm", "-o", str(file), "--steps", "2"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("weights    ")
    assert "bits a weight, codebooks included" in out
    assert f"on {shown}" in out
    picture = tmp_path / "field.png"
    assert main(["plot", str(file), shown, "-o", str(picture)]) == 0
    assert picture.stat().st_size > 10_000
    capsys.readouterr()
    status = main(["evaluate", str(file), shown, "--units", "mm", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert status == (0 if answer["fit"]["passed"] else 1)
    dtw = answer["mean"]["dtw"]
    assert f"to {dtw:.3g} mm" in out


def test_what_can_not_be_certified_is_written_only_if_that_is_allowed(
    trained: Callable[..., MotionPolicy], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, path, file = trained(), tmp_path / "policy.pt", tmp_path / "small.elcdz"
    rate = 3 * policy.metadata.guarantee["rate"]
    guarantee = {**policy.metadata.guarantee, "rate": rate}
    policy.metadata = replace(policy.metadata, guarantee=guarantee)
    save(policy, path)
    arguments = ["compress", str(path), "-o", str(file), "--steps", "2"]
    assert main(arguments) == 1
    out = capsys.readouterr().out
    assert "not certified" in out
    assert "not written: --allow-uncertified" in out
    assert not file.exists()
    assert main([*arguments, "--allow-uncertified", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["verdict"]) == (str(file), "not certified")
    assert "it claims 12 e-foldings" in certificate_fault(load(file))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["none.pt", "-o", "a.elcdz"], "no policy file at none.pt"),
        (["policy.pt", "-o", "a.pt"], "expected a name ending in .elcdz"),
        (["policy.pt", "-o", "a.elcdz", "--bits", "9"], "got 9 bits"),
        (["policy.pt", "-o", "a.elcdz", "--dim", "0"], "for 0 weights"),
        (
            ["policy.pt", "-o", "a.elcdz", "--steps", "-1"],
            "too few steps: got -1, expected at least 0",
        ),
        (["policy.pt", "nowhere", "-o", "a.elcdz"], "nowhere"),
        (["policy.pt", "a", "b", "-o", "a.elcdz"], "one source: got a b"),
    ],
)
def test_bad_input_is_one_line(
    wrong: list[str],
    message: str,
    policy_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(policy_file.parent)
    assert main(["compress", *wrong]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[-1]
    assert list(policy_file.parent.iterdir()) == [policy_file]
