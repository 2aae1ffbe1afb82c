"""Cost of a training step, a streamed sample and the memory, beside torch's own layers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from elcd_policy.formats.archive import quiet
from elcd_policy.sequence import LipschitzRNN
from elcd_policy.utils.threads import one_thread

STEPS, BATCH, UNITS = 784, 128, 128
#: Rounds in which all take their turn; the slowest takes it in the first `SLOW_ROUNDS` only.
ROUNDS, SLOW_ROUNDS = 6, 2
STREAM_ROUNDS, STREAM_CALLS = 40, 200


class NaiveLoop(nn.Module):
    """Euler steps left to autograd, A and W in one product: what the backward by hand replaces."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = LipschitzRNN(1, UNITS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See `LipschitzRNN.forward`."""
        u, b, a, w, e = self.inner.cells[0]()
        both = torch.cat([a, w]).t()
        h = x.new_zeros(x.size(1), UNITS)
        states = []
        for z in F.linear(x, u, b).unbind(0):
            outer, inner = (h @ both).split(UNITS, 1)
            h = h + e * (outer + torch.tanh(inner + z))
            states.append(h)
        return torch.stack(states), h[None]


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "torch.nn.RNN": lambda: nn.RNN(1, UNITS),
    "torch.nn.LSTM": lambda: nn.LSTM(1, UNITS),
    "Lipschitz RNN": lambda: LipschitzRNN(1, UNITS),
    "Lipschitz RNN, RK2": lambda: LipschitzRNN(1, UNITS, integrator="rk2"),
    "Lipschitz RNN, RK4": lambda: LipschitzRNN(1, UNITS, integrator="rk4"),
    "plain loop of Euler steps": NaiveLoop,
}
SLOW = ("torch.nn.LSTM",)


def measure_speed() -> dict[str, Any]:
    """Time forward and backward of `STEPS` steps, loss on the last state, by the thread's CPU.

    The layers take turns; of each, the fastest turn counts. Memory is the growth of the peak
    resident set in a process of its own.
    """
    with one_thread():
        times = _training()
        stream = _streaming()
    fastest = {name: min(found) for name, found in times.items()}
    rows = [
        {
            "layer": name,
            "s": round(seconds, 4),
            "of_rnn": round(seconds / fastest["torch.nn.RNN"], 3),
            "of_lstm": round(seconds / fastest["torch.nn.LSTM"], 3),
            "mb": round(_peak(name), 1),
        }
        for name, seconds in fastest.items()
    ]
    return {"rows": rows, "stream_us": stream}


def _training() -> dict[str, list[float]]:
    layers = {name: make() for name, make in LAYERS.items()}
    x = torch.randn(STEPS, BATCH, 1, generator=torch.Generator().manual_seed(0))
    times: dict[str, list[float]] = {name: [] for name in layers}
    for turn in range(ROUNDS):
        for name, layer in layers.items():
            if name not in SLOW or turn < SLOW_ROUNDS:
                begin = time.thread_time()
                _train_once(layer, x)
                times[name].append(time.thread_time() - begin)
    return times


def _train_once(layer: nn.Module, x: Tensor) -> None:
    layer.zero_grad()
    _, last = layer(x)
    state = last[0] if isinstance(last, tuple) else last
    state.square().mean().backward()


def _streaming() -> dict[str, dict[str, float]]:
    """Return us a streamed sample by batch size, all in TorchScript with constants folded."""
    found: dict[str, dict[str, float]] = {}
    with quiet():
        cell = torch.jit.freeze(torch.jit.script(nn.LSTMCell(1, UNITS).eval()))
        steps = {
            name: torch.jit.freeze(
                torch.jit.script(LipschitzRNN(1, UNITS, integrator=method).eval()),
                preserved_attrs=["step"],
            )
            for name, method in (("Lipschitz RNN", "euler"), ("Lipschitz RNN, RK2", "rk2"))
        }
    for batch in (1, 32):
        x, h = torch.randn(batch, 1), torch.randn(1, batch, UNITS)
        calls: dict[str, Callable[[], Any]] = {
            "torch.nn.LSTMCell": lambda x=x, h=h: cell(x, (h[0], h[0])),  # type: ignore[misc]
        }
        for name, step in steps.items():
            calls[name] = lambda step=step, x=x, h=h: step.step(x, h)  # type: ignore[misc]
        times: dict[str, list[float]] = {name: [] for name in calls}
        with torch.inference_mode():
            for _ in range(STREAM_ROUNDS):
                for name, call in calls.items():
                    begin = time.thread_time()
                    for _ in range(STREAM_CALLS):
                        call()
                    times[name].append((time.thread_time() - begin) / STREAM_CALLS)
        found[str(batch)] = {name: round(1e6 * min(each), 2) for name, each in times.items()}
    return found


def _peak(name: str) -> float:
    """Return the MB that one training step adds to the peak of a fresh process."""
    command = [sys.executable, "-m", __name__, name]
    return float(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def _measure_growth(name: str) -> float:
    torch.set_num_threads(1)
    layer, x = LAYERS[name](), torch.randn(STEPS, BATCH, 1)
    _train_once(layer, x[:2])
    before = _high_water()
    _train_once(layer, x)
    return _high_water() - before


def _high_water() -> float:
    """Return peak resident set in MB; that of getrusage begins at the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(_measure_growth(sys.argv[1])))
