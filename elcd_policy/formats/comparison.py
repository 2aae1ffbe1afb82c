"""Whether a TorchScript archive is the one that this library writes for the same weights."""

from __future__ import annotations

import difflib
from typing import Any

import torch

from .pickled_data import PickledTensor
from .torchscript import TorchScriptArchive, walk

#: Attributes that torch adds to every module, not the same ones in each of its versions.
_TORCH_OWN = {"_is_full_backward_hook"}


def find_difference(stored: TorchScriptArchive, own: TorchScriptArchive) -> str:
    """Return what the data of an archive and of our own differ in; empty if in nothing.

    Parameters
    ----------
    stored : of the file.
    own : of the module that was rebuilt from the file's description and weights.
    """
    theirs, ours = (
        {name: value for name, value in walk(archive.root) if name.split(".")[-1] not in _TORCH_OWN}
        for archive in (stored, own)
    )
    for name in sorted(theirs.keys() ^ ours.keys()):
        return f"'{name}' is {'missing' if name in ours else 'not of such a module'}"
    records: dict[str, str] = {}
    for name in ours:
        difference = _difference(stored, own, theirs[name], ours[name])
        if difference:
            return f"'{name}' {difference}"
        if isinstance(ours[name], PickledTensor):
            mine, other = ours[name].storage[1], theirs[name].storage[1]
            if records.setdefault(mine, other) != other:
                return f"'{name}' shares its numbers with another tensor"
    if len(set(records.values())) != len(records):
        return "two tensors share their numbers"
    return _constants_difference(stored, own)


def find_code_difference(stored: TorchScriptArchive, own: TorchScriptArchive) -> str:
    """Return a line in which the text of the code differs; empty if in none."""
    theirs, ours = stored.canonical_code(), own.canonical_code()
    for first, second in zip(theirs, ours, strict=False):
        if first == second:
            continue
        lines = list(difflib.unified_diff(second.splitlines(), first.splitlines(), n=0))
        changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        where = second.splitlines()[0]
        return f"'{changed[-1][1:].strip()}' in {where}" if changed else where
    return "" if len(theirs) == len(ours) else f"{len(theirs)} classes, not {len(ours)}"


def _difference(stored: TorchScriptArchive, own: TorchScriptArchive, theirs: Any, ours: Any) -> str:
    if type(theirs) is not type(ours):
        return f"is a {type(theirs).__name__}, not a {type(ours).__name__}"
    if isinstance(ours, PickledTensor):
        first, second = stored.tensor(theirs), own.tensor(ours)
        if first.dtype != second.dtype or first.shape != second.shape:
            return f"is of shape {list(first.shape)}, not {list(second.shape)}"
        # As bits: a weight that is no number equals itself.
        if not torch.equal(first.nan_to_num(7.0), second.nan_to_num(7.0)) or not torch.equal(
            first.isnan(), second.isnan()
        ):
            return "has other numbers than those that follow from the weights"
        return ""
    if hasattr(ours, "qualified_name"):
        if theirs.original_name != ours.original_name:
            return f"is a {theirs.original_name}, not a {ours.original_name}"
        return ""
    return "" if theirs == ours else f"is {theirs}, not {ours}"


def _constants_difference(stored: TorchScriptArchive, own: TorchScriptArchive) -> str:
    theirs, ours = stored.constants, own.constants
    if len(theirs) != len(ours):
        return f"{len(theirs)} constants, not {len(ours)}"
    for index, (first, second) in enumerate(zip(theirs, ours, strict=True)):
        same = type(first) is type(second)
        if same and isinstance(second, PickledTensor):
            same = torch.equal(stored.tensor(first, "constants"), own.tensor(second, "constants"))
        elif same:
            same = first == second
        if not same:
            return f"constant {index} is another"
    return ""
