"""A policy's forward as one C header, for a controller that has no Python and no runtime."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ...errors import ExportError
from ...fields import ElcdField, MonotoneField
from ...flows import AffineCoupling, CompositeFlow, KinkFlow
from ...policy import MotionPolicy
from .c_code import ELCD, HEAD, MONOTONE, TAIL, VELOCITY

#: Partial sums of a product over hidden units: a compiler makes vector operations of them
#: without being allowed to reorder a sum. Hidden layers are padded with zeros to as many.
LANES = 8


def c_name(stem: str) -> str:
    """Return what the header's functions are called after a file's name."""
    name = re.sub(r"\W+", "_", stem.lower(), flags=re.ASCII).strip("_")
    return name if name and not name[0].isdigit() else f"policy_{name}".rstrip("_")


def c_header(policy: MotionPolicy, name: str, said: Sequence[str], checked: Tensor) -> str:
    """C99, also C++, with no more than ``<math.h>``: ``NAME_velocity(position, goal, velocity)``.

    It allocates nothing and keeps no state. The operations are those of `MotionPolicy.forward`,
    in float32, coupling by coupling.

    Parameters
    ----------
    policy : from `fit`, or a file's, rebuilt by `elcd_policy.formats.rebuilding`.
    name : the prefix of everything that it declares, a C identifier.
    said : lines of the comment at its head.
    checked : positions [N, d] whose velocities the header keeps, for ``NAME_error()``.

    Raises
    ------
    ExportError
        If the policy's flow or field is none of this library's.
    """
    parts = [*policy.flow.flows] if isinstance(policy.flow, CompositeFlow) else [policy.flow]
    forth, back = [], []
    blocks = [HEAD]
    for index, part in enumerate(parts):
        if isinstance(part, AffineCoupling):
            block, encode, push = _coupling(part, index)
        elif isinstance(part, KinkFlow):
            block, encode, push = _kink(part, index)
        else:
            raise _unknown(f"a flow of {type(part).__name__}", "AffineCoupling or KinkFlow")
        blocks.append(block)
        forth.append(encode)
        back.append(push)
    blocks += [_field(policy.field, policy.dimension), VELOCITY, TAIL]
    with torch.no_grad():
        velocities = policy(checked.to(policy.goal))
    scale = policy.scale.expand(policy.dimension)
    return filled(
        blocks,
        name,
        said,
        policy.goal,
        torch.cat([checked.to(policy.goal), velocities], dim=1),
        FORTH="\n".join(f"  {line}" for line in forth),
        BACK="\n".join(f"  {line}" for line in reversed(back)),
        LATENT=numbers(policy.latent_goal),
        INWARD=numbers(1.0 / scale),
        OUTWARD=numbers(scale / policy.time_scale),
    )


def filled(
    blocks: Sequence[str],
    name: str,
    said: Sequence[str],
    goal: Tensor,
    checked: Tensor,
    **values: str,
) -> str:
    """Return the blocks of `c_code` as one text.

    Parameters
    ----------
    name, said : see `c_header`.
    goal : [d].
    checked : [N, 2 d], positions and their velocities.
    values : what else stands between @ in the blocks.
    """
    values |= {
        "GOAL": numbers(goal),
        "CHECKED": numbers(checked),
        "CHECKS": str(len(checked)),
        "LANES": str(LANES),
        "D": str(len(goal)),
        "NAME": name.upper(),
        "name": name,
        "SAID": "\n".join(f" * {line}".rstrip() for line in said),
    }
    text = "\n".join(blocks)
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _coupling(part: AffineCoupling, index: int) -> tuple[str, str, str]:
    condition, moved = part.hidden.in_features, part.moved
    width = -(-part.hidden.out_features // LANES) * LANES
    pad = (0, width - part.hidden.out_features)
    tables = {
        "w1": F.pad(part.hidden.weight.t(), pad),
        "b1": F.pad(part.hidden.bias, pad),
        "w2": F.pad(part.out.weight, pad),
        "b2": part.out.bias,
    }
    seen, changed = (part.cut, 0) if part.flip else (0, part.cut)
    sizes = f"{condition}, {moved}, {width}, {_number(part.max_log_scale)}"
    names = ", ".join(f"@name@_{key}_{index}" for key in tables)
    kept = f"slope_{index}, factor_{index}"
    lines = [
        f"static const float @name@_{key}_{index}[] = {numbers(tables[key])};" for key in tables
    ]
    encode = (
        f"float slope_{index}[{width}], factor_{index}[{2 * moved}];\n"
        f"  @name@_couple({sizes}, {names}, x + {seen}, x + {changed}, {kept});"
    )
    matrices = f"@name@_w1_{index}, @name@_w2_{index}"
    push = (
        f"@name@_couple_back({condition}, {moved}, {width}, {matrices}, {kept}, "
        f"v + {seen}, v + {changed});"
    )
    return "\n".join(lines), encode, push


def _kink(part: KinkFlow, index: int) -> tuple[str, str, str]:
    strength, width = part._parameters_used()
    rows = torch.stack([part.centre, width, torch.cosh(strength), torch.sinh(strength)], dim=1)
    return (
        f"static const float @name@_kink_{index}[] = {numbers(rows)};",
        f"float slope_{index}[@D@];\n  @name@_bend(@name@_kink_{index}, x, slope_{index});",
        f"for (int i = 0; i < @D@; ++i) v[i] /= slope_{index}[i];",
    )


def _field(field: Any, dimension: int) -> str:
    if isinstance(field, ElcdField):
        tables = {
            "field_w1": field.hidden.weight.t(),
            "field_b1": field.hidden.bias,
            "field_w2": field.out.weight.t(),
            "field_b2": field.out.bias,
        }
        body, width, rate = ELCD, field.hidden.out_features, _number(field.rate)
    elif isinstance(field, MonotoneField):
        tables = {
            "field_w1": field.ridge.weight.t(),
            "field_b1": field.ridge.bias,
            "field_at_goal": torch.tanh(field.ridge.bias),
            "field_w2": F.softplus(field.gain)[:, None] * field.ridge.weight,
            "field_linear": field.skew.t() - field.skew - torch.diag(field.linear_rates()),
        }
        body, width, rate = MONOTONE, field.ridge.out_features, ""
    else:
        raise _unknown(f"a field of {type(field).__name__}", "ElcdField or MonotoneField")
    lines = [f"static const float @name@_{key}[] = {numbers(tables[key])};" for key in tables]
    return "\n".join([*lines, body.replace("@WIDTH@", str(width)).replace("@RATE@", rate)])


def numbers(values: Tensor) -> str:
    """Return the initialiser of a float array, in the order in which the tensor lies."""
    array: NDArray[np.float32] = values.detach().numpy().astype(np.float32)
    if not np.isfinite(array).all():
        raise _unknown("weights that are not finite", "finite ones")
    rows, line = [], ""
    for text in map(_number, array.ravel()):
        if len(line) + len(text) > 96:
            rows.append(line.rstrip())
            line = ""
        line += f"{text}, "
    return "{\n  " + "\n  ".join([*rows, line.rstrip(", ")]) + "}"


def _number(value: Any) -> str:
    """Return a float32 as C writes it, to the bit."""
    text = str(np.float32(value))
    return f"{text}f" if re.search(r"[.e]", text) else f"{text}.0f"


def _unknown(got: str, expected: str) -> ExportError:
    return ExportError(
        "this policy can't be written as C", got=got, expected=expected, advice="write it as *.pt"
    )
