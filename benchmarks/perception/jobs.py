"""Jobs of the benchmark of perception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from elcd_policy.errors import ParameterError

from ..harness import place
from ..options import check_names

PARTS = ("goal", "digits")
SCENES, EPOCHS = 400, 25
NETS = ("NAIS-Net, ReLU", "NAIS-Net, tanh", "ResNet")
#: The file of the package's own detector.
OWN = "red_box.pt"


@dataclass(frozen=True)
class GoalJob:
    """A detector's file on some held-out scenes; "" is the package's own."""

    part: str
    name: str
    measured_on: int = SCENES
    path: str = place()


@dataclass(frozen=True)
class DigitsJob:
    """A net on scikit-learn's digits."""

    part: str
    net: str
    seed: int
    epochs: int = EPOCHS


def jobs(
    *,
    parts: Sequence[str] = PARTS,
    detectors: Sequence[str] = (),
    scenes: int = SCENES,
    seeds: Sequence[int] = (0, 1),
    epochs: int = EPOCHS,
) -> list[GoalJob | DigitsJob]:
    """Return a job for each detector, the package's own first, and for each net and seed.

    Raises
    ------
    ParameterError
        For an unknown part, too few scenes or epochs.
    """
    check_names("part", parts, PARTS)
    for name, value in (("scenes", scenes), ("epochs", epochs)):
        if value < 1:
            raise ParameterError(f"too few {name}", got=value, expected="at least 1")
    found: list[GoalJob | DigitsJob] = []
    if "goal" in parts:
        found.append(GoalJob("goal", OWN, scenes))
        found += [GoalJob("goal", Path(path).name, scenes, path) for path in detectors]
    if "digits" in parts:
        found += [DigitsJob("digits", net, seed, epochs) for seed in seeds for net in NETS]
    return found
