"""The content of a certificate, as values that JSON can hold."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import asdict, dataclass
from typing import Any

CERTIFIED, NOT_CERTIFIED = "certified", "not certified"


@dataclass(frozen=True)
class Check:
    """An inequality that was evaluated: the largest value found, and what it may be.

    Parameters
    ----------
    name : the expression, in the package's notation.
    value : the largest value over all points.
    limit : what ``value`` may not exceed; not 0 because numbers are rounded.
    unit : of both, empty for a ratio.
    """

    name: str
    value: float
    limit: float
    unit: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the value is a number within the limit."""
        return self.value <= self.limit


@dataclass(frozen=True)
class Bounds:
    """Bounds that the guarantee gives in data space for motions from the demonstrated starts.

    Every trajectory stays in the latent ball around the goal on whose surface it starts. All
    figures are maxima over the ball ``|z - z*| <= radius`` that holds every demonstrated
    start, found by sampling it through `decode`: close to the true ones from below. Lengths
    are in the policy's units; of poses, a rad counts as the file's characteristic length.

    Parameters
    ----------
    radius : largest ``|phi(x0) - z*|`` over the demonstrated starts.
    start : distance of the farthest demonstrated start from the goal.
    farthest : no trajectory from these starts gets farther from the goal than this.
    overshoot : ``farthest - start``.
    rollouts : the farthest from the goal that the motions from these starts themselves get.
    factor : K in ``|x(t) - x*| <= K exp(-c t) |x0 - x*|``, for every demonstrated start x0.
    reach : lower and upper corner [d] of a box around all these trajectories; of poses, the
        last three in rad.
    speed : largest speed of the field, units per s.
    goal_lag : s; a goal that moves at speed v is followed at a distance of at most
        ``goal_lag * v`` in the end.
    slow_goal_lag : s, what `goal_lag` falls to for slow goals.
    goal_speed : units per s up to which `goal_lag` holds.
    acceleration : units per s^2; see the acceleration limit in docs/guarantees.md.
    accelerating : s for which a limit of at least `acceleration` acts at most, from rest.
    farthest_accelerating : `farthest` under such a limit.
    """

    radius: float
    start: float
    farthest: float
    overshoot: float
    rollouts: float
    factor: float
    reach: tuple[list[float], list[float]]
    speed: float
    goal_lag: float
    slow_goal_lag: float
    goal_speed: float
    acceleration: float
    accelerating: float
    farthest_accelerating: float


@dataclass(frozen=True)
class Effect:
    """Effect of something on the robot's side on the guarantee."""

    of: str
    keeps: str
    loses: str


@dataclass(frozen=True)
class Certificate:
    """Guarantee of one policy file: its kind and rate, what was checked, and the verdict.

    Parameters
    ----------
    verdict : "certified" or "not certified".
    reasons : why it is not certified; empty if it is.
    weights_hash : of the weights it speaks of (see `elcd_policy.formats.archive.weights_hash`).
    field, flow : what the file's field and flow are made of.
    kind, metric : what contracts, and in which metric.
    rate : c in 1/s.
    rate_times_duration : e-foldings guaranteed per demonstrated duration.
    units : of lengths.
    points : how many points were checked, by region.
    checks : the inequalities.
    bounds : what follows in data space; None if it is not certified.
    effects : a row each for what the robot's side does; none if it is not certified.
    """

    verdict: str
    reasons: list[str]
    weights_hash: str
    field: str
    flow: str
    kind: str
    metric: str
    rate: float
    rate_times_duration: float
    units: str
    points: dict[str, int] = dataclasses.field(default_factory=dict)
    checks: list[Check] = dataclasses.field(default_factory=list)
    bounds: Bounds | None = None
    effects: list[Effect] = dataclasses.field(default_factory=list)

    @property
    def certified(self) -> bool:
        """Return whether the verdict is "certified"."""
        return self.verdict == CERTIFIED

    @property
    def summary(self) -> str:
        """Return the verdict, with the reasons if there are some, as one line."""
        return f"{self.verdict}: {'; '.join(self.reasons)}" if self.reasons else self.verdict

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; numbers that are not finite become None."""
        values = asdict(self)
        for row, check in zip(values["checks"], self.checks, strict=True):
            row["passed"] = check.passed
        return _finite(values)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
