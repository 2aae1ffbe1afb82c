"""Demonstrations of several skills, and variations of them to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..demonstrations import Demonstration, load_demonstrations
from ..demonstrations.formats.lasa import lasa_shapes
from ..errors import DemonstrationError
from ..utils.numbers import check_count

Array = NDArray[np.float64]

#: A source that stands for all LASA shapes.
ALL_LASA = "lasa"


@dataclass(frozen=True)
class Motion:
    """One demonstration of a skill: ``time`` [N] in s from 0, ``position`` [N, d], ``label``."""

    time: Array
    position: Array
    label: int


@dataclass(frozen=True)
class SkillSet:
    """Motions by skill.

    Attributes
    ----------
    labels : names of the skills.
    dimension : d, of all motions.
    shown, held_out : to learn from, and to score on.
    sources : where they are from, by skill.
    """

    labels: tuple[str, ...]
    dimension: int
    shown: tuple[Motion, ...]
    held_out: tuple[Motion, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Variation:
    """Settings of `vary`: how motions are varied, each time they are learned from.

    Parameters
    ----------
    turn : rad, standard deviation of a rotation in each plane.
    speed : the speed is multiplied by a factor from 1 / speed to speed.
    warp : share of the motion by which some of it comes sooner or later.
    noise : standard deviation of each sample's noise, as a share of the motion's extent.
    cut : largest share of the beginning that is missed.
    """

    turn: float = 0.15
    speed: float = 2.0
    warp: float = 0.03
    noise: float = 0.002
    cut: float = 0.03


def load_skills(sources: Sequence[str], held_out: int = 2) -> SkillSet:
    """Read the demonstrations of several skills.

    Parameters
    ----------
    sources : of `load_demonstrations`, one for each skill, named after the shape, the folder or
        the file, or by "NAME=" in front; "lasa" is all LASA shapes. Orientations are left out.
    held_out : how many of each, the last ones, are not learned from.

    Raises
    ------
    DemonstrationError
        If a source can't be read, there are fewer than two skills, two of one name, too few
        demonstrations, or of different dimension.
    ParameterError
        If ``held_out`` is negative.
    """
    check_count("held-out motions", held_out, least=0)
    named: dict[str, str] = {}
    for source in sources:
        names = [f"lasa:{shape}" for shape in lasa_shapes()] if source == ALL_LASA else [source]
        for each in names:
            name, path = _split_name(each)
            if name in named:
                raise DemonstrationError(
                    f"two skills are named '{name}'", advice=f"name one: other={path}"
                )
            named[name] = path
    if len(named) < 2:
        raise DemonstrationError(
            "too few skills to tell apart", got=", ".join(named) or "none", expected="two or more"
        )
    shown: list[Motion] = []
    kept: list[Motion] = []
    for label, path in enumerate(named.values()):
        motions = [_motion(demonstration, label) for demonstration in load_demonstrations(path)]
        if len(motions) <= held_out:
            raise DemonstrationError(
                f"too few demonstrations in {path}",
                got=len(motions),
                expected=f"more than the {held_out} that are held out",
                advice="show it more often, or hold out fewer",
            )
        shown += motions[: len(motions) - held_out]
        kept += motions[len(motions) - held_out :]
    dimensions = {motion.position.shape[1] for motion in shown}
    if len(dimensions) > 1:
        raise DemonstrationError(
            "the skills are of different dimension", got=", ".join(map(str, sorted(dimensions)))
        )
    return SkillSet(
        tuple(named), dimensions.pop(), tuple(shown), tuple(kept), tuple(named.values())
    )


def vary(motions: Sequence[Motion], variation: Variation, rng: np.random.Generator) -> list[Motion]:
    """Turn each motion, change its speed, warp it, add noise, cut its beginning."""
    d = motions[0].position.shape[1]
    planes = np.triu(rng.normal(0.0, variation.turn, (len(motions), d, d)), 1)
    turns = torch.linalg.matrix_exp(torch.from_numpy(planes - planes.transpose(0, 2, 1))).numpy()
    found = []
    for motion, turn in zip(motions, turns, strict=True):
        time, position = motion.time, motion.position
        speed = variation.speed ** rng.uniform(-1.0, 1.0)
        share = time / time[-1]
        share = share + variation.warp * rng.uniform(-1.0, 1.0) * np.sin(np.pi * share)
        share = share + variation.warp / 2 * rng.uniform(-1.0, 1.0) * np.sin(2 * np.pi * share)
        begin = int(np.searchsorted(share, variation.cut * rng.uniform()))
        times = (share[begin:] - share[begin]) * time[-1] / speed
        found.append(Motion(times, position[begin:] @ turn.T, motion.label))
    return found


def resample(
    motions: Sequence[Motion],
    rate: float,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Resample motions as one batch, a sample each 1 / rate.

    Parameters
    ----------
    rate : Hz.
    noise, rng : of each sample; see `Variation`.

    Returns
    -------
    Positions [T, B, d] and times [T, B], the last ones repeated behind a motion's end, and the
    number of samples [B].
    """
    counts = [max(3, int(motion.time[-1] * rate) + 1) for motion in motions]
    longest, d = max(counts), motions[0].position.shape[1]
    positions = np.empty((longest, len(motions), d), dtype=np.float32)
    times = np.empty((longest, len(motions)), dtype=np.float32)
    for column, (motion, count) in enumerate(zip(motions, counts, strict=True)):
        at = np.minimum(np.arange(longest), count - 1) / rate
        for axis in range(d):
            positions[:, column, axis] = np.interp(at, motion.time, motion.position[:, axis])
        times[:, column] = at
        if rng is not None:
            extent = float(np.ptp(motion.position, axis=0).max())
            positions[:count, column] += rng.normal(0.0, noise * extent, (count, d))
    return torch.from_numpy(positions), torch.from_numpy(times), torch.tensor(counts)


def _split_name(source: str) -> tuple[str, str]:
    name, separator, path = source.partition("=")
    if separator:
        return name, path
    if source.startswith("lasa:"):
        return source.removeprefix("lasa:"), source
    return Path(source.partition("?")[0]).stem, source


def _motion(demonstration: Demonstration, label: int) -> Motion:
    time = np.asarray(demonstration.time, dtype=np.float64)
    return Motion(
        time - time[0], np.asarray(demonstration.position[:, :3], dtype=np.float64), label
    )
