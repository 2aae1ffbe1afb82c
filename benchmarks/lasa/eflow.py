"""The peer: Euclideanizing Flows (Rana et al., L4DC 2020), called in a user's own checkout.

Nothing of it is part of this project: the checkout of github.com/mrana6/euclideanizing_flows
is named by the user and only called. Its settings are its authors'. Demonstrations are
prepared as theirs are (every fourth sample, smoothed, slow ends cut, scaled to a box of side
one), but each keeps its own clock: theirs is the first one's, rounded, which distorts speeds.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.signal import savgol_filter
from torch.nn import functional as F
from torch.utils.data import TensorDataset

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import ParameterError
from elcd_policy.policy import sample_times

Array = NDArray[np.float64]

PACKAGE = "euclideanizing_flows"
#: Euler steps per demonstrated duration (its authors take about 250); 400 change its DTW by 0.3 %.
STEPS_PER_DURATION = 200


@dataclass(frozen=True)
class EFlowSettings:
    """The authors' settings, with 400 epochs of all samples at once."""

    epochs: int = 400
    blocks: int = 10
    features: int = 200
    sigma: float = 0.45
    learning_rate: float = 1e-4
    weight_decay: float = 1e-10
    patience: int = 250


class EFlow:
    """A trained peer that rolls out like a policy, in the demonstrations' own units.

    Parameters
    ----------
    network : positions scaled to a box [N, d] to velocities.
    scale, shift : [d]; ``position * scale + shift`` is what the network sees.
    duration : median demonstrated duration in s.
    """

    def __init__(
        self, network: torch.nn.Module, scale: Array, shift: Array, duration: float
    ) -> None:
        self.network, self.scale, self.shift, self.duration = network, scale, shift, duration
        self.dimension = len(scale)

    def rollout(self, x0: ArrayLike, duration: float, dt: float) -> tuple[Array, Array]:
        """Return time [K] in s and positions [K, d] or [K, N, d] from ``x0`` [d] or [N, d]."""
        start = np.asarray(x0, dtype=np.float64)
        time = sample_times(duration, dt)
        x = torch.tensor(np.atleast_2d(start) * self.scale + self.shift, dtype=torch.float32)
        points = [x]
        for interval in np.diff(time):
            steps = max(1, round(interval * STEPS_PER_DURATION / self.duration))
            for _ in range(steps):
                # Its Jacobians come from autograd, at inference too.
                velocity = self.network(x.clone()).detach().view_as(x)
                x = x + float(interval) / steps * velocity
            points.append(x)
        positions = (torch.stack(points).double().numpy() - self.shift) / self.scale
        return time, positions.reshape(len(time), *start.shape)


def fit_eflow(
    shown: DemonstrationSet, checkout: str | Path, *, seed: int, settings: EFlowSettings
) -> EFlow:
    """Train the peer on ``shown`` in the checkout's own code.

    Raises
    ------
    ParameterError
        If the checkout is not one.
    """
    flows, training = _modules(Path(checkout))
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (its random features are drawn from numpy's global state)
    positions, velocities, scale, shift = _training_data(shown)
    goal = torch.tensor(shown.goal * scale + shift, dtype=torch.float32)[None]
    with contextlib.redirect_stdout(io.StringIO()):
        flow = flows.BijectionNet(
            num_dims=shown.dimension,
            num_blocks=settings.blocks,
            num_hidden=settings.features,
            sigma=settings.sigma,
            coupling_network_type="rffn",
        )
        network = flows.NaturalGradientDescentVelNet(
            taskmap_fcn=flow,
            grad_potential_fcn=F.normalize,
            n_dim_x=shown.dimension,
            n_dim_y=shown.dimension,
            origin=goal,
            is_diffeomorphism=True,
        )
        optimiser = torch.optim.Adam(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        best, _ = training.train(
            network,
            torch.nn.SmoothL1Loss(),
            optimiser,
            TensorDataset(positions, velocities),
            settings.epochs,
            batch_size=len(positions),
            stop_threshold=settings.patience,
        )
    return EFlow(best.eval().requires_grad_(False), scale, shift, shown.duration)


def checkout_hash(checkout: str | Path) -> str:
    """Return a hash that differs between versions of a checkout.

    Raises
    ------
    ParameterError
        If it is not one.
    """
    folder = Path(checkout) / PACKAGE
    files = [folder / "flows.py", folder / "train_utils.py"]
    if not all(file.is_file() for file in files):
        raise ParameterError(
            "not a checkout of EFlow",
            got=checkout,
            expected=f"a folder with {PACKAGE}/flows.py",
            advice="git clone https://github.com/mrana6/euclideanizing_flows",
        )
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _modules(checkout: Path) -> tuple[ModuleType, ModuleType]:
    checkout_hash(checkout)
    sys.path.insert(0, str(checkout))
    try:
        flows = importlib.import_module(f"{PACKAGE}.flows")
        return flows, importlib.import_module(f"{PACKAGE}.train_utils")
    finally:
        sys.path.remove(str(checkout))


def _training_data(shown: DemonstrationSet) -> tuple[Any, Any, Array, Array]:
    """Return positions, velocities [n, d] in a box of side 1 around 0, its scale and shift [d]."""
    prepared = [_prepare(demo) for demo in shown]
    paths = [path - path[-1] + shown.goal for path, _ in prepared]
    every = np.concatenate(paths)
    lower, upper = every.min(axis=0), every.max(axis=0)
    scale = 1.0 / (upper - lower)
    shift = -lower * scale - 0.5
    velocities = [
        np.concatenate([np.diff(path * scale, axis=0) / step, np.zeros((1, len(scale)))])
        for path, (_, step) in zip(paths, prepared, strict=True)
    ]
    return (
        torch.tensor(every * scale + shift, dtype=torch.float32),
        torch.tensor(np.concatenate(velocities), dtype=torch.float32),
        scale,
        shift,
    )


def _prepare(demo: Demonstration) -> tuple[Array, float]:
    """Return positions [n, d] at equal times and the time between two of them, in s."""
    path = demo.position[::4]
    step = float(demo.time[1] - demo.time[0]) * 4
    count = len(path)
    window = 2 * int(25.0 * count / 150 // 2) + 1
    path = savgol_filter(path, window, 3, axis=0)[10:-5]
    speed = np.linalg.norm(np.diff(path, axis=0), axis=1) / step
    moving = np.flatnonzero(speed > 150.0 / count)
    path = path[moving[0] : moving[-1] + 2]
    return savgol_filter(path, window, 3, axis=0), step
