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
from ..demonstrations.inspection import choose_ends
from ..errors import ParameterError, ShapeError, TrainingError
from ..fields import FIELDS, LatentField
from ..flows import TangentFlow, default_flow
from ..metadata import ENDS, Orientation, PolicyMetadata
from ..policy import MotionPolicy
from ..utils.numbers import check_seed
from ..utils.threads import one_thread
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
    goal: str = "auto",
    seed: int = 0,
    progress: bool = True,
) -> MotionPolicy:
    """Learn a contracting policy that ends where the demonstrations end.

    First the flow learns to map the trajectories of a linear latent field, known in closed
    form, onto the demonstrations; of several first weights those go on with which this begins
    best. Then flow and field are refined together on integrated trajectories. Both stages push
    half of their starts aside and ask them back to the demonstrations nearest to them, so that
    the field is right around the demonstrations too and not only on them.

    Parameters
    ----------
    demonstrations : one or more motions of d >= 1 coordinates.
    field : "elcd", "monotone" or a `LatentField` of your own.
    flow : a `TangentFlow` of your own (any normflows flow through `NormflowsAdapter`); it sees
        positions of unit scale around the goal.
    settings : see `TrainingSettings`.
    goal : "mean" leads all demonstrations to their common end, the median of theirs; "each"
        learns each relative to its own end, and the goal is to be set at run time; "auto"
        decides, see `choose_ends`.
    seed : the same seed gives the same policy on one machine.
    progress : show a progress bar on stderr.

    Raises
    ------
    ParameterError
        For an unknown field or goal, or a seed out of range.
    ShapeError
        If a given field's dimension is not the demonstrations'.
    TrainingError
        If nothing moves in the demonstrations, or training diverged.
    """
    settings = settings or TrainingSettings()
    check_seed(seed)
    ends = choose_ends(demonstrations) if goal == "auto" else goal
    if ends not in ENDS:
        raise ParameterError("unknown goal", got=repr(goal), expected="auto, " + ", ".join(ENDS))
    if ends == "each":
        demonstrations = demonstrations.ending_at(demonstrations.goal)
    data = TrainingData.of(demonstrations, settings.samples)
    of_starts, *of_weights = np.random.SeedSequence(seed).generate_state(
        1 + settings.draws, np.uint64
    )
    if flow is not None or isinstance(field, LatentField):
        of_weights = of_weights[:1]  # of a given one there is nothing to draw
    candidates = [
        _draw(field, flow, demonstrations.dimension, settings, int(of_draw))
        for of_draw in of_weights
    ]
    trial = settings.linear_steps // 4
    bar = tqdm(
        total=trial * (len(candidates) - 1) + settings.linear_steps + settings.shooting_steps,
        desc=f"training on {demonstrations.source}",
        unit="step",
        mininterval=0.5,
        disable=not progress,
    )
    with bar, one_thread():
        reached = []
        for networks in candidates:
            generator = torch.Generator().manual_seed(int(of_starts))
            loss = partial(closed_form_loss, *networks, data, settings, generator)
            reached.append(
                _minimise(loss, networks, trial, settings.learning_rate, bar, decay=False)
            )
        best = candidates[int(np.argmin(reached))]
        for loss_of, steps, rate in (
            (closed_form_loss, settings.linear_steps - trial, settings.learning_rate),
            (shooting_loss, settings.shooting_steps, settings.learning_rate / 2),
        ):
            _minimise(partial(loss_of, *best, data, settings, generator), best, steps, rate, bar)
    policy = MotionPolicy(
        *best,
        scale=data.scale,
        metadata=_metadata(demonstrations, ends, best[1], seed, data),
    )
    return policy.eval().requires_grad_(False)


def _minimise(
    loss: Callable[[], Tensor],
    networks: tuple[TangentFlow, LatentField],
    steps: int,
    rate: float,
    bar: tqdm,
    *,
    decay: bool = True,
) -> float:
    """Run Adam with a short warm-up and, unless ``decay`` is off, a cosine decay to almost 0.

    Returns the mean loss of the last third of the steps (0 if there are none).
    """
    parameters = [parameter for network in networks for parameter in network.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=rate, fused=True)
    losses = []
    for step in range(steps):
        share = step / steps if decay else 0.0
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
        losses.append(float(value.detach()))
        bar.update()
        if step % 50 == 0:
            bar.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
    return float(np.mean(losses[-(steps // 3 or 1) :])) if losses else 0.0


def _draw(
    field: str | LatentField,
    flow: TangentFlow | None,
    dimension: int,
    settings: TrainingSettings,
    seed: int,
) -> tuple[TangentFlow, LatentField]:
    """Build flow and field with first weights of their own; a given one as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (
            flow or default_flow(dimension, couplings=settings.couplings, width=settings.width),
            _field(field, dimension, settings),
        )


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
    demonstrations: DemonstrationSet, ends: str, field: LatentField, seed: int, data: TrainingData
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
        ends=ends,
        names=list(demonstrations.names),
        coordinate_units=list(demonstrations.coordinate_units),
    )


def _orientation(demonstrations: DemonstrationSet, data: TrainingData) -> Orientation | None:
    if demonstrations.orientation is None or isinstance(data.scale, float):
        return None
    return Orientation(
        demonstrations.orientation.tolist(), length=float(data.scale[0] / data.scale[-1])
    )
