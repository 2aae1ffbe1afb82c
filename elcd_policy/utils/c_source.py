"""Numbers and parts of the C source that flows and fields are written as."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import ExportError

#: Partial sums of a product over hidden units: a compiler makes vector operations of them
#: without being allowed to reorder a sum. Hidden layers are padded with zeros to as many.
LANES = 8


@dataclass(frozen=True)
class CFlow:
    """A flow in C; in all texts ``@name@`` stands for the header's prefix and ``@D@`` for d.

    Parameters
    ----------
    declarations : tables of weights, and functions, at the level of the file.
    encode : statements that turn ``float x[@D@]``, data, into latent coordinates, in place.
    pushforward : statements that turn ``float v[@D@]``, a latent velocity, into one of the data,
        in place, in the same scope and after `encode`.
    """

    declarations: str
    encode: str
    pushforward: str


def c_numbers(values: Tensor) -> str:
    """Return the initialiser of a float array, in the order in which the tensor lies.

    Raises
    ------
    ExportError
        If a number is not finite.
    """
    array: NDArray[np.float32] = values.detach().numpy().astype(np.float32)
    if not np.isfinite(array).all():
        raise ExportError(
            "this policy can't be written as C",
            got="weights that are not finite",
            expected="finite ones",
            advice="write it as *.pt",
        )
    rows, line = [], ""
    for text in map(c_number, array.ravel()):
        if len(line) + len(text) > 96:
            rows.append(line.rstrip())
            line = ""
        line += f"{text}, "
    return "{\n  " + "\n  ".join([*rows, line.rstrip(", ")]) + "}"


def c_number(value: Any) -> str:
    """Return a float32 as C writes it, to the bit."""
    text = str(np.float32(value))
    return f"{text}f" if re.search(r"[.e]", text) else f"{text}.0f"


def c_table(name: str, values: Tensor) -> str:
    """Return the declaration of a table of floats whose name is ``@name@_`` and ``name``."""
    return f"static const float @name@_{name}[] = {c_numbers(values)};"
