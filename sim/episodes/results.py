"""What came out of disturbed episodes, as values that JSON can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class EnvelopeCheck:
    """Distances in the certified metric, held against their envelope.

    Parameters
    ----------
    kind : of distances: "to the goal" or "pairs", "kinematic" in front if there was no arm.
    count : of trajectories or pairs.
    within : share of them that stayed within at all times.
    worst : largest ratio of a distance to its envelope after the begin; at most 1 is within.
    final : the same ratio at the end, the median of all.
    tolerance : latent distance by which an integrator may have exceeded the envelope.
    """

    kind: str
    count: int
    within: float
    worst: float
    final: float
    tolerance: float = 0.0


@dataclass(frozen=True)
class EpisodeResult:
    """One disturbed episode.

    Parameters
    ----------
    index : of the episode; with the campaign's seed it determines all that chance did.
    disturbances : each as text, such as ``"push time=1.5 force=30,0,0 duration=0.2"``.
    end_of_disturbance_s : when the last passing disturbance ended.
    recovered : back in the corridor after that, and at the goal in the end.
    left_corridor : whether it was outside at any time after the first disturbance began.
    peak_deviation_mm : largest distance from the nearest demonstration after that time.
    return_time_s : from the end of the last disturbance until it was in the corridor, there to
        stay for half a second or the rest; None if it never was.
    end_error_mm : last distance from the goal.
    end_rotation_deg : last angle from the goal's orientation; None if the motion has none.
    clearance_mm : smallest distance of the TCP from an obstacle's surface, negative inside;
        None without obstacles.
    joint_velocity, joint_torque : largest absolute values, rad/s and N m.
    velocity_share, torque_share : the same as shares of each joint's limit, the largest.
    tracking_error_mm_s : largest difference of measured and wanted TCP velocity outside the
        disturbances.
    envelope : of its distance to the goal, outside the disturbances; None if the method has no
        certified metric.
    path_time_s, path_m : [M] and [M][3], the TCP's way, thinned out; base frame.
    """

    index: int
    disturbances: list[str]
    end_of_disturbance_s: float
    recovered: bool
    left_corridor: bool
    peak_deviation_mm: float
    return_time_s: float | None
    end_error_mm: float
    joint_velocity: float
    joint_torque: float
    velocity_share: float
    torque_share: float
    tracking_error_mm_s: float | None
    envelope: EnvelopeCheck | None
    path_time_s: list[float]
    path_m: list[list[float]]
    end_rotation_deg: float | None = None
    clearance_mm: float | None = None


@dataclass(frozen=True)
class CampaignResult:
    """Disturbed episodes of one method on one robot.

    Parameters
    ----------
    method : what moved the arm, e.g. "ElcdField".
    source : of the demonstrations.
    robot : its name.
    seed : of the campaign.
    settings : rates, latency and the like, as given.
    corridor_mm : half-width of the demonstrated corridor.
    corridor : [n][M][3] in m, the demonstrations that it surrounds, base frame.
    goal : [3] in m.
    goal_tolerance_mm : within which an end counts as at the goal.
    episodes : in the order of their indices.
    kinematic : (i) rollouts without arm or limiter against ``exp(-c t) d0``.
    pairs : (ii) for fields that contract every pair, pairs of torque runs.
    versions : of what computed this.
    command : that did.
    """

    method: str
    source: str
    robot: str
    seed: int
    settings: dict[str, Any]
    corridor_mm: float
    corridor: list[list[list[float]]]
    goal: list[float]
    goal_tolerance_mm: float
    episodes: list[EpisodeResult]
    kinematic: list[EnvelopeCheck] = field(default_factory=list)
    pairs: EnvelopeCheck | None = None
    versions: dict[str, str] = field(default_factory=dict)
    command: str = ""

    @property
    def recovered_share(self) -> float:
        """Share of the episodes that recovered."""
        return float(np.mean([episode.recovered for episode in self.episodes]))

    def summary(self) -> dict[str, Any]:
        """The figures of the whole campaign: medians, with 95 % quantiles and maxima beside."""
        episodes = self.episodes
        values: dict[str, list[float]] = {
            "peak_deviation_mm": [e.peak_deviation_mm for e in episodes],
            "return_time_s": [e.return_time_s for e in episodes if e.return_time_s is not None],
            "end_error_mm": [e.end_error_mm for e in episodes],
            "joint_velocity": [e.joint_velocity for e in episodes],
            "joint_torque": [e.joint_torque for e in episodes],
            "velocity_share": [e.velocity_share for e in episodes],
            "torque_share": [e.torque_share for e in episodes],
        }
        figures: dict[str, Any] = {
            "episodes": len(episodes),
            "recovered_share": self.recovered_share,
            "left_corridor_share": float(np.mean([e.left_corridor for e in episodes])),
        }
        for name, all_values in values.items():
            figures[name] = _quantile(all_values, 0.5)
            figures[f"{name}_p95"] = _quantile(all_values, 0.95)
            figures[f"{name}_max"] = _quantile(all_values, 1.0)
        clearances = [e.clearance_mm for e in episodes if e.clearance_mm is not None]
        if clearances:
            figures["clearance_mm"] = _quantile(clearances, 0.5)
            figures["clearance_mm_min"] = min(clearances)
            figures["cleared_share"] = float(np.mean([value > 0 for value in clearances]))
        return figures

    @property
    def tracking(self) -> EnvelopeCheck | None:
        """(ii) all episodes' distances to the goal, outside the disturbances."""
        checks = [episode.envelope for episode in self.episodes if episode.envelope is not None]
        return merged(checks) if checks else None

    @property
    def within_envelope(self) -> bool:
        """(i) whether no rollout of the field itself left its certified envelope."""
        return all(check.within == 1 for check in self.kinematic)

    def facts(self) -> dict[str, Any]:
        """The figures and all that holds for the campaign as a whole, JSON-ready."""
        tracking = self.tracking
        whole = {
            name: value
            for name, value in asdict(replace(self, episodes=[])).items()
            if name not in ("episodes", "corridor")
        }
        return {
            **self.summary(),
            **whole,
            "tracking": None if tracking is None else asdict(tracking),
        }

    def to_dict(self) -> dict[str, Any]:
        """`facts`, the corridor and each episode's ``results``, JSON-ready."""
        results = [asdict(episode) for episode in self.episodes]
        return {**self.facts(), "corridor": self.corridor, "results": results}

    def to_json(self) -> str:
        """`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CampaignResult:
        """The result that `to_dict` described."""
        names = cls.__dataclass_fields__
        known = {name: values[name] for name in names if name in values and name != "episodes"}
        episodes = [
            EpisodeResult(**{**episode, "envelope": _check(episode["envelope"])})
            for episode in values["results"]
        ]
        known["kinematic"] = [EnvelopeCheck(**check) for check in values["kinematic"]]
        known["pairs"] = _check(values["pairs"])
        return cls(episodes=episodes, **known)


def merged(checks: Sequence[EnvelopeCheck]) -> EnvelopeCheck:
    """Several checks of one kind as one.

    Parameters
    ----------
    checks : at least one.
    """
    counts = np.array([check.count for check in checks], dtype=float)
    return EnvelopeCheck(
        kind=checks[0].kind,
        count=int(counts.sum()),
        within=float(np.average([check.within for check in checks], weights=counts)),
        worst=max(check.worst for check in checks),
        final=float(np.median([check.final for check in checks])),
        tolerance=max(check.tolerance for check in checks),
    )


def _check(values: Mapping[str, Any] | None) -> EnvelopeCheck | None:
    return None if values is None else EnvelopeCheck(**values)


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
