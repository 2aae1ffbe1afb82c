"""Enclosures through the library's flows and fields, weights in float64.

Each class of `elcd_policy.flows` and `elcd_policy.fields` that is enclosed has its rule here; the
formulas are those of the classes' docstrings.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TypeVar

import numpy as np
from torch import Tensor, nn

from ...errors import ParameterError
from ...fields import ElcdField, MonotoneField
from ...flows import AffineCoupling, CompositeFlow, KinkFlow
from .affine import Array, Form
from .jets import Jet

Carried = TypeVar("Carried", Form, Jet)


@singledispatch
def encode(flow: nn.Module, x: Carried) -> Carried:
    """Enclose ``phi(x)`` of data sets ``x``; also of jets."""
    raise _unknown(flow)


@singledispatch
def decode(flow: nn.Module, z: Carried) -> Carried:
    """Enclose ``phi^-1(z)`` of latent sets ``z``; also of jets."""
    raise _unknown(flow)


@encode.register
def _(flow: CompositeFlow, x: Carried) -> Carried:
    for part in flow.flows:
        x = encode(part, x)
    return x


@decode.register
def _(flow: CompositeFlow, z: Carried) -> Carried:
    for part in list(flow.flows)[::-1]:
        z = decode(part, z)
    return z


def _coupled(flow: AffineCoupling, x: Carried) -> tuple[Carried, Carried, Carried, Carried]:
    first, second = x.taken(slice(0, flow.cut)), x.taken(slice(flow.cut, None))
    a, b = (second, first) if flow.flip else (first, second)
    hidden = _affine(flow.hidden, a).tanh()
    out = _affine(flow.out, hidden)
    scale = out.taken(slice(0, flow.moved)).scaled(1 / flow.max_log_scale).tanh()
    return a, b, scale.scaled(flow.max_log_scale), out.taken(slice(flow.moved, None))


def _rejoined(flow: AffineCoupling, a: Carried, moved: Carried) -> Carried:
    # As symbols, what this coupling could not enclose exactly is carried on without wrapping.
    if flow.flip:
        return moved.joined(a).symbolised(slice(0, flow.cut))
    return a.joined(moved).symbolised(slice(flow.cut, None))


@encode.register
def _(flow: AffineCoupling, x: Carried) -> Carried:
    a, b, log_scale, shift = _coupled(flow, x)
    moved = b * log_scale.exp() + shift
    return _rejoined(flow, a, moved)


@decode.register
def _(flow: AffineCoupling, z: Carried) -> Carried:
    a, b, log_scale, shift = _coupled(flow, z)
    moved = (b - shift) * log_scale.scaled(-1.0).exp()
    return _rejoined(flow, a, moved)


def _bent(flow: KinkFlow, x: Carried, sign: float) -> Carried:
    strength = flow.max_strength * np.tanh(_array(flow.strength) / flow.max_strength) * sign
    width, centre = np.exp(_array(flow.log_width)), _array(flow.centre)
    u = _plus(x, -centre).scaled(1 / width)
    bent = u.scaled(np.cosh(strength)) + u.root_of_square_plus_one().scaled(np.sinh(strength))
    return _plus(bent.scaled(width), centre)


@encode.register
def _(flow: KinkFlow, x: Carried) -> Carried:
    return _bent(flow, x, 1.0)


@decode.register
def _(flow: KinkFlow, z: Carried) -> Carried:
    return _bent(flow, z, -1.0)


@singledispatch
def velocity(field: nn.Module, e: Form) -> Form:
    """Enclose ``f(e)`` [d]."""
    raise _unknown(field)


@singledispatch
def slope(field: nn.Module, e: Form) -> Form:
    """Enclose the entries [d * d], row by row, of the Jacobian ``Df(e)``."""
    raise _unknown(field)


@velocity.register
def _(field: MonotoneField, e: Form) -> Form:
    ridge, bias = _array(field.ridge.weight), _array(field.ridge.bias)
    gain = np.logaddexp(0.0, _array(field.gain))
    hidden = (e.mapped(ridge.T) + bias).tanh()
    pull = (hidden - np.tanh(bias)).scaled(gain).mapped(ridge)
    return e.mapped(_monotone_linear(field)) - pull


@slope.register
def _(field: MonotoneField, e: Form) -> Form:
    d, ridge = field.dimension, _array(field.ridge.weight)
    gain = np.logaddexp(0.0, _array(field.gain))
    hidden = (e.mapped(ridge.T) + _array(field.ridge.bias)).tanh()
    bend = -(hidden * hidden) + np.ones_like(hidden.center)
    outer = -np.einsum("u,ui,uj->uij", gain, ridge, ridge).reshape(-1, d * d)
    # forward() multiplies rows: f_j = sum_i e_i linear_ij, so the Jacobian is its transpose.
    return bend.mapped(outer) + _monotone_linear(field).T.reshape(1, -1)


def _monotone_linear(field: MonotoneField) -> Array:
    skew = _array(field.skew)
    return skew.T - skew - np.diag(_array(field.linear_rates()))


@velocity.register
def _(field: ElcdField, e: Form) -> Form:
    d = field.dimension
    rows, columns = (index.ravel() for index in np.indices((d, d)))
    _, p = _elcd_network(field, e)
    lower = p.scaled(np.tril(np.ones((d, d))).ravel())
    v = (lower * e.taken(columns)).mapped(_sums(rows, d))
    pull = (lower * v.taken(rows)).mapped(_sums(columns, d))
    turn = (p.mapped(_skew(d)) * e.taken(columns)).mapped(_sums(rows, d))
    return turn - pull - e.scaled(field.rate)


@slope.register
def _(field: ElcdField, e: Form) -> Form:
    d = field.dimension
    rows, columns = (index.ravel() for index in np.indices((d, d)))
    # With p_ki an entry of P: k and i its row and column, m the coordinate derived by.
    k, i, m = (index.ravel() for index in np.indices((d, d, d)))
    entry, derived = k * d + i, (k * d + i) * d + m
    hidden, p = _elcd_network(field, e)
    bend = -(hidden * hidden) + np.ones_like(hidden.center)
    w1, w2 = _array(field.hidden.weight), _array(field.out.weight)
    dp = bend.mapped(np.einsum("pu,um->upm", w2, w1).reshape(len(w1), -1))
    low = np.tril(np.ones((d, d))).ravel()
    lower, dlower = p.scaled(low), dp.scaled(np.repeat(low, d))
    v = (lower * e.taken(columns)).mapped(_sums(rows, d))
    dv = (dlower.taken(derived) * e.taken(i)).mapped(_sums(k * d + m, d * d)) + lower
    dpull = (dv.taken(k * d + m) * lower.taken(entry) + dlower.taken(derived) * v.taken(k)).mapped(
        _sums(i * d + m, d * d)
    )
    skew = _skew(d)
    dturn = dp.mapped(np.kron(skew, np.eye(d))).taken(derived) * e.taken(i)
    turn = dturn.mapped(_sums(k * d + m, d * d)) + p.mapped(skew)
    return turn - dpull + (-field.rate * np.eye(d)).reshape(1, -1)


def _elcd_network(field: ElcdField, e: Form) -> tuple[Form, Form]:
    hidden = _affine(field.hidden, e).tanh()
    return hidden, _affine(field.out, hidden)


def _skew(d: int) -> Array:
    """Return the matrix from the entries of P to those of ``U - U^T``, U its upper triangle."""
    index = np.arange(d * d).reshape(d, d)
    matrix = np.zeros((d * d, d * d))
    upper = np.triu_indices(d, 1)
    matrix[index[upper], index[upper]] = 1.0
    matrix[index[upper], index.T[upper]] = -1.0
    return matrix


def _sums(target: Array, size: int) -> Array:
    """Return the matrix [n, size] that adds up coordinates by their ``target`` [n]."""
    matrix = np.zeros((len(target), size))
    matrix[np.arange(len(target)), target] = 1.0
    return matrix


def _affine(layer: nn.Linear, x: Carried) -> Carried:
    return _plus(x.mapped(_array(layer.weight).T), _array(layer.bias))


def _plus(x: Carried, constant: Array) -> Carried:
    return x + constant if isinstance(x, Form) else x.plus(constant)


def _array(value: Tensor) -> Array:
    return np.asarray(value.detach().double().numpy(), dtype=float)


def _unknown(module: nn.Module) -> ParameterError:
    return ParameterError(
        "no enclosure is known",
        got=type(module).__name__,
        expected="a flow or field of this library",
    )
