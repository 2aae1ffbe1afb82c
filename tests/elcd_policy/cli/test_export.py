"""``elcd export``: a policy file in another format, with its certificate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import MotionPolicy, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.cli.main import main


@pytest.fixture
def certified(fit_once: Callable[..., MotionPolicy], tmp_path: Path) -> Path:
    path = tmp_path / "arcs.pt"
    save(fit_once(2, "elcd"), path)
    return path


def test_a_certified_file_keeps_its_certificate(
    certified: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = load(certified)
    x = np.random.default_rng(0).uniform(-40.0, 40.0, (20, 2))
    for suffix in (".pt", ".onnx"):
        target = tmp_path / f"other{suffix}"
        assert main(["export", str(certified), "-o", str(target)]) == 0
        other = load(target)
        assert certificate_fault(other) == ""
        np.testing.assert_allclose(other.velocity(x), policy.velocity(x), atol=1e-3)
    assert main(["export", str(certified), "-o", str(tmp_path / "arcs.h")]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.count("verdict    certified\n") == 3
    assert "arcs_velocity" in (tmp_path / "arcs.h").read_text()


def test_json_is_one_object(
    certified: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "arcs.h"
    assert main(["export", str(certified), "-o", str(target), "--json"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "policy": str(certified),
        "file": str(target),
        "verdict": "certified",
    }


def test_a_policy_that_can_not_be_certified_is_written_and_the_answer_is_no(
    trained: Callable[..., MotionPolicy], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy, file, target = trained(2, "elcd"), tmp_path / "policy.pt", tmp_path / "arcs.h"
    policy.metadata.guarantee["rate"] *= 2
    save(policy, file, certify=False)
    assert main(["export", str(file), "-o", str(target)]) == 1
    out, _ = capfd.readouterr()
    assert out.startswith("verdict    not certified: it claims 8 e-foldings")
    assert target.is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["arcs.pt", "-o", "arcs.txt"], "expected a name ending in .pt or .onnx or .h"),
        (["nowhere.pt", "-o", "arcs.h"], "no policy file at nowhere.pt"),
        (["arcs.h", "-o", "arcs.pt"], "arcs.h is no policy file"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    certified: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arcs.h").write_text("/* */\n")
    assert main(["export", *arguments]) == 2
    _, err = capfd.readouterr()
    assert message in err
    assert len(err.splitlines()) == 1


def test_training_names_the_way_to_c(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "lasa:Sshape", "-o", "policy.h"]) == 2
    assert "elcd export writes a policy file as C" in capfd.readouterr().err
