"""``elcd certify``: a table or one JSON object, and the verdict as exit status."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from elcd_policy import MotionPolicy, certify, load, save
from elcd_policy.cli.main import main
from elcd_policy.formats.archive import METADATA_FILE

Saved = Callable[..., Path]


def test_the_table_ends_with_the_verdict(
    policy_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", str(policy_file)]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[-1] == "verdict  certified"
    assert max(map(len, lines)) <= 110
    for line in (
        "  field   ElcdField behind 2 AffineCoupling",
        "  kind    equilibrium contraction",
        "  metric  J_phi(x)^T J_phi(x)",
        "  rate c  1.6 1/s, 4 e-foldings per demonstrated duration",
    ):
        assert line in lines
    assert sum(line.endswith("  holds") for line in lines) == 11
    rows = [line.strip() for line in lines[lines.index("What the robot's side does to it") :]]
    assert rows.count("loses  nothing") == 1
    assert "speed scale k > 0" in rows


def test_json_is_the_certificate(policy_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", str(policy_file), "--json"]) == 0
    out, err = capfd.readouterr()
    assert (err, out.count("\n")) == ("", 1)
    expected = {"policy": str(policy_file), **certify(load(policy_file)).to_dict()}
    assert json.loads(out) == json.loads(json.dumps(expected))


def test_a_broken_file_is_not_certified(
    trained: Callable[..., MotionPolicy],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    saved: Saved,
) -> None:
    policy = trained(2, "elcd")
    policy.field.out.bias[0] = math.nan
    path = saved(policy, tmp_path / "policy.pt")
    assert main(["certify", str(path)]) == 1
    out, err = capfd.readouterr()
    assert err == ""
    assert out.splitlines()[-1] == (
        "verdict  not certified: weights are not finite: field.out.bias, law.entries"
    )
    assert main(["certify", str(path), "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["verdict"] == "not certified"


def test_a_damaged_file_is_not_certified(
    policy_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy_file.write_bytes(policy_file.read_bytes()[:-500])
    assert main(["certify", str(policy_file)]) == 1
    assert capfd.readouterr().out.startswith("verdict  not certified: ")
    assert main(["certify", str(policy_file), "--json"]) == 1
    answer = json.loads(capfd.readouterr().out)
    assert answer["verdict"] == "not certified"
    assert len(answer["reasons"]) == 1


def test_a_missing_file_is_bad_input(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "none.pt", tmp_path):
        assert main(["certify", str(path)]) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith(f"elcd: no policy file at {path}")


@pytest.mark.parametrize("content", [b"", b"t,x,y\n", b"PK\x03\x04 of something else"])
def test_what_is_no_policy_file_is_bad_input(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(content)
    assert main(["certify", str(path)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"elcd: {path} is no policy file")


def test_weights_that_are_not_the_certified_ones_are_refused(
    trained: Callable[..., MotionPolicy], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, files = tmp_path / "policy.pt", {METADATA_FILE: ""}
    save(trained(2, "elcd"), path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module = torch.jit.load(str(path), _extra_files=files)
        module.state_dict()["field.out.bias"].add_(0.01)
        torch.jit.save(module, str(path), _extra_files=files)
    assert main(["certify", str(path)]) == 1
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith(f"verdict  not certified: the weights in {path} are not those")


def test_motions_are_enclosed_on_request(
    policy_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", str(policy_file), "--enclose", "2", "--json"]) == 0
    reach = json.loads(capfd.readouterr().out)["reach"]
    assert reach["radius"] == 2
    assert reach["sampled_farthest"] <= reach["farthest"] <= 1.3 * reach["sampled_farthest"]
    assert main(["certify", str(policy_file), "--enclose", "0"]) == 2
    assert "the radius is out of range: got 0" in capfd.readouterr().err
