"""Figures of a whole campaign, as values that JSON can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ..episodes.episode_result import EnvelopeCheck, EpisodeResult, merge_checks


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
        """Return the figures of the campaign: medians, with 95 % quantiles and maxima beside."""
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
        """Check (ii): all episodes' distances to the goal, outside the disturbances."""
        checks = [episode.envelope for episode in self.episodes if episode.envelope is not None]
        return merge_checks(checks) if checks else None

    @property
    def within_envelope(self) -> bool:
        """Check (i): true if no rollout of the field itself left its certified envelope."""
        return all(check.within == 1 for check in self.kinematic)

    def facts(self) -> dict[str, Any]:
        """Return the figures and all that holds for the campaign as a whole, JSON-ready."""
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
        """Return `facts`, the corridor and each episode's ``results``, JSON-ready."""
        results = [asdict(episode) for episode in self.episodes]
        return {**self.facts(), "corridor": self.corridor, "results": results}

    def to_json(self) -> str:
        """Return `to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CampaignResult:
        """Return the result that `to_dict` described."""
        names = cls.__dataclass_fields__
        known = {name: values[name] for name in names if name in values and name != "episodes"}
        episodes = [
            EpisodeResult(**{**episode, "envelope": _check(episode["envelope"])})
            for episode in values["results"]
        ]
        known["kinematic"] = [EnvelopeCheck(**check) for check in values["kinematic"]]
        known["pairs"] = _check(values["pairs"])
        return cls(episodes=episodes, **known)


def _check(values: Mapping[str, Any] | None) -> EnvelopeCheck | None:
    return None if values is None else EnvelopeCheck(**values)


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
