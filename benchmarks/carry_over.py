"""Carry results over to this checkout's training code, if it trains what another commit's did.

``python -m elcd_policy_benchmarks.carry_over COMMIT``
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from elcd_policy.utils.files import write_atomically

from .fingerprint import PACKAGE, code_hash, sources, training_code
from .subjects import RESULTS, ROOT, check_checkout

#: What is trained to compare: shapes with either field, seed 0. A sum in another order shows in
#: the first steps, so a few of each stage are enough; the usual settings are compared as such.
SHAPES, FIELDS = ("Sshape", "Angle+CShape"), ("elcd", "monotone")
#: Runs in either checkout; prints a hash of all weights and of a rollout.
PROGRAM = """
import dataclasses, hashlib, sys
from elcd_policy import TrainingSettings, fit, load_demonstrations
shown = load_demonstrations("lasa:" + sys.argv[1])
usual = TrainingSettings()
short = dataclasses.replace(usual, linear_steps=60, shooting_steps=40)
policy = fit(shown, sys.argv[2], settings=short, seed=0, progress=False)
digest = hashlib.sha256(repr(sorted(dataclasses.asdict(usual).items())).encode())
for name, value in sorted(policy.state_dict().items()):
    digest.update(name.encode() + value.numpy().tobytes())
digest.update(policy.rollout(shown[0].position[0], shown.duration, 0.1)[1].tobytes())
print(digest.hexdigest())
"""


def trained_at(folder: Path) -> list[str]:
    """Return what `PROGRAM` prints for each shape and field, with the package in ``folder``."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    return [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, shape, field],
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
        ).stdout.strip()
        for shape in SHAPES
        for field in FIELDS
    ]


def rename_code(folder: Path, old: str, new: str) -> int:
    """Rename a training code in all results of a folder; return in how many records."""
    count = 0
    for path in sorted(folder.glob("*.jsonl")):
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found = [record for record in records if record.get("code") == old]
        for record in found:
            record["code"] = new
        if found:
            with write_atomically(path) as file:
                file.write("".join(json.dumps(record) + "\n" for record in records).encode())
        count += len(found)
    return count


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and rename if all is equal; return 1 if it is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="whose training made the results")
    args = parser.parse_args(argv)
    check_checkout()
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", args.commit, PACKAGE.name], cwd=ROOT, check=True, capture_output=True
        )
        subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
        old = code_hash(sources(Path(folder) / PACKAGE.name))
        if old == training_code():
            print(f"the code is {old} at both")
            return 0
        before, here = trained_at(Path(folder)), trained_at(ROOT)
    if before != here:
        print(f"{old} and {training_code()} train different policies: nothing is carried over")
        return 1
    count = rename_code(RESULTS, old, training_code())
    print(f"{old} is {training_code()} in {count} records; now run: elcd benchmark all --render")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
