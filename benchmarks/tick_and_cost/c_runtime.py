"""A policy's C header and a plain network in C, compiled here and called from Python."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from elcd_policy import LoadedPolicy, save
from elcd_policy.errors import ParameterError
from elcd_policy.formats.c.c_code import HEAD, TAIL
from elcd_policy.formats.c.c_file import HEADER
from elcd_policy.formats.c.c_header import filled
from elcd_policy.utils.c_source import c_numbers

#: As a robot's controllers are built; nothing that would let it reorder sums.
FLAGS = ("-std=c99", "-O3", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
NAME = "timed"
#: One position after the other, from one call.
_LOOP = f"""#include <stddef.h>
#include "{NAME}{HEADER}"
void run(int n, const float *x, const float *goal, float *velocity) {{
  const int d = {NAME.upper()}_DIMENSION;
  for (int i = 0; i < n; ++i) {NAME}_velocity(x + i * d, goal, velocity + i * d);
}}
"""
_NETWORK = """
static inline void @name@_velocity(const float *position, const float *goal, float *velocity) {
  (void)goal;
@BODY@
}
"""


def c_policy(policy: LoadedPolicy, x: Tensor) -> Callable[[], object]:
    """Return one call of the policy's header on ``x`` [N, d], the goal being an argument."""
    with tempfile.TemporaryDirectory() as folder:
        save(policy, Path(folder) / f"{NAME}{HEADER}", certify=False)
        library = compile_c(Path(folder))
    return _call(library, x, policy.get_goal().astype(np.float32))


def c_plain(network: nn.Sequential, x: Tensor) -> Callable[[], object]:
    """Return a call of linear layers with tanh between them, by a header's own functions."""
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{NAME}{HEADER}").write_text(_network(layers))
        library = compile_c(Path(folder))
    return _call(library, x, np.zeros(x.shape[1], np.float32))


def compile_c(folder: Path) -> ctypes.CDLL:
    """Return the library of the header in ``folder``: ``run(n, x, goal, velocity)``.

    Raises
    ------
    ParameterError
        Without a C compiler, or if it refuses.
    """
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        raise ParameterError(
            "no C compiler", got=compiler, expected="one on the PATH", advice="apt install gcc"
        )
    source, library = folder / "loop.c", folder / "loop.so"
    source.write_text(_LOOP)
    command = [compiler, *FLAGS, str(source), "-o", str(library), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        first = (done.stderr.strip() or "nothing").splitlines()[0]
        raise ParameterError(f"{compiler} refuses the header", got=first)
    return ctypes.CDLL(str(library))


def _call(
    library: ctypes.CDLL, x: Tensor, goal: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> Callable[[], object]:
    positions = np.ascontiguousarray(x.numpy(), dtype=np.float32)
    velocity = np.empty_like(positions)
    run, count = library.run, ctypes.c_int(len(positions))
    places = [ctypes.c_void_p(array.ctypes.data) for array in (positions, goal, velocity)]

    def tick() -> object:
        run(count, *places)
        return velocity

    tick.keeps = positions, goal  # type: ignore[attr-defined]  # alive as long as their addresses
    return tick


def _network(layers: list[nn.Linear]) -> str:
    """Return a header like a policy's, of linear layers d to d with tanh between them."""
    tables, lines, value = [], [], "position"
    for index, layer in enumerate(layers):
        rows, last = layer.out_features, index == len(layers) - 1
        weights = f"@name@_w_{index}", f"@name@_b_{index}"
        for name, tensor in zip(weights, (layer.weight.t(), layer.bias), strict=True):
            tables.append(f"static const float {name}[] = {c_numbers(tensor)};")
        result = "velocity" if last else f"h_{index}"
        if not last:
            lines.append(f"  float {result}[{rows}];")
        arguments = f"{layer.in_features}, {rows}, {', '.join(weights)}, {value}, {result}"
        lines.append(f"  @name@_layer({arguments});")
        if not last:
            lines.append(f"  for (int j = 0; j < {rows}; ++j) {result}[j] = tanhf({result}[j]);")
        value = result
    d = layers[0].in_features
    blocks, nothing = [HEAD, *tables, _NETWORK, TAIL], torch.zeros(d)
    return filled(blocks, NAME, [], nothing, torch.zeros(1, 2 * d), BODY="\n".join(lines))
