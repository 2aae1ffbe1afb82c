"""Enclose every motion from a box of starts: how far, how fast, and how soon at the goal."""

from __future__ import annotations

import copy
import os
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ..errors import CertificateError, ParameterError
from ..formats.loaded_policy import trainable_policy
from ..formats.policy_file import LoadedPolicy, load
from ..policy import MotionPolicy
from ..utils.threads import one_thread
from .enclosure.affine import Array, Form, concatenate
from .enclosure.cover import cover_boxes
from .enclosure.jets import Jet
from .enclosure.maxima import upper_bounds
from .enclosure.networks import decode, encode, velocity
from .enclosure.tube import Ellipsoids, reach_tube

MOST_DIMENSIONS = 3
#: Demonstrated durations that are enclosed step by step; later the proof itself holds the motions.
HORIZON = 2.0
#: How often sets of starts are made smaller until their motions can be followed.
ROUNDS = 8
#: Demonstrated durations after which sets have shrunk so far that they can be followed.
PARTING = 0.6
#: Sampled motions say where a bound is tight enough: within these factors of what they reach.
SAMPLES, SLACK_DISTANCE, SLACK_SPEED = 1000, 1.15, 1.3
#: Share of the unit scale that a bound may be off without being made tighter.
SLACK = 0.03


@dataclass(frozen=True)
class Reach:
    """Bounds for all motions from boxes of starts; enclosed, not sampled.

    Interval and affine arithmetic in float64 with a stated rounding margin (see
    `enclosure.affine`); they are bounds for the field of the stored weights in exact arithmetic.
    ``sampled_*`` are the largest values of some motions from the same starts, for comparison.

    Parameters
    ----------
    radius : half the side of the box around each demonstrated start, in the policy's units.
    farthest, sampled_farthest : distance from the goal.
    speed, sampled_speed : units per s.
    settled : s after which every motion stays within ``tolerance`` of the goal; None if that is
        later than what was enclosed.
    tolerance : of the goal, in the policy's units.
    times : [K + 1] in s.
    lower, upper : [K][d], boxes that hold all motions between two of these times.
    cells : into how many sets the starts were cut.
    """

    radius: float
    farthest: float
    sampled_farthest: float
    speed: float
    sampled_speed: float
    settled: float | None
    tolerance: float
    times: list[float]
    lower: list[list[float]]
    upper: list[list[float]]
    cells: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


@one_thread()
def enclose_reach(
    policy: MotionPolicy | LoadedPolicy | str | os.PathLike[str],
    radius: float | None = None,
    *,
    tolerance: float | None = None,
    steps: int = 400,
    halvings: int = 12,
    progress: bool = True,
) -> Reach:
    """Enclose all motions from boxes around the demonstrated starts.

    Parameters
    ----------
    policy : a file, what `load` returned, or what `fit` did; its flow and field are this
        library's. A goal that was moved since makes no difference.
    radius : half the side of the boxes, in the policy's units; default 0.15 of its scale, what
        training pushes starts by.
    tolerance : distance from the goal for ``settled``; default 0.02 of the scale.
    steps : of time, over twice the demonstrated duration.
    halvings : how often a set is cut in two at the most where a bound is loose.
    progress : show a progress bar on stderr.

    Raises
    ------
    ParameterError
        For more than three dimensions, or numbers out of range.
    CertificateError
        If no enclosure was found: the field changes too fast between the starts.
    """
    policy = _as_trained(policy)
    scale = _scale(policy)
    radius = 0.15 * scale if radius is None else radius
    tolerance = 0.02 * scale if tolerance is None else tolerance
    for name, value in (("radius", radius), ("tolerance", tolerance)):
        if not 0 < value < np.inf:
            raise ParameterError(f"the {name} is out of range", got=value, expected="above 0")
    facts, d = policy.metadata, policy.dimension
    if d > MOST_DIMENSIONS:
        raise ParameterError(
            "motions are enclosed in few dimensions only",
            got=f"{d} dimensions",
            expected=f"at most {MOST_DIMENSIONS}",
            advice="the other rows of the certificate hold in any dimension",
        )
    starts = ((torch.tensor(facts.starts, dtype=torch.float64) - policy.goal) / scale).numpy()
    with np.errstate(all="ignore"):
        motions = _sample(policy, starts, radius / scale, steps)
        cells = _followable(policy, cover_boxes(policy.flow, starts, radius / scale), steps)
        largest = _enclose(policy, cells, motions, halvings, progress)
    distances = np.maximum.accumulate(largest[::-1, 0])[::-1]
    largest = largest[:-1]
    late = np.flatnonzero(distances * scale > tolerance)
    settled = 0 if len(late) == 0 else int(late[-1]) + 1
    times = np.linspace(0.0, HORIZON, steps + 1) * facts.duration
    centre = np.asarray(facts.goal)
    return Reach(
        radius=radius,
        farthest=float(largest[:, 0].max() * scale),
        sampled_farthest=float(motions[:, 0].max() * scale),
        speed=float(largest[:, 1].max() * scale / facts.duration),
        sampled_speed=float(motions[:, 1].max() * scale / facts.duration),
        settled=float(times[settled]) if settled <= steps else None,
        tolerance=tolerance,
        times=times.tolist(),
        lower=(centre - largest[:, 2 + d :] * scale).tolist(),
        upper=(centre + largest[:, 2 : 2 + d] * scale).tolist(),
        cells=len(cells.center),
    )


