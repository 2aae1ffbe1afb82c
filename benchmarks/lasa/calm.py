"""Calm of a policy off the demonstrations, and the reach of its certified latent ball."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.certificate import certify
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation import measure_excursions, starts_around
from elcd_policy.evaluation.scores import RollsOut
from elcd_policy.policy import MotionPolicy

#: How far beyond the demonstrated workspace motions start, in its extent.
MARGINS = (0.15, 0.5, 1.0)
#: Distance from the goal that counts as arrived, in diagonals of the workspace.
ARRIVED = 0.04


def calm_rows(policy: RollsOut, shown: DemonstrationSet) -> list[dict[str, Any]]:
    """Return for each of `MARGINS` what motions from 400 starts around did.

    ``excursion`` (diagonals of the demonstrated workspace) and ``speed`` (demonstrated peak
    speeds) are [median, 99th percentile, largest]; ``arrived`` is a share.
    """
    rows = []
    for margin in MARGINS:
        found = measure_excursions(policy, shown, starts_around(shown, margin))
        rows.append(
            {
                "margin": margin,
                "excursion": _spread(found.distance),
                "speed": _spread(found.speed),
                "arrived": float((found.end <= ARRIVED).mean()),
            }
        )
    return rows


def ball_facts(policy: MotionPolicy, shown: DemonstrationSet) -> dict[str, float]:
    """Return what the certificate says of the latent ball that no motion from a shown start leaves.

    ``farthest`` is its farthest point from the goal, in the farthest of those motions
    themselves; ``speed`` the field's largest in it, in demonstrated peak speeds. Both sampled.
    """
    bounds = certify(policy).bounds
    if bounds is None:
        return {}
    peak = max(float(np.linalg.norm(demo.resampled(200).velocity, axis=1).max()) for demo in shown)
    return {
        "farthest": float(f"{bounds.farthest / bounds.rollouts:.4g}"),
        "speed": float(f"{bounds.speed / peak:.4g}"),
    }


def _spread(values: NDArray[np.float64]) -> list[float]:
    three = np.median(values), np.percentile(values, 99), values.max()
    return [float(f"{value:.4g}") for value in three]
