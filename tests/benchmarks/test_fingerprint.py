"""The hash of the training code changes with what it does, not with how it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcd_policy_benchmarks.fingerprint import PACKAGE, code_hash, sources, training_code

CODE = '''
"""Text."""

import math
from .fields import FIELDS

RATE = 2.0


@registered
class Field(Base):
    kind = "linear"
    proof: str = "none"

    def __init__(self, gain: float) -> None:
        self.gain: float = gain

    def forward(self, x):
        return self.gain * x if self.kind else x

    def describe(self):
        """Nothing that trains asks for this."""
        return {"gain": self.gain}


def fit(x, seed: int = 0):
    """More text."""
    if seed < 0:
        raise ValueError("out of range")
    return step(Field(RATE), x)  # why


def step(field, x):
    return field(x) + helper(x)


def helper(x):
    return 2 * x


def plot(x):
    return x
'''


def hashed(folder: Path, code: str = CODE) -> str:
    folder.mkdir()
    (folder / "module.py").write_text(code)
    return code_hash([folder / "module.py"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""More text."""', '"""Other words."""'),
        ("return 2 * x", "return (2 * x)  # twice"),
        ("import math\nfrom .fields import FIELDS", "from .elsewhere import FIELDS"),
        ("seed: int = 0", "seed=0"),
        ('ValueError("out of range")', 'ParameterError("out of range", got=seed)'),
        ('return {"gain": self.gain}', "return [self.gain]"),
        ("def describe(self):", "def to_dict(self):"),
        ("self.gain: float = gain", "self.gain = gain"),
        ("@registered\n", ""),
        ('proof: str = "none"', 'proof: str = "some"'),
        ("def plot(x):\n    return x\n", ""),
    ],
)
def test_what_does_not_decide_a_policy_does_not_count(old: str, new: str, tmp_path: Path) -> None:
    assert old in CODE
    assert hashed(tmp_path / "new", CODE.replace(old, new)) == hashed(tmp_path / "old")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return 2 * x", "return 2.0 * x"),
        ("RATE = 2.0", "RATE = 3.0"),
        ("seed: int = 0", "seed: int = 1"),
        ("seed < 0", "seed < 1"),
        ("return self.gain * x if", "return x if"),
        ('kind = "linear"', 'kind = "cubic"'),
        ("self.gain: float = gain", "self.gain: float = 2 * gain"),
        ("Field(Base)", "Field(Other)"),
    ],
)
def test_what_decides_a_policy_counts(old: str, new: str, tmp_path: Path) -> None:
    assert old in CODE
    assert hashed(tmp_path / "new", CODE.replace(old, new)) != hashed(tmp_path / "old")


def test_a_definition_counts_wherever_it_stands(tmp_path: Path) -> None:
    whole = hashed(tmp_path / "one")
    first, helper = CODE.split("def helper")
    (tmp_path / "a.py").write_text(first)
    (tmp_path / "b.py").write_text("def helper" + helper)
    assert code_hash([tmp_path / "b.py", tmp_path / "a.py"]) == whole


def test_the_training_code_of_this_checkout_is_what_trains() -> None:
    names = {path.name for path in sources(PACKAGE)}
    assert {"fit.py", "elcd.py", "coupling.py", "policy.py", "rollout.py"} <= names
    assert len(training_code()) == 12
