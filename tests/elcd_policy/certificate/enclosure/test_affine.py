"""Affine forms hold the image of every point of their sets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from elcd_policy.certificate.enclosure.affine import Form, concatenate
from elcd_policy.certificate.enclosure.maxima import upper_bounds

Array = NDArray[np.float64]
SEEDS = st.integers(0, 2**32 - 1)
WIDTHS = st.floats(-9, 1).map(lambda power: 10.0**power)


def sets_and_points(seed: int, width: float, boxes: int = 2) -> tuple[Form, Array]:
    """Four sets of vectors in R^3 with three symbols, and 200 points [200, 4, 3] of them."""
    rng = np.random.default_rng(seed)
    form = Form(
        rng.normal(0, 1.5, (4, 3)),
        width * rng.normal(0, 1, (4, 3, 3)),
        width * rng.uniform(0, 1, (4, 3)),
        boxes,
    )
    symbols = rng.uniform(-1, 1, (200, 4, 3))
    ball = symbols[..., boxes:]
    ball /= np.maximum(np.linalg.norm(ball, axis=-1, keepdims=True), 1.0)
    noise = rng.uniform(-1, 1, (200, 4, 3))
    moved = np.einsum("snk,nki->sni", symbols, form.linear)
    return form, form.center + moved + form.rest * noise


def holds(form: Form, points: Array) -> bool:
    return bool((np.abs(points - form.center) <= form.radius).all())


OPERATIONS: dict[str, tuple[Callable[[Form], Form], Callable[[Array], Array]]] = {
    "tanh": (Form.tanh, np.tanh),
    "exp": (Form.exp, np.exp),
    "root": (Form.root_of_square_plus_one, lambda x: np.sqrt(1 + x * x)),
    "slope of the root": (Form.slope_of_root, lambda x: x / np.sqrt(1 + x * x)),
    "square": (lambda form: form * form, lambda x: x * x),
    "difference of a product": (
        lambda form: form * form.tanh() - form.scale(0.3),
        lambda x: x * np.tanh(x) - 0.3 * x,
    ),
    "turned": (lambda form: form.map(np.array([[1.0, 2], [0, -1], [3, 1]])), lambda x: x @ M),
    "with fresh symbols": (lambda form: form.tanh().symbolise(slice(1, 3)), np.tanh),
}
M = np.array([[1.0, 2], [0, -1], [3, 1]])


@pytest.mark.parametrize("name", OPERATIONS)
@given(seed=SEEDS, width=WIDTHS)
def test_images_of_points_lie_in_the_image_of_their_set(name: str, seed: int, width: float) -> None:
    enclose, compute = OPERATIONS[name]
    form, points = sets_and_points(seed, width)
    assert holds(enclose(form), compute(points))


@given(seed=SEEDS, width=WIDTHS)
def test_norms_are_bounded(seed: int, width: float) -> None:
    form, points = sets_and_points(seed, width, boxes=1)
    assert (np.linalg.norm(points, axis=-1) <= form.norm()).all()


def test_a_small_set_is_enclosed_to_second_order() -> None:
    form, _ = sets_and_points(0, 1e-4)
    image = form.tanh()
    slope = 1 / np.cosh(form.center) ** 2
    assert (image.radius <= slope * form.radius * (1 + 1e-3) + 1e-9).all()


@given(seed=SEEDS)
def test_halves_hold_what_the_whole_holds(seed: int) -> None:
    form, points = sets_and_points(seed, 0.5)
    halves = form.halve(np.zeros(4, dtype=int))
    first, second = halves.rows(slice(0, 4)), halves.rows(slice(4, 8))
    inside = np.abs(points - first.center) <= first.radius
    inside |= np.abs(points - second.center) <= second.radius
    assert inside.all()
    assert len(concatenate([first, second]).center) == 8


@given(seed=SEEDS)
def test_a_maximum_is_bounded_and_closely(seed: int) -> None:
    form, points = sets_and_points(seed, 0.3, boxes=1)
    rough = float((form * form).magnitude.max())
    fine = upper_bounds(form, lambda part: (part * part).magnitude, np.zeros(3), 9)
    assert (fine >= (points**2).max(axis=(0, 1))).all()
    assert fine.max() <= rough * (1 + 1e-12)
