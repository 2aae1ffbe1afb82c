"""Docstrings say what a thing is or does: they exist, and none begins with a question word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("elcd_policy", "sim", "ros2_nodes", "benchmarks")
QUESTION = re.compile(r"(What|Why|Of|How|Where|Who)\b")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documented(package: str) -> Iterator[tuple[str, Documented, bool]]:
    """Place, node and whether it is public, of all that can have a docstring."""
    for path in sorted((ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, Documented):
                name = getattr(node, "name", path.stem)
                public = node is tree or (node in tree.body and not name.startswith("_"))
                yield f"{path.relative_to(ROOT)}: {name}", node, public


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_begins_with_a_question_word(package: str) -> None:
    texts = [(place, ast.get_docstring(node) or "") for place, node, _ in documented(package)]
    assert len(texts) > 100
    assert [place for place, text in texts if QUESTION.match(text)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_public_has_a_docstring(package: str) -> None:
    missing = [
        place
        for place, node, public in documented(package)
        if public and not ast.get_docstring(node)
    ]
    assert missing == []
