"""The training code that a result is of: results of other code are run again, or marked as such."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import elcd_policy

PACKAGE = Path(elcd_policy.__file__).parent
#: Where a trained field and its rollouts come from; a folder stands for its modules.
SOURCES = ("fields", "flows", "training", "policy.py", "rollout.py")
#: Entry points, and functions below them that only describe the result.
ROOTS, DESCRIPTIONS = ("fit", "rollout"), ("_metadata",)
#: Called by torch, not by name.
IMPLICIT = ("forward",)


@cache
def training_code() -> str:
    """Return the hash of the training code of this checkout, as it was when first asked for."""
    return code_hash(sources(PACKAGE))


def sources(package: Path) -> list[Path]:
    """Return the modules of `SOURCES` in a folder that holds ``elcd_policy``'s modules."""
    return [
        path
        for source in SOURCES
        for path in sorted((package / source).glob("*.py")) or [package / source]
    ]


def code_hash(
    paths: Iterable[Path], roots: Iterable[str] = ROOTS, aside: Iterable[str] = DESCRIPTIONS
) -> str:
    """Return a hash of what decides a trained policy.

    Those definitions count that can be reached from ``roots`` by the names they use, wherever they
    stand. Layout, comments, docstrings, annotations, imports, the texts of errors, and what
    nothing on the way to a policy mentions (such as a class's description of itself) do not.

    Parameters
    ----------
    paths : modules.
    roots : names of functions to begin with.
    aside : names that do not count although they are used.
    """
    definitions: dict[str, list[tuple[str, str, set[str]]]] = {}
    for path in paths:
        for owner, name, node in _definitions(ast.parse(path.read_text(encoding="utf-8"))):
            used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            used |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            text = f"{owner}.{name} {ast.unparse(node)}"
            definitions.setdefault(name, []).append((owner, text, used))
    reached: set[str] = set()
    wanted = set(roots)
    while new := wanted - reached - set(aside):
        reached |= new
        wanted = {name for each in new for *_, used in definitions.get(each, []) for name in used}
        wanted |= {
            name
            for name, found in definitions.items()
            if name in IMPLICIT or name.startswith("__")
            for owner, *_ in found
            if owner in reached
        }
    texts = [
        text
        for name in reached
        for owner, text, _ in definitions.get(name, [])
        if not owner or owner in reached
    ]
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:12]


def _definitions(tree: ast.Module) -> Iterator[tuple[str, str, ast.AST]]:
    """Yield the class (or ""), the name and the node of each definition of a module."""
    for node in _Bare().visit(tree).body:
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                yield from ((node.name, name, each) for name in _names(each))
            # What is registered or made a data class by a decorator is used by its name.
            yield (
                "",
                node.name,
                ast.ClassDef(node.name, node.bases, node.keywords, [ast.Pass()], []),
            )
        else:
            yield from (("", name, node) for name in _names(node))


def _names(node: ast.AST) -> list[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign):
        return [ast.unparse(node.target)]
    if isinstance(node, ast.Assign):
        targets = [e for t in node.targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
        return [ast.unparse(target) for target in targets]
    return []


class _Bare(ast.NodeTransformer):
    """Drops what does not decide a result: docstrings, annotations, the texts of errors."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise(exc=None, cause=None)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if not isinstance(node.target, ast.Name):  # self.x: Tensor
            return None if node.value is None else ast.Assign([node.target], node.value, lineno=0)
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = node.body or [ast.Pass()]
        return node
