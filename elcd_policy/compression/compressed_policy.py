"""Motion policies, quantised: fine-tuned on demonstrations, or on the policy's own motions."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..certificate import certify
from ..demonstrations import Demonstration, DemonstrationSet, load_demonstrations
from ..errors import ParameterError
from ..evaluation import Scores, as_learned, evaluate, judge
from ..formats import LoadedPolicy, load
from ..formats.loaded_policy import trainable_policy
from ..formats.packed_weights import PackedWeights
from ..policy import MotionPolicy
from ..saving import save
from ..training import TrainingSettings
from ..training.data import TrainingData
from ..training.losses import shooting_loss
from ..utils.numbers import check_seed
from ..utils.threads import one_thread
from .compressed_file import CompressedFile, measure_cpu_time
from .fine_tuning import ITERATIONS, compress
from .imitation import imitation_loss

STEPS, LEARNING_RATE = 160, 2e-3


@dataclass(frozen=True)
class CompressedPolicy:
    """A policy with quantised weights.

    Parameters
    ----------
    policy : that computes with them.
    weights : the same, as they are stored.
    bytes_before, bytes_after : all weights and buffers, indices and codebooks counted.
    """

    policy: MotionPolicy
    weights: PackedWeights
    bytes_before: int
    bytes_after: int


def compress_policy(
    policy: LoadedPolicy | MotionPolicy,
    demonstrations: DemonstrationSet | None = None,
    *,
    bits: int = 4,
    dim: int = 1,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    progress: bool = True,
    **settings: Any,
) -> CompressedPolicy:
    """Quantise all weights and biases of a policy; layers that are small share a codebook.

    The guarantee is one of the architecture, for whatever weights: quantising leaves it whole.

    Parameters
    ----------
    policy : from `fit`, or from a file; it stays as it is.
    demonstrations : to fine-tune on, by the loss that the policy was trained with; without them
        the motions that the policy itself makes from its demonstrated starts.
    bits, dim, settings : see `IDKM`.
    steps, learning_rate, progress : see `compress`.
    seed : the same seed gives the same weights on one machine.

    Raises
    ------
    ParameterError, CompressionError
        As `compress`.
    PolicyFileError
        If the policy's flow or field is none of this library's.
    ShapeError
        If the demonstrations do not fit the policy.
    """
    small = _copy(policy)
    before = sum(v.numel() * v.element_size() for v in small.state_dict().values())
    training = TrainingSettings()
    generator = torch.Generator().manual_seed(check_seed(seed))
    loss: Callable[[], Tensor]
    if demonstrations is None:
        data, teacher = _own_data(own_motions(policy), small), copy.deepcopy(small)
        loss = partial(imitation_loss, small, teacher, data, training, generator)
    else:
        data = _shown_data(demonstrations, small, training.samples)
        loss = partial(shooting_loss, small.flow, small.field, data, training, generator)
    small.requires_grad_(True)
    with one_thread():
        weights = compress(
            small,
            loss,
            bits=bits,
            dim=dim,
            steps=steps,
            learning_rate=learning_rate,
            seed=seed,
            progress=progress,
            **{"iterations": ITERATIONS, **settings},
        )
    small.requires_grad_(False)
    small.fix_latent_goal()
    small.metadata = replace(small.metadata, certificate=None)
    if demonstrations is not None:
        small.metadata.fit = judge(small, demonstrations).to_dict()
    weights.kept["latent_goal"] = small.latent_goal.clone()
    return CompressedPolicy(small, weights, before, len(weights.blob()))


def compress_file(
    path: str | os.PathLike[str],
    source: Sequence[str] = (),
    *,
    units: str | None = None,
    **settings: Any,
) -> CompressedFile:
    """Quantise a policy file, fine-tuned on demonstrations or on the policy's own motions.

    Parameters
    ----------
    source : of demonstrations, none or one.
    units : of the demonstrations, where the source does not say.
    settings : see `compress_policy`.

    Raises
    ------
    PolicyFileError, DemonstrationError
        If policy or source can't be read.
    ParameterError
        If there is more than one source; else as `compress_policy`.
    """
    if len(source) > 1:
        raise ParameterError(
            "a policy is fine-tuned on one source", got=" ".join(source), expected="one"
        )
    loaded = load(path)
    shown = load_demonstrations(source[0], units=units) if source else None
    small, cpu = measure_cpu_time(lambda: compress_policy(loaded, shown, **settings))
    certificate = certify(small.policy)
    judged = shown or own_motions(loaded)
    before, after = (Scores.mean(evaluate(p, judged)) for p in (loaded, small.policy))
    unit = "mm" if before.orientation is not None else judged.units
    return CompressedFile(
        small=small,
        cpu_s=cpu,
        source=judged.source,
        before={**before.to_dict(), "units": judged.units},
        after={**after.to_dict(), "units": judged.units},
        accuracy=f"DTW {before.dtw:.3g} to {after.dtw:.3g} {unit}",
        verdict=certificate.verdict,
        reasons=certificate.reasons,
        summary=certificate.summary,
        write=lambda path: save(small, path),
    )


def own_motions(policy: LoadedPolicy | MotionPolicy, samples: int = 100) -> DemonstrationSet:
    """Return what a policy does from its demonstrated starts, as demonstrations."""
    facts = policy.metadata
    dt = facts.duration / (samples - 1)
    time, paths = policy.rollout(np.array(facts.starts), facts.duration, dt)
    motions = [
        Demonstration(time, path, str(index)) for index, path in enumerate(paths.swapaxes(0, 1))
    ]
    return DemonstrationSet(
        motions,
        units=facts.units,
        frame=facts.frame,
        source="the policy's own motions",
        orientation=None if facts.orientation is None else np.array(facts.orientation.reference),
    )


def _copy(policy: LoadedPolicy | MotionPolicy) -> MotionPolicy:
    if isinstance(policy, LoadedPolicy):
        return trainable_policy(policy)
    return copy.deepcopy(policy)


def _own_data(motions: DemonstrationSet, policy: MotionPolicy) -> TrainingData:
    """Return motions of the policy itself, which need no common clock: they are of one field."""
    positions = np.stack([motion.position for motion in motions])
    step = 1 / (positions.shape[1] - 1)
    return TrainingData(_of_unit_scale(positions, policy), step, 1.0, motions.duration)


def _shown_data(
    demonstrations: DemonstrationSet, policy: MotionPolicy, samples: int
) -> TrainingData:
    """Return the demonstrations as training has them, in the policy's units of length and time."""
    demonstrations = as_learned(policy, demonstrations)
    data = TrainingData.of(demonstrations, samples)
    positions = data.positions.double().numpy() * data.scale + demonstrations.goal
    return replace(
        data,
        positions=_of_unit_scale(positions, policy),
        step=data.step * data.duration / policy.metadata.duration,
        duration=policy.metadata.duration,
    )


def _of_unit_scale(positions: NDArray[np.float64], policy: MotionPolicy) -> Tensor:
    goal, scale = (value.double().numpy() for value in (policy.goal, policy.scale))
    return torch.tensor((positions - goal) / scale, dtype=torch.float32)
