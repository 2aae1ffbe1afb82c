"""Result files: whole lines, whatever happened to the writer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.store import append_record, read_all, read_records, sole_writer


def test_records_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    assert read_records(path) == []
    records = [{"number": i, "text": "two\nlines", "list": [0.1, None]} for i in range(3)]
    for record in records:
        append_record(path, record)
    assert read_records(path) == records
    assert path.read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("left", [b'{"number": 1, "te', b'{"number": 1}'])
def test_half_a_line_is_dropped(left: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    append_record(path, {"number": 0})
    path.write_bytes(path.read_bytes() + left)
    assert read_records(path) == [{"number": 0}]
    append_record(path, {"number": 2})
    assert read_records(path) == [{"number": 0}, {"number": 2}]


@pytest.mark.parametrize("line", [b"time,x,y\n", b"[1]\n"])
def test_another_file_is_refused(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"{}\n" + line)
    with pytest.raises(ParameterError, match=r"does not hold results: got .* in line 2"):
        read_records(path)


def test_what_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        append_record(tmp_path / "results.jsonl", {"score": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_one_run_holds_a_file_until_it_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    code = (
        "import sys; from elcd_policy_benchmarks.store import sole_writer\n"
        "with sole_writer(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(ParameterError, match=r"another run is writing to .*name another"):
            sole_writer(path).__enter__()
    finally:
        # Killed, it lets go too.
        other.kill()
        other.communicate()
    with sole_writer(path):
        append_record(path, {"number": 0})
    with sole_writer(path):
        assert read_records(path) == [{"number": 0}]
    assert list(path.parent.iterdir()) == [path]


def test_results_in_several_files_are_read_together(tmp_path: Path) -> None:
    for number, name in enumerate(["lasa-eflow", "lasa", "tick"]):
        append_record(tmp_path / f"{name}.jsonl", {"number": number})
    assert read_all(tmp_path, "lasa") == [{"number": 0}, {"number": 1}]
    assert read_all(tmp_path / "nowhere", "lasa") == []
