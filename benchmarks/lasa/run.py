"""One job from training to its result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation import Scores, evaluate
from elcd_policy.evaluation.scores import RollsOut
from elcd_policy.policy import MotionPolicy
from elcd_policy.training import TrainingSettings, fit
from elcd_policy.training.fit import DEFAULT_FIELD

from .baselines import BASELINES
from .calm import ball_facts, calm_rows
from .convergence import converged_share
from .eflow import EFlowSettings, checkout_hash, fit_eflow
from .jobs import PEER, PROTOCOLS, Job
from .problems import load_problem
from .pushes import push_returns

#: Arrows a side of a stored field, and points of a stored rollout.
ARROWS, POINTS = 24, 60


def run(job: Job) -> dict[str, Any]:
    """Train and score; return a JSON-ready result."""
    demonstrations = load_problem(job.shape, job.pendulum)
    rules = PROTOCOLS[job.part]
    shown = demonstrations[rules.first : rules.first + job.shown]
    scored, numbers = demonstrations[slice(*rules.scored)], range(*rules.scored)
    result: dict[str, Any] = {"units": demonstrations.units, **_size(demonstrations)}
    if job.method in BASELINES:
        return {**result, "scores": _list(numbers, BASELINES[job.method](shown, scored))}
    begin = time.process_time()
    policy: RollsOut
    if job.method == PEER:
        peer = EFlowSettings(**job.settings)
        policy = fit_eflow(shown, job.checkout, seed=job.seed, settings=peer)
        result["checkout"] = checkout_hash(job.checkout)
    else:
        ours = TrainingSettings(**job.settings)
        policy = fit(shown, job.method, settings=ours, seed=job.seed, progress=False)
    result["cpu_s"] = round(time.process_time() - begin, 2)
    result["scores"] = _list(numbers, evaluate(policy, scored))
    result["converged"] = converged_share(policy, shown.goal, demonstrations)
    if job.part in ("a", "d"):
        result["calm"] = calm_rows(policy, shown)
    if job.part in ("a", "settings") and policy.dimension == 2:
        result["pushes"] = push_returns(policy, demonstrations)
    if isinstance(policy, MotionPolicy):
        if job.part in ("a", "d"):
            result["ball"] = ball_facts(policy, shown)
        result["rate_times_duration"] = policy.metadata.guarantee["rate_times_duration"]
        if (job.part, job.method, job.seed, policy.dimension) == ("b", DEFAULT_FIELD, 0, 2):
            result["drawing"] = _drawing(policy, shown)
    return result


def _list(numbers: Sequence[int], scores: list[Scores]) -> list[dict[str, float]]:
    return [
        {"demonstration": number, **{k: float(f"{v:.6g}") for k, v in score.to_dict().items()}}
        for number, score in zip(numbers, scores, strict=True)
    ]


def _size(demonstrations: DemonstrationSet) -> dict[str, Any]:
    lower, upper = demonstrations.workspace
    return {"dimension": len(lower), "longest_side": float(f"{(upper - lower).max():.4g}")}


def _drawing(policy: MotionPolicy, demonstrations: DemonstrationSet) -> dict[str, Any]:
    """Return what a picture of the field needs: its box, velocities on a grid, rollouts."""
    lower, upper = demonstrations.workspace
    margin = 0.1 * (upper - lower).max()
    lower, upper = lower - margin, upper + margin
    x, y = (np.linspace(lower[i], upper[i], ARROWS) for i in (0, 1))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    starts = np.array([demo.position[0] for demo in demonstrations])
    duration = 2.0 * demonstrations.duration
    _, paths = policy.rollout(starts, duration, duration / (POINTS - 1))
    return {
        "box": [lower.round(2).tolist(), upper.round(2).tolist()],
        "velocity": policy.velocity(grid).round(1).ravel().tolist(),
        "rollouts": paths.swapaxes(0, 1).round(2).tolist(),
    }
