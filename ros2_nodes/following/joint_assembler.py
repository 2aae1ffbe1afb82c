"""Joint positions by name, merged over messages that each hold some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .state_checks import JointJumps

Array = NDArray[np.float64]


class _Known(NamedTuple):
    position: float
    stamp: float
    received: float


class JointAssembler:
    """Remembers the newest position of each joint, and how old it is.

    Drivers publish an arm in one message or in halves, with a gripper or beside one.

    Parameters
    ----------
    joints : names, in the wanted order; none to adopt those that are heard, in that order, until
        `freeze`.
    jumps : finds positions that no joint moves to; None to find none.
    """

    def __init__(self, joints: Sequence[str] = (), jumps: JointJumps | None = None) -> None:
        self.joints = tuple(joints)
        self._jumps = jumps
        self._adopting = not joints
        self._known: dict[str, _Known] = {}
        self.strangers: tuple[str, ...] = ()
        """Names in the newest message that had none of the joints."""

    def freeze(self) -> None:
        """Adopt no more joints."""
        self._adopting = False

    def forget(self) -> None:
        """Forget all positions, and keep the joints."""
        self._known.clear()
        self.strangers = ()

    def take(
        self, names: Sequence[str], positions: Sequence[float], stamp: float, received: float
    ) -> tuple[bool, str]:
        """Take a message; return whether it had any of the joints, and its fault, or empty.

        Parameters
        ----------
        names, positions : of the message; positions in rad. Without positions it is passed over.
        stamp : s, of the message's header.
        received : s on a steady clock.
        """
        if len(positions) == 0:
            return False, ""
        if len(names) != len(positions):
            return False, f"a joint state has {len(names)} names and {len(positions)} positions"
        if self._adopting:
            self.joints += tuple(name for name in names if name not in self.joints)
        given = dict(zip(names, positions, strict=True))
        own = [name for name in self.joints if name in given]
        if not own:
            self.strangers = tuple(names)
        faults = []
        for name in own:
            before = self._known.get(name)
            if before is not None and self._jumps is not None:
                # After a stall messages arrive together: stamps tell the time between them.
                dt = max(stamp - before.stamp, received - before.received)
                faults.append(self._jumps.fault(name, before.position, given[name], dt))
            self._known[name] = _Known(float(given[name]), stamp, received)
        return bool(own), next((fault for fault in faults if fault), "")

    @property
    def heard(self) -> tuple[str, ...]:
        """Return the names of the joints that were heard."""
        return tuple(self._known)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the names of the joints that were never heard."""
        return tuple(name for name in self.joints if name not in self._known)

    @property
    def positions(self) -> Array:
        """[n] in rad, of all joints; NaN for those that are missing."""
        return np.array(
            [self._known[name].position if name in self._known else np.nan for name in self.joints]
        )

    @property
    def oldest(self) -> tuple[str, float, float]:
        """Name, stamp and time of arrival (s) of the joint that was heard longest ago."""
        name = min(self.joints, key=lambda joint: self._known[joint].received)
        return name, min(self._known[j].stamp for j in self.joints), self._known[name].received
