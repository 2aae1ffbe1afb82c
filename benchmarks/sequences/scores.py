"""Training a model on sequences; its accuracy with and without noise; its loss's curvature."""

from __future__ import annotations

import copy
import time
from typing import Any

import torch
from torch import Tensor, nn

from .models import Reader, build_seeded, parameters
from .tasks import Sequences

BATCH, LEARNING_RATE = 64, 0.005
WHITE = (0.1, 0.2, 0.4)
SALT = (0.02, 0.05, 0.1)
WEIGHTS = (0.02, 0.05, 0.1)
DRAWS = 5
#: Sequences; a layer keeps the states of all.
SCORED_TOGETHER = 500
CURVATURE_SAMPLES, CURVATURE_STEPS = 256, 25


def score(name: str, task: Sequences, seed: int, epochs: int) -> dict[str, Any]:
    """Train one model and measure it, as a JSON-ready record."""
    model = build_seeded(name, 1, task.classes, task.eps, seed)
    begin = time.process_time()
    fit(model, task, epochs, seed)
    cpu = time.process_time() - begin
    model.eval()
    generator = torch.Generator().manual_seed(seed)
    return {
        "epochs": epochs,
        "hidden": model.hidden,
        "parameters": parameters(model),
        "cpu_s": round(cpu, 2),
        "accuracy": accuracy(model, task.x_test, task.y_test),
        "white": [
            _mean(
                accuracy(
                    model, task.x_test + size * task.spread * _normal(task, generator), task.y_test
                )
                for _ in range(DRAWS)
            )
            for size in WHITE
        ],
        "salt": [
            _mean(
                accuracy(model, _add_salt(task, share, generator), task.y_test)
                for _ in range(DRAWS)
            )
            for share in SALT
        ],
        "weights": [
            _mean(
                accuracy(_perturb(model, size, generator), task.x_test, task.y_test)
                for _ in range(DRAWS)
            )
            for size in WEIGHTS
        ],
    }


def fit(model: Reader, task: Sequences, epochs: int, seed: int) -> None:
    """Train with Adam, a cosine decay and gradients clipped to norm 1; the same for every model."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for batch in torch.randperm(len(task.y), generator=generator).split(BATCH):
            loss = nn.functional.cross_entropy(model(task.x[:, batch]), task.y[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of sequences that are classified correctly."""
    with torch.no_grad():
        named = torch.cat([model(part).argmax(1) for part in x.split(SCORED_TOGETHER, dim=1)])
    return float((named == y).double().mean())


def curvature(name: str, task: Sequences, epochs: int) -> dict[str, Any]:
    """Return largest eigenvalue and trace of the Hessian of the training loss, by PyHessian.

    Of a trained model, on `CURVATURE_SAMPLES` training sequences, by power iteration and
    Hutchinson's estimate of `CURVATURE_STEPS` products each.
    """
    from pyhessian import hessian

    model = build_seeded(name, 1, task.classes, task.eps, 0)
    fit(model, task, epochs, 0)
    batch = task.x[:, :CURVATURE_SAMPLES], task.y[:CURVATURE_SAMPLES]
    torch.manual_seed(0)
    # oneDNN's LSTM has no second derivative.
    with torch.backends.mkldnn.flags(enabled=False):
        found = hessian(model, nn.CrossEntropyLoss(), data=batch, cuda=False)
        (largest,), _ = found.eigenvalues(maxIter=CURVATURE_STEPS, tol=1e-2)
        traces = found.trace(maxIter=CURVATURE_STEPS, tol=0.0)
    return {
        "loss": float(nn.functional.cross_entropy(model(batch[0]), batch[1]).detach()),
        "largest": float(largest),
        "trace": float(torch.tensor(traces).mean()),
        "trace_error": float(torch.tensor(traces).std() / len(traces) ** 0.5),
    }


def _normal(task: Sequences, generator: torch.Generator) -> Tensor:
    return torch.randn(task.x_test.shape, generator=generator)


def _add_salt(task: Sequences, share: float, generator: torch.Generator) -> Tensor:
    """Return a share of the samples at the smallest or the largest value that occurs."""
    hit = torch.rand(task.x_test.shape, generator=generator)
    low, high = float(task.x.min()), float(task.x.max())
    x = torch.where(hit < share / 2, torch.full_like(hit, low), task.x_test)
    return torch.where(hit > 1 - share / 2, torch.full_like(hit, high), x)


def _perturb(model: nn.Module, size: float, generator: torch.Generator) -> nn.Module:
    """Return a copy, each weight tensor with noise of ``size`` times its root mean square."""
    shaken = copy.deepcopy(model)
    with torch.no_grad():
        for weights in shaken.parameters():
            noise = torch.randn(weights.shape, generator=generator)
            weights.add_(size * weights.square().mean().sqrt() * noise)
    return shaken


def _mean(values: Any) -> float:
    found = list(values)
    return sum(found) / len(found)
