"""Several policies for demonstrations that go several ways, and which of them a start calls for.

The average of two ways round an obstacle goes through it. Each way gets a policy of its own,
with its own guarantee; a motion follows one of them from its start to its end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .demonstrations import DemonstrationSet
from .errors import PolicyFileError, ShapeError
from .formats.policy_file import LoadedPolicy, load
from .utils.files import write_atomically

SUFFIX = ".modes.json"
_KEYS = {"policies", "starts"}


@dataclass(frozen=True, eq=False)
class Modes:
    """Policies, and the demonstrated starts by which one of them is chosen.

    Parameters
    ----------
    policies : their files.
    starts : for each policy the first positions [n, d] of its demonstrations, in its units; of
        poses the three coordinates of the position.
    """

    policies: tuple[Path, ...]
    starts: tuple[NDArray[np.float64], ...]

    def select(self, start: ArrayLike) -> int:
        """Return the number of the policy whose demonstrations begin nearest to ``start`` [d].

        Of a pose the first three coordinates count.

        Raises
        ------
        ShapeError
            If ``start`` is not one finite position.
        """
        dimension = self.starts[0].shape[1]
        here = np.asarray(start, dtype=np.float64)
        pose = dimension == 3 and here.shape == (6,)
        if (here.shape != (dimension,) and not pose) or not np.isfinite(here).all():
            raise ShapeError(
                "a start does not fit the policies",
                got=here.tolist(),
                expected=f"{dimension} finite numbers",
            )
        gaps = [np.linalg.norm(starts - here[:dimension], axis=1).min() for starts in self.starts]
        return int(np.argmin(gaps))

    def load(self, start: ArrayLike) -> LoadedPolicy:
        """Load the policy that `select` chooses.

        Raises
        ------
        ShapeError, PolicyFileError
            As `select` and `elcd_policy.load`.
        """
        return load(self.policies[self.select(start)])


def start_positions(
    demonstrations: DemonstrationSet, groups: Sequence[Sequence[int]]
) -> list[NDArray[np.float64]]:
    """First positions [n, d] of each group of demonstrations; of poses three coordinates."""
    size = demonstrations.dimension if demonstrations.orientation is None else 3
    return [np.array([demonstrations[k].position[0][:size] for k in group]) for group in groups]


def save_modes(
    path: str | os.PathLike[str], policies: Sequence[Path], starts: Sequence[ArrayLike]
) -> Path:
    """Write the choice between policies that lie in the same folder, as JSON, atomically.

    Parameters
    ----------
    path : by convention ending in `SUFFIX`.
    policies, starts : as of `Modes`.
    """
    content = {
        "policies": [file.name for file in policies],
        "starts": [np.asarray(each).tolist() for each in starts],
    }
    with write_atomically(path) as file:
        file.write(json.dumps(content, indent=1).encode())
    return Path(path)


def load_modes(path: str | os.PathLike[str]) -> Modes:
    """Read what `save_modes` wrote; the policies themselves are read when one is chosen.

    Raises
    ------
    PolicyFileError
        If the file can't be read, or does not hold a choice between policies beside it.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not set(content) >= _KEYS:
            raise ValueError(f"no object with {' and '.join(sorted(_KEYS))}")
        names = content["policies"]
        starts = [np.array(each, dtype=np.float64) for each in content["starts"]]
        if not names or len(names) != len(starts):
            raise ValueError(f"{len(names)} policies and {len(starts)} lists of starts")
        if any(not isinstance(name, str) or Path(name).name != name for name in names):
            raise ValueError(f"policies that are not beside it: {names}")
        shapes = {each.shape[1:] for each in starts if each.ndim == 2 and each.size}
        if len(shapes) != 1 or not all(np.isfinite(each).all() for each in starts):
            raise ValueError("starts that are no positions")
    except (OSError, TypeError, ValueError) as error:
        raise PolicyFileError(
            f"{path} does not hold modes",
            got=error,
            expected="what `elcd train --modes N` writes",
        ) from error
    return Modes(tuple(path.parent / name for name in names), tuple(starts))