def _followable(policy: MotionPolicy, cells: Form, steps: int) -> Form:
    """Halve cells, in the direction that the flow stretches most, until each can be followed."""
    followed = []
    for _ in range(ROUNDS):
        image = encode(policy.flow, cells)
        ellipsoids = Ellipsoids.around(image - policy.latent_goal.numpy())
        bounded = np.ones(len(cells.center), dtype=bool)
        for step in reach_tube(policy.field, ellipsoids, HORIZON, steps):
            bounded = step.bounded
            if step.begin > PARTING or not bounded.any():
                break
        followed.append(cells.rows(bounded))
        if bounded.all():
            return concatenate(followed)
        own = cells.linear.shape[1]
        longest = np.linalg.norm(image.linear[~bounded, -own:], axis=2).argmax(axis=1)
        cells = cells.rows(~bounded).halve(longest)
    raise _unbounded(len(cells.center))


def _unbounded(count: int) -> CertificateError:
    return CertificateError(
        "no enclosure of all motions was found",
        got=f"{count} sets of starts whose motions part too fast",
        advice="try a smaller radius or more steps",
    )


def _enclose(
    policy: MotionPolicy, cells: Form, motions: Array, halvings: int, progress: bool
) -> Array:
    """Return the largest measures [steps + 1, q] of all motions; the last row: of later times."""
    steps, goal = len(motions), policy.latent_goal.numpy()
    ellipsoids = Ellipsoids.around(encode(policy.flow, cells) - goal)
    measure = partial(_measures, policy, goal)
    largest = np.zeros((steps + 1, motions.shape[1]))
    bar = tqdm(
        reach_tube(policy.field, ellipsoids, HORIZON, steps),
        total=steps,
        desc=f"enclosing motions from {len(cells.center)} cells",
        unit="step",
        mininterval=0.5,
        disable=not progress,
    )
    for index, step in enumerate(bar):
        if not step.bounded.all():
            raise _unbounded(int((~step.bounded).sum()))
        enough = _tight_enough(motions[index], motions.max(axis=0), policy.dimension)
        largest[index] = upper_bounds(step.offset, measure, enough, halvings)
    # Later, |e| never grows: that is what the field's construction proves.
    left = float(step.offset.norm().max()) * np.eye(policy.dimension)[None]
    later = Form(np.zeros((1, policy.dimension)), left, np.zeros((1, policy.dimension)), 0)
    enough = _tight_enough(motions[-1], motions.max(axis=0), policy.dimension)
    largest[-1] = upper_bounds(later, measure, enough, halvings)
    return largest


def _measures(policy: MotionPolicy, goal: Array, e: Form) -> Array:
    """Bound distance from the goal, speed, and each coordinate both ways [N, 2 + 2 d]."""
    motion = decode(policy.flow, Jet(e + goal, velocity(policy.field, e)))
    point, spread = motion.value.center, motion.value.radius
    scalars = np.stack([motion.value.norm(), motion.rate.norm()], axis=1)
    return np.concatenate([scalars, point + spread, spread - point], axis=1)


def _tight_enough(now: Array, ever: Array, d: int) -> Array:
    """Return the bounds [q] below which nothing need be made tighter, from sampled measures."""
    enough = now * SLACK_DISTANCE + SLACK
    enough[1] = max(now[1] * SLACK_SPEED, 0.7 * ever[1])
    enough[2:] = now[2:] + SLACK + (SLACK_DISTANCE - 1) * (now[2 : 2 + d] + now[2 + d :]).max()
    return enough


@torch.no_grad()
def _sample(policy: MotionPolicy, starts: Array, half: float, steps: int) -> Array:
    """Return the largest measures [steps, q] of some motions from the boxes, over each step."""
    d = starts.shape[1]
    generator = np.random.default_rng(0)
    chosen = starts[generator.integers(len(starts), size=SAMPLES)]
    x = torch.tensor(chosen + generator.uniform(-half, half, (SAMPLES, d)))
    e = policy.flow.encode(x)[0] - policy.latent_goal
    h, field, rows = HORIZON / steps, policy.field, []
    for _ in range(steps + 1):
        y = policy.flow.decode(e + policy.latent_goal)
        speed = policy.flow.pushforward(policy.flow.encode(y)[1], field(e)).norm(dim=1)
        scalars = torch.stack([y.norm(dim=1).max(), speed.max()])
        rows.append(torch.cat([scalars, y.amax(dim=0), -y.amin(dim=0)]).numpy())
        k1 = field(e)
        k2 = field(e + h / 2 * k1)
        k3 = field(e + h / 2 * k2)
        e = e + h / 6 * (k1 + 2 * k2 + 2 * k3 + field(e + h * k3))
    return np.maximum(rows[:-1], rows[1:])


def _as_trained(policy: MotionPolicy | LoadedPolicy | str | os.PathLike[str]) -> MotionPolicy:
    """Return a copy in float64, its goal where it was demonstrated."""
    if isinstance(policy, str | os.PathLike):
        policy = load(policy)
    if isinstance(policy, LoadedPolicy):
        if policy.avoids_obstacles:
            raise ParameterError(
                "motions around obstacles are not enclosed",
                got="a policy that avoids obstacles",
                expected="the learned policy",
            )
        policy = trainable_policy(policy)
    policy = copy.deepcopy(policy).double()
    policy.goal.copy_(torch.tensor(policy.metadata.goal, dtype=torch.float64))
    return policy


def _scale(policy: MotionPolicy) -> float:
    scale = policy.scale.double().flatten()
    if not bool((scale == scale[0]).all()):
        raise ParameterError(
            "motions of poses are not enclosed",
            got=f"{policy.dimension} coordinates of several units",
            expected=f"at most {MOST_DIMENSIONS} coordinates of one unit",
        )
    return float(scale[0])
