"""The log of an episode, a row a control tick."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError
from elcd_policy.utils.files import write_atomically

from ..arm.arm import Arm

Vector = NDArray[np.float64]


class EpisodeLog:
    """The log of an episode: K rows, one per control tick.

    A row holds the state at its time, and the command and the force from then on.

    Parameters
    ----------
    joints : n, number of joints of the arm.
    """

    def __init__(self, joints: int) -> None:
        self._table = np.empty((1024, 1 + 3 + 4 + 3 * joints + 6 + 3 + 6))
        self._size = 0
        self._joints = joints

    def __len__(self) -> int:
        return self._size

    def record(self, arm: Arm) -> None:
        """Append the arm's present state, command, force and twist."""
        position, quaternion = arm.pose()
        joints = (arm.joint_positions, arm.joint_velocities, arm.joint_torques)
        row = np.concatenate(
            [[arm.time], position, quaternion, *joints, arm.command, arm.force, arm.twist()]
        )
        if self._size == len(self._table):
            self._table = np.concatenate([self._table, np.empty_like(self._table)])
        self._table[self._size] = row
        self._size += 1

    @property
    def time(self) -> Vector:
        """[K], s."""
        return self._columns(0, 1)[:, 0]

    @property
    def position(self) -> Vector:
        """[K, 3] of the TCP, m."""
        return self._columns(1, 3)

    @property
    def quaternion(self) -> Vector:
        """[K, 4] of the TCP, x y z w."""
        return self._columns(4, 4)

    @property
    def joint_positions(self) -> Vector:
        """[K, n], rad."""
        return self._columns(8, self._joints)

    @property
    def joint_velocities(self) -> Vector:
        """[K, n], rad/s."""
        return self._columns(8 + self._joints, self._joints)

    @property
    def joint_torques(self) -> Vector:
        """[K, n], N m."""
        return self._columns(8 + 2 * self._joints, self._joints)

    @property
    def command(self) -> Vector:
        """[K, 6], commanded twist in m/s and rad/s."""
        return self._columns(8 + 3 * self._joints, 6)

    @property
    def force(self) -> Vector:
        """[K, 3] on the TCP, N."""
        return self._columns(14 + 3 * self._joints, 3)

    @property
    def twist(self) -> Vector:
        """[K, 6], measured twist of the TCP in m/s and rad/s."""
        return self._columns(17 + 3 * self._joints, 6)

    def save(self, path: str | Path) -> Path:
        """Write all columns by name to an .npz file, complete or not at all.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        ParameterError
            If the file can't be written.
        """
        path = Path(path)
        try:
            with write_atomically(path) as file:
                np.savez_compressed(file, **{name: getattr(self, name) for name in COLUMNS})
        except OSError as error:
            raise ParameterError("an episode can't be saved", got=str(error)) from error
        return path

    @classmethod
    def load(cls, path: str | Path) -> EpisodeLog:
        """Load the episode that `save` wrote.

        Raises
        ------
        ParameterError
            If the file is missing, damaged or no episode.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                columns = [np.atleast_2d(file[name].T).T for name in COLUMNS]
            log = cls(columns[COLUMNS.index("joint_positions")].shape[1])
            table = np.concatenate(columns, axis=1, dtype=np.float64)
            if table.shape[1] != log._table.shape[1]:
                raise ValueError(f"{table.shape[1]} columns")
        except (OSError, BadZipFile, KeyError, ValueError) as error:
            raise ParameterError(
                f"the episode {path} can't be read",
                got=str(error),
                expected="an .npz file written by EpisodeLog.save",
            ) from error
        log._table, log._size = table, len(table)
        return log

    def _columns(self, start: int, width: int) -> Vector:
        return self._table[: self._size, start : start + width]


COLUMNS = (
    "time",
    "position",
    "quaternion",
    "joint_positions",
    "joint_velocities",
    "joint_torques",
    "command",
    "force",
    "twist",
)
