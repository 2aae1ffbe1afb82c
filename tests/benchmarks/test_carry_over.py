"""Results carried over to other code: only what was verified, only its own records."""

from __future__ import annotations

from pathlib import Path

from elcd_policy_benchmarks.carry_over import rename_code
from elcd_policy_benchmarks.store import append_record, read_records


def test_a_code_is_renamed_wherever_it_stands(tmp_path: Path) -> None:
    for name, codes in {"lasa": ["a1", "b2", None], "cost": ["a1"], "tick": [None]}.items():
        for number, code in enumerate(codes):
            record = {"job": {"number": number}, **({} if code is None else {"code": code})}
            append_record(tmp_path / f"{name}.jsonl", record)
    before = (tmp_path / "tick.jsonl").read_bytes()
    assert rename_code(tmp_path, "a1", "c3") == 2
    found = [record.get("code") for record in read_records(tmp_path / "lasa.jsonl")]
    assert found == ["c3", "b2", None]
    assert read_records(tmp_path / "cost.jsonl")[0]["code"] == "c3"
    assert (tmp_path / "tick.jsonl").read_bytes() == before
    assert rename_code(tmp_path, "a1", "c3") == 0
