"""``elcd benchmark``: runs that resume, one line for bad input, pages at the end."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elcd_policy.cli.main import main
from elcd_policy_benchmarks import subjects
from elcd_policy_benchmarks.subjects import DOCS, SUBJECTS

QUICK = ["--settings", "linear_steps=2,shooting_steps=1,couplings=1,width=4,draws=1"]


def test_from_a_run_to_the_page(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    results, docs = tmp_path / "results", tmp_path / "docs"
    docs.mkdir()
    shutil.copy(DOCS / "benchmarks.md", docs)
    run = ["benchmark", "lasa", "--shapes", "line", "--seeds", "3", "--fields", "elcd", *QUICK]
    run += ["--parts", "a", "--workers", "1", "--output", str(results / "lasa.jsonl"), "--json"]
    for ran, skipped in ((3, 0), (0, 3)):
        assert main(run) == 0
        out, _ = capfd.readouterr()
        assert json.loads(out) == {
            "file": str(results / "lasa.jsonl"),
            "ran": ran,
            "skipped": skipped,
            "failures": [],
        }
    render = ["benchmark", "lasa", "--render", "--results", str(results), "--docs", str(docs)]
    assert main([*render, "--tables"]) == 0
    assert capfd.readouterr().out == f"{docs / 'benchmarks.md'}\n"
    text = (docs / "benchmarks.md").read_text()
    assert "linear_steps 2" in text
    assert "| ELCD field | 1 x 1 |" in text
    assert "(1 of 26 shapes) | open |" in text
    # What was not run is said; what another subject fills in stays.
    assert "<!-- lasa settings -->\nNot run.\n<!-- end -->" in text
    assert "| TorchScript, 2-D |" in text
    assert main([*render]) == 0
    assert main([*render, "--json"]) == 0
    files = json.loads(capfd.readouterr().out.splitlines()[-1])["files"]
    assert all(Path(file).is_file() for file in files if file.endswith(".md"))


def test_a_failed_job_is_status_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "euclideanizing_flows"
    package.mkdir()
    (package / "flows.py").write_text("raise RuntimeError('it is broken')\n")
    (package / "train_utils.py").touch()
    run = ["benchmark", "lasa", "--shapes", "Line", "--seeds", "0", "--parts", "a"]
    run += ["--fields", "none", "--eflow", str(tmp_path), "--output", str(tmp_path / "r.jsonl")]
    assert main([*run, "--workers", "1"]) == 1
    out, _ = capfd.readouterr()
    first, second, _ = out.splitlines()
    assert first == (
        "failed     part a, shape Line, method eflow, seed 0, shown 4: RuntimeError: it is broken"
    )
    assert second == "ran        3, 0 were finished before"


def test_every_subject_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["benchmark", "--help"])
    out = capsys.readouterr().out
    assert all(entry.about in out for entry in SUBJECTS.values())
    for name in SUBJECTS:
        with pytest.raises(SystemExit):
            main(["benchmark", name, "--help"])
        assert f"elcd benchmark {name} " in capsys.readouterr().out


def test_outside_a_checkout_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subjects, "RESULTS", tmp_path / "results")
    assert main(["benchmark", "lasa", "--render"]) == 2
    _, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "benchmarks run from a checkout of this repository only" in err
    assert "pip install -e '.[benchmarks]'" in err


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "the following arguments are required: SUBJECT; see: elcd benchmark --help"),
        (["speed"], "invalid choice: 'speed'"),
        (["lasa", "--shapes", "Sshap"], "did you mean 'Sshape'"),
        (["lasa", "--fields", "linear"], "unknown field: got 'linear'"),
        (["lasa", "--parts", "z"], "unknown protocol: got 'z', expected a, b, c, d"),
        (["lasa", "--shapes", "pendulum-2"], "no data for pendulum-2: expected --pendulum FOLDER"),
        (
            ["lasa", "--shapes", "pendulum-2", "--pendulum", "nowhere"],
            "n-2.npz can't be read as pendulum data: got FileNotFoundError",
        ),
        (["lasa", "--pendulum", "nowhere"], "n-2.npz can't be read as pendulum data"),
        (["lasa", "--eflow", "nowhere"], "not a checkout of EFlow: got nowhere"),
        (["tick_and_cost", "--eflow", "nowhere"], "not a checkout of EFlow: got nowhere"),
        (["lasa", "--seeds", ""], "not a list of numbers: got ''"),
        (["lasa", "--seeds", "one"], "not a list of numbers: got 'one', expected such as 0,1,2"),
        (["lasa", "--settings", "steps=1"], "unknown setting: got 'steps', expected couplings"),
        (["lasa", "--settings", "width=0"], "the training setting 'width' is out of range: got 0"),
        (
            ["lasa", "--settings", "width=x"],
            "the training setting 'width' is not a number: got 'x'",
        ),
        (
            ["lasa", "--workers", "0", "--output", "r.jsonl"],
            "no worker: got 0, expected at least 1",
        ),
        (["tick_and_cost", "--rounds", "0"], "too few rounds: got 0"),
        (["tick_and_cost", "--dimensions", "1,2"], "a dimension is out of range: got 1"),
        (["sequences", "--parts", "pixels"], "unknown part: got 'pixels', expected digits"),
        (["sequences", "--models", "RNN"], "unknown model: got 'RNN'"),
        (["perception", "--scenes", "0"], "too few scenes: got 0"),
        (["perception", "--seeds", "a"], "not a list of numbers: got 'a'"),
        (["compression", "--parts", "sizes"], "unknown part: got 'sizes'"),
        (["ros", "--executors", "fast"], "unknown executor: got 'fast'"),
        (["disturbances", "--parts", "wind"], "unknown part: got 'wind'"),
    ],
)
def test_wrong_arguments_are_one_line(
    argv: list[str],
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", *argv]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert text in err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_keeps_what_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "lasa.jsonl"
    command = [
        sys.executable,
        "-m",
        "elcd_policy.cli.main",
        "benchmark",
        "lasa",
        "--shapes",
        "Line",
    ]
    command += ["--parts", "a", "--workers", "1", "--output", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        # The bar moves when a job's line is written; the baselines come first.
        seen = b""
        while not re.search(rb"[1-9]/8", seen):
            byte = process.stderr.read(1)
            assert byte, seen
            seen += byte
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    lines = path.read_text().splitlines()
    assert json.loads(lines[0])["job"]["method"] == "mean"
