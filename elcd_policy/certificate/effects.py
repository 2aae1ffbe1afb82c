"""Effects of the robot's side on the guarantee, a row each; derived in docs/guarantees.md."""

from __future__ import annotations

from ..metadata import PolicyMetadata
from .types import Bounds, Effect


def effects(facts: PolicyMetadata, kind: str, rate: float, bounds: Bounds) -> list[Effect]:
    """Return the rows for a policy that contracts as ``kind`` at ``rate`` 1/s."""
    units = facts.units
    every_pair = kind == "contraction of every pair"
    lag = (
        f"a distance of at most {bounds.goal_lag:.3g} s times the speed, up to "
        f"{bounds.goal_speed:.3g} {units}/s ({bounds.slow_goal_lag:.3g} s for slow ones)"
    )
    moved = 3 if facts.orientation is not None else facts.dimension
    lower, upper = (
        "(" + ", ".join(f"{v:.4g}" for v in corner[:moved]) + ")" for corner in bounds.reach
    )
    placed = ""
    if facts.placement is not None:
        scale = facts.placement.metres_per_unit
        placed = f"; on the robot the farthest distance is {bounds.farthest * scale:.3g} m"
    return [
        Effect("speed scale k > 0", f"all, at the rate k times {rate:.3g} 1/s", "nothing"),
        Effect(
            "translated goal",
            "all: field, metric and bounds move with it",
            "nothing; the bounds are for starts that move with it",
        ),
        Effect("moving goal", f"in the end {lag}", _and("convergence while it moves", every_pair)),
        Effect(
            "placement",
            f"all, at the same rate{placed}",
            "nothing; coordinates it leaves open follow the hold controller, not this certificate",
        ),
        Effect(
            "speed limit v",
            f"convergence to the goal on the same paths, at the rate c min(1, v / "
            f"{bounds.speed:.3g} {units}/s) or more",
            _and("part of the rate while it acts", every_pair),
        ),
        Effect(
            "acceleration limit a",
            f"from rest with a >= {bounds.acceleration:.3g} {units}/s^2: it acts for at most "
            f"{bounds.accelerating:.3g} s, within {bounds.farthest_accelerating:.4g} {units} of "
            "the goal, then all holds",
            "everything while it acts; below that value nothing is bounded by this certificate",
        ),
        Effect(
            "workspace box",
            f"all, if it holds {lower} to {upper} {units} with room to brake: then it never acts",
            "everything while it acts: the motion may rest at a face",
        ),
        Effect(
            "static obstacles",
            "convergence to the goal from all starts outside them but a set of measure zero: "
            f"h times {rate:.3g} 1/s or more, h = 1 beyond their zones, 0 on a surface",
            _and("the rate within their zones", every_pair),
        ),
        Effect(
            "velocity error of the arm",
            f"in the end {lag}, with the error as the speed",
            _and("convergence", every_pair),
        ),
    ]


def _and(loss: str, every_pair: bool) -> str:
    return f"{loss}, and contraction of pairs" if every_pair else loss
