"""Result files: whole lines, whatever happened to the writer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.store import append_record, load_records, read_records, sole_writer


def test_records_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    assert read_records(path) == []
    records = [{"job": {"number": i}, "text": "two\nlines", "list": [0.1, None]} for i in range(3)]
    for record in records:
        append_record(path, record)
    assert read_records(path) == records
    assert path.read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("left", [b'{"job": {"number": 1', b'{"job": {"number": 1}}'])
def test_half_a_line_is_dropped(left: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    append_record(path, {"job": {"number": 0}})
    path.write_bytes(path.read_bytes() + left)
    assert read_records(path) == [{"job": {"number": 0}}]
    append_record(path, {"job": {"number": 2}})
    assert read_records(path) == [{"job": {"number": 0}}, {"job": {"number": 2}}]


@pytest.mark.parametrize("line", [b"time,x,y\n", b"[1]\n", b"{}\n"])
def test_another_file_is_refused(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b'{"job": {}}\n' + line)
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
        append_record(path, {"job": {"number": 0}})
    with sole_writer(path):
        assert read_records(path) == [{"job": {"number": 0}}]
    assert list(path.parent.iterdir()) == [path]


def test_of_each_job_the_last_record_counts_whichever_file_it_is_in(tmp_path: Path) -> None:
    def record(number: int, result: int) -> dict:
        return {"job": {"number": number, "part": "a"}, "result": {"result": result}}

    append_record(tmp_path / "lasa.jsonl", record(0, 1))
    append_record(tmp_path / "lasa-more.jsonl", record(1, 2))
    append_record(tmp_path / "lasa.jsonl", record(0, 3))
    append_record(tmp_path / "other.jsonl", record(0, 4))
    found = load_records(tmp_path, "lasa")
    assert {each["number"]: each["result"] for each in found} == {0: 3, 1: 2}
    append_record(tmp_path / "lasa.jsonl", record(2, 5))
    append_record(tmp_path / "lasa.jsonl", record(0, 6))
    assert [each["result"] for each in load_records(tmp_path, "lasa")] == [2, 5, 6]
    assert load_records(tmp_path / "nowhere", "lasa") == []
