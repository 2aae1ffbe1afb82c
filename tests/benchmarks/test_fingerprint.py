"""The hash of the training code changes with what it does, not with how it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcd_policy_benchmarks.fingerprint import code_hash

CODE = '"""Text."""\n\ndef gain(x):\n    """More text."""\n    return 2 * x  # why\n'


@pytest.mark.parametrize(
    ("code", "same"),
    [
        ("def gain(x): return 2 * x", True),
        ('def gain(x):\n    """Words."""\n    return (2 * x)\n', True),
        ("def gain(x):\n    return 2.0 * x\n", False),
        ("def gain(y):\n    return 2 * y\n", False),
    ],
)
def test_words_and_layout_do_not_count(code: str, same: bool, tmp_path: Path) -> None:
    one, other = tmp_path / "one" / "gain.py", tmp_path / "other" / "gain.py"
    for path, text in ((one, CODE), (other, code)):
        path.parent.mkdir()
        path.write_text(text)
    assert (code_hash([one]) == code_hash([other])) == same


def test_names_and_order_of_modules_count(tmp_path: Path) -> None:
    paths = [tmp_path / "a.py", tmp_path / "b.py"]
    for number, path in enumerate(paths):
        path.write_text(f"x = {number}\n")
    renamed = [paths[0].replace(tmp_path / "c.py"), paths[1]]
    paths[0].write_text("x = 0\n")
    assert len({code_hash(given) for given in (paths, paths[::-1], renamed)}) == 3
