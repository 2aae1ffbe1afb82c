"""Which training code made a result: results of other code are run again, or told apart."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import elcd_policy

PACKAGE = Path(elcd_policy.__file__).parent
#: What a trained field and its rollouts depend on; a folder stands for its modules.
SOURCES = ("fields", "flows", "training", "policy.py", "rollout.py")


@cache
def training_code() -> str:
    """Hash of this version's training code, as it was when first asked for."""
    return code_hash(
        path
        for source in SOURCES
        for path in (
            [PACKAGE / source]
            if source.endswith(".py")
            else sorted((PACKAGE / source).glob("*.py"))
        )
    )


def code_hash(paths: Iterable[Path]) -> str:
    """Hash of what Python modules do: layout, comments and docstrings don't count."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\n{_without_words(path.read_text(encoding='utf-8'))}\n".encode())
    return digest.hexdigest()[:12]


def _without_words(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                child
                for child in node.body
                if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))
            ]
    return ast.unparse(tree)
