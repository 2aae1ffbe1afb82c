"""A policy's forward as one C header, for a controller that has no Python and no runtime."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import indent

import torch
from torch import Tensor

from ...policy import MotionPolicy
from ...utils.c_source import LANES, c_numbers
from .c_code import HEAD, TAIL, VELOCITY


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
        If the policy's flow or field does not implement ``c_source``.
    """
    flow = policy.flow.c_source("")
    blocks = [HEAD, flow.declarations, policy.field.c_source(), VELOCITY, TAIL]
    with torch.no_grad():
        velocities = policy(checked.to(policy.goal))
    scale = policy.scale.expand(policy.dimension)
    return filled(
        blocks,
        name,
        said,
        policy.goal,
        torch.cat([checked.to(policy.goal), velocities], dim=1),
        FORTH=indent(flow.encode, "  "),
        BACK=indent(flow.pushforward, "  "),
        LATENT=c_numbers(policy.latent_goal),
        INWARD=c_numbers(1.0 / scale),
        OUTWARD=c_numbers(scale / policy.time_scale),
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
        "GOAL": c_numbers(goal),
        "CHECKED": c_numbers(checked),
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
