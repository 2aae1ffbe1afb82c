"""What the LASA benchmark runs: protocols, and the jobs they come to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elcd_policy.demonstrations import lasa_shapes
from elcd_policy.errors import ParameterError
from elcd_policy.fields import FIELDS
from elcd_policy.training import TrainingSettings

from ..fingerprint import training_code
from .baselines import BASELINES
from .eflow import EFlowSettings
from .problems import MORE_DIMENSIONS, PENDULUMS, is_lasa, load_problem

PEER = "eflow"
#: Shapes of several patterns: a demonstration may start where none was shown.
MULTIPLE = "Multi_Models"


@dataclass(frozen=True)
class Protocol:
    """Which demonstrations of a shape are shown, which are scored, by whom.

    Parameters
    ----------
    text : what the rendered table says of it.
    shown : how many demonstrations are trained on; one job for each number.
    scored : first and last + 1 of the demonstrations that are scored.
    others : whether baselines and the peer take part; shown all that is scored, they say nothing.
    shapes : all, unless named here.
    first : the first demonstration that is trained on.
    """

    text: str
    shown: tuple[int, ...]
    scored: tuple[int, int]
    others: bool
    shapes: tuple[str, ...] = ()
    first: int = 0


PROTOCOLS = {
    "a": Protocol("trained on demonstrations 0-3, scored on the unseen 4-6", (4,), (4, 7), True),
    "b": Protocol("trained and scored on all 7 demonstrations", (7,), (0, 7), False),
    # What four demonstrations bring is known from (a).
    "c": Protocol(
        "trained on the first 1, 2 or 3 demonstrations, scored on the unseen 4-6",
        (1, 2, 3),
        (4, 7),
        True,
        ("Angle", "CShape", "GShape", "Leaf_2", "Sshape", "WShape"),
    ),
    "d": Protocol(
        "motions of 4 and 8 dimensions; trained on demonstrations 0-3, scored on 0-3 and 4-6",
        (4,),
        (0, 7),
        True,
        MORE_DIMENSIONS,
    ),
    "e": Protocol(
        "trained on demonstrations 3-6, scored on 0-2, by which no setting was chosen",
        (4,),
        (0, 3),
        True,
        first=3,
    ),
}


@dataclass(frozen=True)
class Job:
    """One training and its scores.

    Parameters
    ----------
    method : a field, a baseline or the peer.
    shown : number of demonstrations trained on.
    settings : all that the method can be told, by name.
    checkout : of the peer, if it is the method; where it lies doesn't tell jobs apart.
    pendulum : folder of the pendulum data, if the shape is one; nor does this.
    """

    protocol: str
    shape: str
    method: str
    seed: int
    shown: int
    settings: dict[str, Any]
    checkout: str = ""
    pendulum: str = ""

    @property
    def settings_hash(self) -> str:
        """Tells settings apart."""
        return hash_of(self.settings)

    @property
    def key(self) -> tuple[Any, ...]:
        """Tells jobs apart; that of a stored record is `key_of`."""
        return (*self.facts().values(),)

    @property
    def code(self) -> str:
        """Hash of this project's training code; empty for what is not trained by it."""
        return training_code() if self.method in FIELDS else ""

    def facts(self) -> dict[str, Any]:
        """What the key is made of."""
        return {name: getattr(self, name) for name in _KEY}

    def __str__(self) -> str:
        return f"{self.protocol} {self.shape} {self.method} seed {self.seed} shown {self.shown}"


def hash_of(settings: dict[str, Any]) -> str:
    """Of settings by name, in any order."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


_KEY = ("protocol", "shape", "method", "seed", "shown", "settings_hash")


def key_of(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """The key of the job that a record came from."""
    return tuple(record[name] for name in _KEY)


def plan(
    *,
    shapes: Sequence[str] = (),
    protocols: Sequence[str] = ("a", "b"),
    fields: Sequence[str] = tuple(FIELDS),
    seeds: Sequence[int] = (0, 1, 2),
    settings: TrainingSettings | None = None,
    eflow: str | Path | None = None,
    pendulum: str | Path | None = None,
) -> list[Job]:
    """The jobs of the benchmark, the first seed of everything first.

    Parameters
    ----------
    shapes : by default those of each protocol; see `load_problem`.
    protocols : of `PROTOCOLS`.
    fields : latent fields to train; may be empty.
    settings : by default those of `fit`.
    eflow : a user's own checkout of the peer; without it, it is left out. Its preparation of
        demonstrations is made for LASA, so it takes part in nothing else.
    pendulum : folder of the pendulum data; without it, pendulums are left out.

    Raises
    ------
    ParameterError
        For an unknown protocol or field, or a pendulum named without its folder.
    DemonstrationError
        For an unknown shape.
    """
    _check_known("protocol", protocols, PROTOCOLS)
    _check_known("field", fields, FIELDS)
    folder = "" if pendulum is None else str(pendulum)
    named = [load_problem(shape, folder).source.removeprefix("lasa:") for shape in shapes]
    methods: dict[str, dict[str, Any]] = {name: {} for name in BASELINES}
    methods |= {name: asdict(settings or TrainingSettings()) for name in fields}
    if eflow is not None:
        methods[PEER] = asdict(EFlowSettings())
    jobs: list[Job] = []
    for seed in seeds:
        for name in protocols:
            chosen = named or PROTOCOLS[name].shapes or lasa_shapes()
            for shape in chosen:
                if shape in PENDULUMS and not folder:
                    continue
                for method in methods:
                    if method == PEER and not is_lasa(shape):
                        continue
                    # Baselines know no chance.
                    if method not in BASELINES or seed == seeds[0]:
                        facts = {"settings": methods[method], "seed": seed}
                        if shape in PENDULUMS:
                            facts["pendulum"] = folder
                        if method in BASELINES:
                            facts["seed"] = 0
                        if method == PEER:
                            facts["checkout"] = str(eflow)
                        jobs += _jobs(name, shape, method, facts)
    return jobs


def _jobs(protocol: str, shape: str, method: str, facts: dict[str, Any]) -> Iterator[Job]:
    rules = PROTOCOLS[protocol]
    if rules.others or method in FIELDS:
        for shown in rules.shown:
            yield Job(protocol=protocol, shape=shape, method=method, shown=shown, **facts)


def _check_known(what: str, names: Sequence[str], known: dict[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ParameterError(f"unknown {what}", got=repr(name), expected=", ".join(known))
