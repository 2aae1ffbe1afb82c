"""``elcd benchmark``: runs that resume, one line for bad input, a page at the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elcd_policy.cli.main import main

QUICK = ["--settings", "linear_steps=20,shooting_steps=2,couplings=2,width=8,learning_rate=0.01"]


def test_from_a_run_to_the_page(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    results, page = tmp_path / "results", tmp_path / "docs" / "benchmarks.md"
    run = ["benchmark", "lasa", "--shapes", "line", "--seeds", "3", "--fields", "elcd", *QUICK]
    run += ["--output", str(results / "lasa.jsonl"), "--json"]
    for ran, skipped in ((4, 0), (0, 4)):
        assert main(run) == 0
        out, _ = capfd.readouterr()
        assert json.loads(out) == {
            "file": str(results / "lasa.jsonl"),
            "ran": ran,
            "skipped": skipped,
            "failures": [],
        }
    assert main(["benchmark", "render", "--results", str(results), "--output", str(page)]) == 0
    assert capfd.readouterr().out.splitlines()[0] == str(page)
    assert "learning_rate 0.01" in page.read_text()


def test_a_failed_job_is_status_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "euclideanizing_flows"
    package.mkdir()
    (package / "flows.py").write_text("raise RuntimeError('it is broken')\n")
    (package / "train_utils.py").touch()
    run = ["benchmark", "lasa", "--shapes", "Line", "--seeds", "0", "--protocols", "a"]
    run += ["--fields", "none", "--eflow", str(tmp_path), "--output", str(tmp_path / "r.jsonl")]
    assert main(run) == 1
    out, _ = capfd.readouterr()
    first, second, _ = out.splitlines()
    assert first == "failed     a Line eflow seed 0 shown 4: RuntimeError: it is broken"
    assert second == "ran        3, 0 were finished before"


def test_ticks_are_added_to_the_results(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tick.jsonl"
    few = ["--rounds", "1", "--dimensions", "2,7", "--output", str(path)]
    assert main(["benchmark", "tick", *few, "--json"]) == 0
    out, _ = capfd.readouterr()
    assert json.loads(out) == json.loads(path.read_text())
    assert {row["dimension"] for row in json.loads(out)["rows"]} == {2, 7}


def test_cost_is_added_to_the_results(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cost.jsonl"
    tiny = ["--settings", "linear_steps=1,shooting_steps=1,couplings=2,width=8"]
    assert main(["benchmark", "cost", "--output", str(path), *tiny]) == 0
    table = capfd.readouterr().out.splitlines()
    record = json.loads(path.read_text())
    rows = record["rows"]
    assert (record["settings"]["width"], len(record["code"])) == (8, 12)
    assert [row["dimension"] for row in rows] == [2, 4, 8, 16, 32, 2, 2, 2]
    assert [row["samples"] for row in rows][-4:] == [7_000, 700, 70_000, 700_000]
    assert table[2:10] == [
        f"| {r['dimension']} | {r['samples']} | {r['cpu_s']:.1f} |" for r in rows
    ]


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "the following arguments are required: NAME; see: elcd benchmark --help"),
        (["speed"], "invalid choice: 'speed'"),
        (["lasa", "--shapes", "Sshap"], "did you mean 'Sshape'"),
        (["lasa", "--fields", "linear"], "unknown field: got 'linear'"),
        (["lasa", "--protocols", "z"], "unknown protocol: got 'z', expected a, b, c, d"),
        (["lasa", "--shapes", "pendulum-2"], "no data for pendulum-2: expected --pendulum FOLDER"),
        (
            ["lasa", "--shapes", "pendulum-2", "--pendulum", "nowhere"],
            "n-2.npz can't be read as pendulum data: got FileNotFoundError",
        ),
        (["lasa", "--pendulum", "nowhere"], "n-2.npz can't be read as pendulum data"),
        (["lasa", "--eflow", "nowhere"], "not a checkout of EFlow: got nowhere"),
        (["cost", "--eflow", "nowhere"], "not a checkout of EFlow: got nowhere"),
        (["lasa", "--seeds", ""], "seeds are not numbers: got ''"),
        (["lasa", "--seeds", "one"], "seeds are not numbers: got 'one', expected 0,1,2"),
        (["lasa", "--settings", "steps=1"], "unknown setting: got 'steps', expected couplings"),
        (["lasa", "--settings", "width=0"], "the training setting 'width' is out of range: got 0"),
        (
            ["lasa", "--settings", "width=x"],
            "the training setting 'width' is not a number: got 'x'",
        ),
        (["lasa", "--workers", "0"], "no worker: got 0, expected at least 1"),
        (["settings", "--shapes", "Sshap"], "did you mean 'Sshape'"),
        (["tick", "--rounds", "0"], "too few rounds: got 0"),
        (["tick", "--dimensions", "1,2"], "dimensions are out of range: got '1,2'"),
        (["render", "--results", "nowhere"], "no results in nowhere"),
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
    command += ["--protocols", "a", "--workers", "1", "--output", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        # The bar moves when a job's line is written; the baselines come first.
        seen = b""
        while b"1/" not in seen:
            seen += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    lines = path.read_text().splitlines()
    assert json.loads(lines[0])["method"] == "mean"
