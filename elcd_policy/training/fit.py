"""Fit a policy to demonstrations: closed form first, then shooting."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..demonstrations import DemonstrationSet
from ..errors import ParameterError, ShapeError, TrainingError
from ..fields import FIELDS, LatentField
from ..flows import TangentFlow, default_flow
from ..metadata import Orientation, PolicyMetadata
from ..policy import MotionPolicy
from ..threads import one_thread
from .data import TrainingData
from .losses import closed_form_loss, shooting_loss
from .settings import TrainingSettings

DEFAULT_FIELD = "elcd"


def fit(
    demonstrations: DemonstrationSet,
    field: str | LatentField = DEFAULT_FIELD,
    *,
    flow: TangentFlow | None = None,
    settings: TrainingSettings | None = None,
    seed: int = 0,
    progress: bool = True,
) -> MotionPolicy:
    """Learn a contracting policy that ends where the demonstrations end.

    First the flow learns to map the trajectories of a linear latent field, known in closed
    form, onto the demonstrations; then flow and field are refined together on integrated
    trajectories. Both stages push half of their starts aside and ask them back to the
    demonstrations nearest to them, so that the field is right around the demonstrations too and
    not only on them.

    Parameters
    ----------
    demonstrations : one or more motions of d >= 1 coordinates with a common end.
    field : "elcd", "monotone" or a `LatentField` of your own.
    flow : a `TangentFlow` of your own (any normflows flow through `NormflowsAdapter`); it sees
        positions of unit scale around the goal.
    settings : see `TrainingSettings`.
    seed : the same seed gives the same policy on one machine.
    progress : show a progress bar on stderr.

    Raises
    ------
    ParameterError
        For an unknown field, or a seed out of range.
    ShapeError
        If a given field's dimension is not the demonstrations'.
    TrainingError
        If nothing moves in the demonstrations, or training diverged.
    """
    settings = settings or TrainingSettings()
    if not 0 <= seed < 2**64:
        raise ParameterError("the seed is out of range", got=seed, expected="0 to 2^64 - 1")
    data = TrainingData.of(demonstrations, settings.samples)
    of_weights, of_starts = np.random.SeedSequence(seed).generate_state(2, np.uint64).tolist()
    generator = torch.Generator().manual_seed(of_starts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(of_weights)
        latent_field = _field(field, demonstrations.dimension, settings)
        if flow is None:
            flow = default_flow(
                demonstrations.dimension, couplings=settings.couplings, width=settings.width
            )
    stages = (
        (settings.linear_steps, settings.learning_rate, closed_form_loss),
        (settings.shooting_steps, settings.learning_rate / 2, shooting_loss),
    )
    bar = tqdm(
        total=settings.linear_steps + settings.shooting_steps,
        desc=f"training on {demonstrations.source}",
        unit="step",
        mininterval=0.5,
        disable=not progress,
    )
    with bar, one_thread():
        for steps, rate, loss in stages:
            _minimise(
                partial(loss, flow, latent_field, data, settings, generator),
                [*flow.parameters(), *latent_field.parameters()],
                steps,
                rate,
                bar,
            )
    policy = MotionPolicy(
        flow,
        latent_field,
        scale=data.scale,
        metadata=_metadata(demonstrations, latent_field, seed, data),
    )
    return policy.eval().requires_grad_(False)


def _minimise(
    loss: Callable[[], Tensor], parameters: list[nn.Parameter], steps: int, rate: float, bar: tqdm
) -> None:
    """Adam with a short warm-up and a cosine decay to (almost) nothing."""
    optimiser = torch.optim.Adam(parameters, lr=rate, fused=True)
    for step in range(steps):
        share = step / steps
        for group in optimiser.param_groups:
            group["lr"] = (
                rate * min(1.0, 0.02 * (step + 1)) * (0.5 + 0.5 * math.cos(math.pi * share) + 0.005)
            )
        optimiser.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        if not torch.isfinite(norm):
            raise TrainingError(
                "training diverged",
                got=f"a gradient of {float(norm)} at step {step + 1}",
                expected="finite gradients",
                advice="lower the learning rate",
            )
        optimiser.step()
        bar.update()
        if step % 50 == 0:
            bar.set_postfix(loss=f"{float(value.detach()):.4f}", refresh=False)


def _field(field: str | LatentField, dimension: int, settings: TrainingSettings) -> LatentField:
    if isinstance(field, LatentField):
        if field.dimension != dimension:
            raise ShapeError(
                "the field does not fit the demonstrations",
                got=f"dimension {field.dimension}",
                expected=f"dimension {dimension}",
            )
        return field
    if field not in FIELDS:
        raise ParameterError("unknown field", got=repr(field), expected=" or ".join(FIELDS))
    return FIELDS[field](dimension, rate=settings.rate, width=settings.field_width)


def _metadata(
    demonstrations: DemonstrationSet, field: LatentField, seed: int, data: TrainingData
) -> PolicyMetadata:
    lower, upper = demonstrations.workspace
    return PolicyMetadata(
        dimension=demonstrations.dimension,
        units=demonstrations.units,
        frame=demonstrations.frame,
        goal=demonstrations.goal.tolist(),
        workspace=(lower.tolist(), upper.tolist()),
        duration=demonstrations.duration,
        starts=[demo.position[0].tolist() for demo in demonstrations],
        guarantee={
            "field": type(field).__name__,
            "kind": field.kind,
            "rate": field.rate / demonstrations.duration,
            "rate_times_duration": field.rate,
        },
        source=demonstrations.source,
        seed=seed,
        placement=demonstrations.placement,
        orientation=_orientation(demonstrations, data),
    )


def _orientation(demonstrations: DemonstrationSet, data: TrainingData) -> Orientation | None:
    if demonstrations.orientation is None or isinstance(data.scale, float):
        return None
    return Orientation(
        demonstrations.orientation.tolist(), length=float(data.scale[0] / data.scale[-1])
    )
