"""Enclosures through flows and fields hold what torch computes."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch

from elcd_policy import MotionPolicy
from elcd_policy.certificate.enclosure.affine import Form
from elcd_policy.certificate.enclosure.jets import Jet
from elcd_policy.certificate.enclosure.networks import decode, encode, slope, velocity

Trained = Callable[[int, str], MotionPolicy]


def around(points: np.ndarray, width: float) -> Form:
    n, d = points.shape
    return Form(points, np.tile(width * np.eye(d), (n, 1, 1)), np.zeros((n, d)), d)


def holds(form: Form, values: torch.Tensor) -> bool:
    points = values.detach().numpy().reshape(-1, *form.center.shape)
    return bool((np.abs(points - form.center) <= form.radius * (1 + 1e-9)).all())


@pytest.mark.parametrize("field", ["elcd", "monotone"])
@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize("width", [1e-6, 1e-3, 0.1])
def test_what_a_policy_computes_lies_in_the_enclosure(
    dimension: int, field: str, width: float, trained: Trained
) -> None:
    policy = copy.deepcopy(trained(dimension, field)).double()
    rng = np.random.default_rng(dimension)
    centers = rng.normal(0, 1.0, (5, dimension))
    cells = around(centers, width)
    x = torch.tensor(centers + width * rng.uniform(-1, 1, (100, 5, dimension))).flatten(0, 1)
    z, tape = policy.flow.encode(x)
    e = z - policy.latent_goal
    image = encode(policy.flow, cells)
    offset = image - policy.latent_goal.numpy()
    assert holds(image, z)
    assert holds(velocity(policy.field, offset), policy.field(e))
    slopes = torch.func.vmap(torch.func.jacrev(lambda one: policy.field(one[None])[0]))(e)
    assert holds(slope(policy.field, offset), slopes.flatten(1))
    motion = decode(policy.flow, Jet(image, velocity(policy.field, offset)))
    assert holds(motion.value, x)
    assert holds(motion.rate, policy.flow.pushforward(tape, policy.field(e)))


@pytest.mark.parametrize("field", ["elcd", "monotone"])
def test_small_sets_are_hardly_widened(field: str, trained: Trained) -> None:
    policy = copy.deepcopy(trained(2, field)).double()
    cells = around(np.array([[1.0, -0.5], [0.2, 0.8]]), 1e-4)
    back = decode(policy.flow, encode(policy.flow, cells))
    assert (back.radius <= 1.05e-4).all()
