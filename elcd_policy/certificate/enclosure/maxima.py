"""The largest values of measures over sets, by branch and bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .affine import Array, Form

#: Sets per call: what fits a processor's cache.
CHUNK = 128


def upper_bounds(
    sets: Form, measure: Callable[[Form], Array], enough: Array, halvings: int
) -> Array:
    """Bound measures over all of N sets, more tightly where one is above ``enough``.

    A set of which a bound is above ``enough`` is cut in two along its symbol of the largest extent,
    up to ``halvings`` times; parts outside the unit ball of its ball symbols are left out.

    Parameters
    ----------
    sets : N of them.
    measure : from sets to upper bounds [N, q].
    enough : [q].

    Returns
    -------
    [q] upper bounds over all sets; infinite where none was found.
    """
    k, balls = sets.linear.shape[1], sets.boxes
    parts = replace(sets, boxes=k)
    middle, half = np.zeros((len(sets.center), k)), np.ones((len(sets.center), k))
    found = _measure(sets, measure)
    best = np.full(len(enough), -np.inf)
    for round_ in range(halvings + 1):
        closed = (found <= enough).all(axis=1) | (round_ == halvings)
        best = np.maximum(best, found[closed].max(axis=0, initial=-np.inf))
        kept = np.flatnonzero(~closed)
        if len(kept) == 0:
            break
        parts, middle, half, known = parts.rows(kept), middle[kept], half[kept], found[kept]
        symbol = np.linalg.norm(parts.linear, axis=2).argmax(axis=1)
        parts = parts.halve(symbol)
        shift = np.zeros_like(middle)
        n = np.arange(len(kept))
        half[n, symbol] /= 2
        shift[n, symbol] = half[n, symbol]
        middle, half = np.concatenate([middle - shift, middle + shift]), np.tile(half, (2, 1))
        nearest = np.maximum(np.abs(middle[:, balls:]) - half[:, balls:], 0.0)
        inside = np.flatnonzero(np.square(nearest).sum(axis=1) <= 1 + 1e-9)
        parts, middle, half = parts.rows(inside), middle[inside], half[inside]
        # A ball's part is enclosed by a box: what the whole was bound by stays true.
        found = np.minimum(_measure(parts, measure), np.tile(known, (2, 1))[inside])
    return best


def _measure(sets: Form, measure: Callable[[Form], Array]) -> Array:
    starts = range(0, len(sets.center), CHUNK)
    found = np.concatenate([measure(sets.rows(slice(at, at + CHUNK))) for at in starts])
    return np.where(np.isfinite(found), found, np.inf)
