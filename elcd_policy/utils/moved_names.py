"""Names that a module had before, still found there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def forward(module: str, names: dict[str, str]) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for ``module`` that finds each of ``names`` in another module.

    The other module is imported when the name is first asked for, so that a room need not
    depend on the one its old names moved to.

    Raises
    ------
    AttributeError
        From the function returned, for any other name.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(importlib.import_module(names[name]), name)

    return find
