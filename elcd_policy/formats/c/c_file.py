"""Policy files as C headers, for controllers without Python."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...errors import ExportError, PolicyFileError
from ...metadata import PolicyMetadata, point_text
from ..loaded_policy import LoadedPolicy, trainable_policy
from .c_header import c_header, c_name

HEADER = ".h"
#: Positions in the workspace, and in three times its extent, whose velocities a header keeps,
#: besides that at the goal, so that it can be checked where it runs.
CHECKED, FAR = 16, 8


def header_content(policy: LoadedPolicy, stem: str, verdict: str) -> bytes:
    """Return a policy's velocity field as one C header; see `elcd_policy.saving.save`.

    ``NAME_velocity(position, goal, velocity)``, NAME being the file's, is the policy's forward
    in float32 with nothing but ``<math.h>``: no allocation, no state, C99 or C++.
    ``NAME_error()`` compares it with the policy on the computer that runs it.

    Parameters
    ----------
    policy : its goal, if moved, is the header's.
    stem : of the file's name.
    verdict : on the policy, for the comment at the header's head.

    Raises
    ------
    ExportError
        If the policy avoids obstacles, or its flow or field does not implement ``c_source``.
    """
    if policy.avoids_obstacles:
        raise ExportError(
            "a policy around obstacles can't be written as C",
            got="a policy with obstacles",
            expected="one without",
            advice="write it as *.pt",
        )
    try:
        motion = trainable_policy(policy)
    except PolicyFileError as refusal:
        raise ExportError(
            "this policy can't be written as C",
            got=refusal.got,
            expected=refusal.expected,
            advice="write it as *.pt",
        ) from refusal
    text = c_header(motion, c_name(stem), _describe(policy, verdict), _positions(policy.metadata))
    return text.encode()


def _positions(facts: PolicyMetadata) -> Tensor:
    lower, upper = (np.array(corner) for corner in facts.workspace)
    extent, random = upper - lower, np.random.default_rng(0)
    near = random.uniform(lower, upper, (CHECKED, facts.dimension))
    far = random.uniform(lower - extent, upper + extent, (FAR, facts.dimension))
    return torch.tensor(np.concatenate([near, far, [facts.goal]]))


def _describe(policy: LoadedPolicy, verdict: str) -> list[str]:
    """Return what the head of the file says of the policy."""
    facts = policy.metadata
    guarantee, (lower, upper) = facts.guarantee, facts.workspace
    versions = ", ".join(f"{name} {value}" for name, value in facts.versions.items())
    lines = [
        f"The velocity field of a motion policy learned from {facts.source}, seed {facts.seed};",
        "written by elcd_policy.",
        "",
        f"units      {facts.units} and {facts.units}/s, frame '{facts.frame}'",
        f"workspace  {point_text(lower)} to {point_text(upper)}, where the demonstrations were",
        f"duration   {facts.duration:.4g} s",
        f"guarantee  {guarantee['kind']} at {guarantee['rate']:.4g} 1/s",
        f"verdict    {verdict}",
        f"weights    {facts.weights_hash}",
        f"versions   {versions}",
        "",
        "The certificate is the policy file's. This is the same function up to the rounding of",
        "float32. It limits nothing: workspace, speed, acceleration, the age of the state and",
        "values that are not finite are the controller's to check. It allocates nothing, keeps no",
        "state and needs <math.h> only (-lm): call it from any thread, at any rate.",
    ]
    if facts.orientation is not None:
        at = ", ".join(f"{value:.9g}" for value in facts.orientation.reference)
        lines[4:4] = [
            "positions  x y z, then the rotation vector in rad from the orientation",
            f"           ({at}), x y z w; a velocity is that of these",
            "           coordinates, not the angular one",
        ]
    # Texts of others, which may not end the comment.
    return [line.replace("*/", "* /").replace("\n", " ") for line in lines]
