"""Jobs of the LASA benchmark: protocols, and the jobs they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from elcd_policy.demonstrations import lasa_shapes
from elcd_policy.fields import FIELDS
from elcd_policy.training import TrainingSettings
from elcd_policy.training.fit import DEFAULT_FIELD

from ..harness import place
from ..options import check_names
from .baselines import BASELINES
from .eflow import EFlowSettings, checkout_hash
from .problems import MORE_DIMENSIONS, PENDULUMS, is_lasa, load_problem

PEER = "eflow"
#: Shapes of several patterns: a demonstration may start where none was shown.
MULTIPLE = "Multi_Models"
SEEDS, FIRST = (0, 1, 2), (0,)
#: What differs from the usual settings in the part "settings".
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"return_rate": 0.0},
    {"return_rate": 4.0},
    {"return_rate": 16.0},
    {"push": 0.05},
    {"push": 0.5},
    {"rate": 1.0},
    {"rate": 8.0},
)


@dataclass(frozen=True)
class Protocol:
    """Which demonstrations of a shape are shown, which are scored, and who takes part.

    Parameters
    ----------
    shown : how many demonstrations are trained on; one job for each number.
    scored : first and last + 1 of the demonstrations that are scored.
    others : whether baselines and the peer take part; shown all that is scored, they say nothing.
    shapes : all, unless named here.
    first : the first demonstration that is trained on.
    seeds, fields : unless others are asked for.
    """

    shown: tuple[int, ...]
    scored: tuple[int, int]
    others: bool = True
    shapes: tuple[str, ...] = ()
    first: int = 0
    seeds: tuple[int, ...] = SEEDS
    fields: tuple[str, ...] = tuple(FIELDS)


ONE = partial(Protocol, seeds=FIRST, fields=(DEFAULT_FIELD,))
PROTOCOLS = {
    "a": Protocol((4,), (4, 7)),
    "b": Protocol((7,), (0, 7), others=False),
    # What four demonstrations bring is known from (a).
    "c": ONE((1, 2, 3), (4, 7), shapes=("Angle", "CShape", "GShape", "Leaf_2", "Sshape", "WShape")),
    "d": Protocol((4,), (0, 7), shapes=MORE_DIMENSIONS),
    "e": ONE((4,), (0, 3), first=3),
    "settings": ONE((4,), (4, 7), others=False, shapes=("Angle", "GShape", "Sshape", "WShape")),
}


@dataclass(frozen=True)
class Job:
    """One training and its scores.

    Parameters
    ----------
    part : of `PROTOCOLS`.
    method : a field, a baseline or the peer.
    shown : number of demonstrations trained on.
    settings : all that the method can be told, by name.
    checkout : of the peer, if it is the method.
    pendulum : folder of the pendulum data, if the shape is one.
    """

    part: str
    shape: str
    method: str
    seed: int
    shown: int
    settings: dict[str, Any]
    checkout: str = place()
    pendulum: str = place()


def trains(job: Job) -> bool:
    """Return whether a job depends on this project's training."""
    return job.method in FIELDS


def jobs(
    *,
    parts: Sequence[str] = ("a", "b"),
    shapes: Sequence[str] = (),
    fields: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    settings: TrainingSettings | None = None,
    eflow: str | Path | None = None,
    pendulum: str | Path | None = None,
) -> list[Job]:
    """Return the jobs of some protocols, the first seed of everything first.

    Parameters
    ----------
    parts : of `PROTOCOLS`.
    shapes, fields, seeds : by default those of each protocol; fields may be empty.
    settings : by default those of `fit`.
    eflow : a user's own checkout of the peer; without it, it is left out. Its preparation of
        demonstrations is made for LASA, so it takes part in nothing else.
    pendulum : folder of the pendulum data; without it, pendulums are left out.

    Raises
    ------
    ParameterError
        For an unknown protocol or field, a pendulum named without its folder, or a folder that
        is not a checkout.
    DemonstrationError
        For an unknown shape, or data that can't be read.
    """
    check_names("protocol", parts, PROTOCOLS)
    check_names("field", fields or (), FIELDS)
    # Hours may pass before a job would miss them.
    if eflow is not None:
        checkout_hash(eflow)
    for name in PENDULUMS if pendulum is not None else ():
        load_problem(name, pendulum or "")
    folder = "" if pendulum is None else str(pendulum)
    named = [load_problem(shape, folder).source.removeprefix("lasa:") for shape in shapes]
    base, found = settings or TrainingSettings(), []
    for part in parts:
        rules = PROTOCOLS[part]
        methods: list[tuple[str, dict[str, Any]]] = []
        if rules.others:
            methods += [(name, {}) for name in BASELINES]
        for variant in VARIANTS if part == "settings" else ({},):
            chosen = asdict(replace(base, **variant))
            methods += [(f, chosen) for f in (rules.fields if fields is None else fields)]
        if rules.others and eflow is not None:
            methods.append((PEER, asdict(EFlowSettings())))
        chosen_seeds = rules.seeds if seeds is None else seeds
        for seed in chosen_seeds:
            for shape in named or rules.shapes or lasa_shapes():
                if shape in PENDULUMS and not folder:
                    continue
                where = {"pendulum": folder} if shape in PENDULUMS else {}
                for method, told in methods:
                    if method == PEER and not is_lasa(shape):
                        continue
                    # Baselines know no chance.
                    if method in BASELINES and seed != chosen_seeds[0]:
                        continue
                    number = 0 if method in BASELINES else seed
                    at = {**where, "checkout": str(eflow)} if method == PEER else where
                    for shown in rules.shown:
                        found.append(Job(part, shape, method, number, shown, told, **at))
    return sorted(found, key=lambda job: job.seed)
