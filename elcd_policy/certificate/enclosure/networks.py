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
    first, second = x.take(slice(0, flow.cut)), x.take(slice(flow.cut, None))
    a, b = (second, first) if flow.flip else (first, second)
    hidden = _affine(flow.hidden, a).tanh()
    out = _affine(flow.out, hidden)
    scale = out.take(slice(0, flow.moved)).scale(1 / flow.max_log_scale).tanh()
    return a, b, scale.scale(flow.max_log_scale), out.take(slice(flow.moved, None))


def _rejoin(flow: AffineCoupling, a: Carried, moved: Carried) -> Carried:
    # As symbols, what this coupling could not enclose exactly is carried on without wrapping.
    if flow.flip:
        return moved.join(a).symbolise(slice(0, flow.cut))
    return a.join(moved).symbolise(slice(flow.cut, None))


@encode.register
def _(flow: AffineCoupling, x: Carried) -> Carried:
    a, b, log_scale, shift = _coupled(flow, x)
    moved = b * log_scale.exp() + shift
    return _rejoin(flow, a, moved)


@decode.register
def _(flow: AffineCoupling, z: Carried) -> Carried:
    a, b, log_scale, shift = _coupled(flow, z)
    moved = (b - shift) * log_scale.scale(-1.0).exp()
    return _rejoin(flow, a, moved)


def _bend(flow: KinkFlow, x: Carried, sign: float) -> Carried:
    strength = flow.max_strength * np.tanh(_array(flow.strength) / flow.max_strength) * sign
    width, centre = np.exp(_array(flow.log_width)), _array(flow.centre)
    u = _plus(x, -centre).scale(1 / width)
    bent = u.scale(np.cosh(strength)) + u.root_of_square_plus_one().scale(np.sinh(strength))
    return _plus(bent.scale(width), centre)


@encode.register
def _(flow: KinkFlow, x: Carried) -> Carried:
    return _bend(flow, x, 1.0)


@decode.register
def _(flow: KinkFlow, z: Carried) -> Carried:
    return _bend(flow, z, -1.0)


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
    hidden = (e.map(ridge.T) + bias).tanh()
    pull = (hidden - np.tanh(bias)).scale(gain).map(ridge)
    return e.map(_monotone_linear(field)) - pull


@slope.register
def _(field: MonotoneField, e: Form) -> Form:
    d, ridge = field.dimension, _array(field.ridge.weight)
    gain = np.logaddexp(0.0, _array(field.gain))
    hidden = (e.map(ridge.T) + _array(field.ridge.bias)).tanh()
    bend = -(hidden * hidden) + np.ones_like(hidden.center)
    outer = -np.einsum("u,ui,uj->uij", gain, ridge, ridge).reshape(-1, d * d)
    # forward() multiplies rows: f_j = sum_i e_i linear_ij, so the Jacobian is its transpose.
    return bend.map(outer) + _monotone_linear(field).T.reshape(1, -1)


def _monotone_linear(field: MonotoneField) -> Array:
    skew = _array(field.skew)
    return skew.T - skew - np.diag(_array(field.linear_rates()))


@velocity.register
def _(field: ElcdField, e: Form) -> Form:
    d = field.dimension
    rows, columns = (index.ravel() for index in np.indices((d, d)))
    _, p = _elcd_network(field, e)
    lower = p.scale(np.tril(np.ones((d, d))).ravel())
    v = (lower * e.take(columns)).map(_sums(rows, d))
    pull = (lower * v.take(rows)).map(_sums(columns, d))
    turn = (p.map(_skew(d)) * e.take(columns)).map(_sums(rows, d))
    return turn - pull - e.scale(field.rate)


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
    dp = bend.map(np.einsum("pu,um->upm", w2, w1).reshape(len(w1), -1))
    low = np.tril(np.ones((d, d))).ravel()
    lower, dlower = p.scale(low), dp.scale(np.repeat(low, d))
    v = (lower * e.take(columns)).map(_sums(rows, d))
    dv = (dlower.take(derived) * e.take(i)).map(_sums(k * d + m, d * d)) + lower
    dpull = (dv.take(k * d + m) * lower.take(entry) + dlower.take(derived) * v.take(k)).map(
        _sums(i * d + m, d * d)
    )
    skew = _skew(d)
    dturn = dp.map(np.kron(skew, np.eye(d))).take(derived) * e.take(i)
    turn = dturn.map(_sums(k * d + m, d * d)) + p.map(skew)
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
    return _plus(x.map(_array(layer.weight).T), _array(layer.bias))


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
