"""Up to which rotations a policy of poses is certified."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..metadata import Orientation
from .bounds import maximum
from .exact import ExactPolicy
from .types import Check, Effect

HALVINGS = 10
POSES = 256  # of the workspace, whose motions are followed
SAMPLES = 60  # of each motion, twice as long as a demonstration


@dataclass(frozen=True)
class Rotations:
    """Largest rotations of poses from the goal's orientation, in rad.

    Parameters
    ----------
    limit : pi minus the file's margin; poses beyond are refused.
    demonstrated : the most on the motions from the demonstrated starts.
    followed, within : poses of the workspace whose motions were followed, and how many of these
        motions stayed within the limit.
    radius : of the largest latent ball around the goal within the limit; no trajectory leaves
        it.
    share : of that radius in the one that holds the demonstrated starts.
    """

    limit: float
    demonstrated: float
    followed: int
    within: int
    radius: float
    share: float

    @property
    def check(self) -> Check:
        """Check that demonstrated motions stay where rotation vectors are smooth."""
        name = "rotation on motions from the demonstrated starts"
        return Check(name, self.demonstrated, self.limit, "rad")

    @property
    def effect(self) -> Effect:
        """Return the certificate's row."""
        limit, shown = (torch.rad2deg(torch.tensor([self.limit, self.demonstrated]))).tolist()
        return Effect(
            "orientation",
            f"all while rotations stay within {limit:.1f} deg of the goal's: motions from the "
            f"demonstrated starts reach {shown:.1f} deg, those from {self.within} of "
            f"{self.followed} poses in the workspace stay within; none leaves that starts at "
            f"|z - z*| <= {self.radius:.3g} ({self.share:.2g} times that of the starts)",
            "everything beyond: rotation vectors jump at 180 deg, no smooth field contracts on "
            "all of SO(3); such poses are refused and the command ramps to zero",
        )


def rotations(
    exact: ExactPolicy, orientation: Orientation, shown: Tensor, poses: Tensor, offsets: Tensor
) -> Rotations:
    """Follow motions, and find the latent ball in which rotations stay within the limit.

    Parameters
    ----------
    shown : [n, 6], on the motions from the demonstrated starts.
    poses : [m, 6] of the workspace, of which `POSES` within the limit are followed.
    offsets : [k, 6] from the latent goal, in and on the ball that holds the demonstrated starts.
    """
    limit = torch.pi - orientation.margin

    def angles(x: Tensor) -> Tensor:
        return (x / exact.unit)[:, 3:].norm(dim=1)

    def turned(e: Tensor) -> Tensor:
        return angles(exact.decode(exact.latent_goal + e))

    starts = poses[angles(poses) <= limit][:POSES]
    with torch.no_grad():
        trail = exact.latent_rollout(exact.encode(starts), 2 * exact.duration, SAMPLES)
        farthest = angles(exact.decode(trail)).view(SAMPLES, -1).amax(dim=0)
    size = offsets.norm(dim=1, keepdim=True)
    whole = float(size.max())
    inside, outside = 0.0, whole
    for _ in range(HALVINGS):
        radius = (inside + outside) / 2
        if maximum(turned, offsets * (radius / size).clamp(max=1.0), radius) <= limit:
            inside = radius
        else:
            outside = radius
    return Rotations(
        limit=limit,
        demonstrated=float(angles(shown).max()),
        followed=len(starts),
        within=int((farthest <= limit).sum()),
        radius=inside,
        share=inside / whole,
    )
