"""Figure of what was shown to a policy beside what it does."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from ..demonstrations import DemonstrationSet
from ..evaluation import as_learned
from ..policy import MotionPolicy
from .field import plot_field

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_fit(
    policy: MotionPolicy,
    demonstrations: DemonstrationSet,
    *,
    title: str = "",
    path: str | Path | None = None,
) -> Figure:
    """Draw demonstrations and the policy's motions from their starts over its field.

    Parameters
    ----------
    policy : as `fit` returns it.
    demonstrations : drawn as the policy learned them, see `as_learned`.
    title : such as the summary of a `FitVerdict`; broken into lines.
    path : where to save the figure as well, see `save_figure`.

    Raises
    ------
    ParameterError
        If the path has an unknown suffix.
    """
    shown = as_learned(policy, demonstrations)
    longest = max(each.duration for each in shown)
    starts = np.array([each.position[0] for each in shown])
    return plot_field(
        policy.velocity,
        shown,
        rollouts=[policy.rollout(starts, longest, shown.duration / 200)],
        goal=np.asarray(policy.metadata.goal),
        title=fill(title, 70),
        path=path,
    )
