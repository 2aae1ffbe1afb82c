"""Result files: whole lines, whatever happened to the writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcd_policy.benchmarks.store import append_record, read_records
from elcd_policy.errors import ParameterError


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
