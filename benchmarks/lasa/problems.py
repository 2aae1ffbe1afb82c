"""Problems to learn: LASA shapes, and motions of more dimensions than a plane's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from elcd_policy.demonstrations import Demonstration, DemonstrationSet, load_lasa
from elcd_policy.errors import DemonstrationError, ParameterError

Array = NDArray[np.float64]

#: Shapes stacked to four and to eight dimensions, as the ELCD paper does: see `load_lasa`.
STACKS = (
    "Angle+CShape",
    "GShape+Leaf_2",
    "Sshape+WShape",
    "Angle+CShape+GShape+Leaf_2",
    "Khamesh+Sine+Sshape+WShape",
)
#: Name -> file of a folder of the ELCD authors' data.
PENDULUMS = {"pendulum-2": "n-2.npz", "pendulum-4": "n-4.npz"}
#: Time between two samples of them, in s, and how many trajectories are read.
PENDULUM_STEP, COUNT = 0.1, 7
ROSENBROCK = "Rosenbrock-8"
MORE_DIMENSIONS = (*STACKS, *PENDULUMS, ROSENBROCK)


def is_lasa(name: str) -> bool:
    """Return whether a problem is a LASA shape, or some stacked."""
    return name not in PENDULUMS and name != ROSENBROCK


def is_planar(name: str) -> bool:
    """Return whether a problem is one LASA shape."""
    return is_lasa(name) and "+" not in name


def load_problem(name: str, pendulum: str | Path = "") -> DemonstrationSet:
    """Return the demonstrations of a shape, a stack, a pendulum or the Rosenbrock flow.

    Parameters
    ----------
    name : as `load_lasa`, of `PENDULUMS`, or `ROSENBROCK`.
    pendulum : folder of the files of `PENDULUMS`.

    Raises
    ------
    DemonstrationError
        If a name is unknown, or a file can't be read.
    ParameterError
        If no folder is given for a pendulum.
    """
    if name in PENDULUMS:
        if not pendulum:
            raise ParameterError(f"no data for {name}", expected="--pendulum FOLDER")
        return load_pendulum(Path(pendulum) / PENDULUMS[name], name)
    return rosenbrock_flow() if name == ROSENBROCK else load_lasa(name)


def load_pendulum(path: Path, name: str) -> DemonstrationSet:
    """Return swings of a damped pendulum of n links to rest: angles in rad, then rates in rad/s.

    Parameters
    ----------
    path : an .npz file of the ELCD authors, whose ``my_X_phy`` is [samples, trajectories, 2 n].

    Raises
    ------
    DemonstrationError
        If it is not one.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            states = np.array(file["my_X_phy"], dtype=np.float64)
        time = PENDULUM_STEP * np.arange(len(states), dtype=np.float64)
        swings = [
            Demonstration(time, states[:, i], name=f"{name}_{i}")
            for i in range(min(COUNT, states.shape[1]))
        ]
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise DemonstrationError(
            f"{path} can't be read as pendulum data",
            got=f"{type(error).__name__}: {error}",
            expected="an .npz file with my_X_phy [samples, trajectories, 2 n]",
        ) from error
    return DemonstrationSet(swings, units="rad, rad/s", source=name)


@cache
def rosenbrock_flow(
    dimension: int = 8, *, coefficient: float = 100.0, duration: float = 10.0, samples: int = 1000
) -> DemonstrationSet:
    """Return seven descents along the gradient of Rosenbrock's function to its minimum (1, ..., 1).

    ``xdot = -grad f`` with ``f = sum_i a (x_{i+1} - x_i^2)^2 + (1 - x_i)^2`` (Rosenbrock 1960, the
    sum of d - 1 terms), from random starts in [-1, 1]^d; those that run into the other
    minimum are left out. It is stiff: a fast fall into a curved valley, then a slow way along it.

    Parameters
    ----------
    coefficient : a.
    duration : in s.
    """
    generator = np.random.default_rng(0)
    time = np.linspace(0.0, duration, samples)
    descents: list[Demonstration] = []
    while len(descents) < COUNT:
        start = generator.uniform(-1.0, 1.0, dimension)
        path = solve_ivp(
            lambda _, x: -_rosenbrock_gradient(x, coefficient),
            (0.0, duration),
            start,
            method="LSODA",
            t_eval=time,
            rtol=1e-8,
            atol=1e-10,
        ).y.T
        if np.linalg.norm(path[-1] - 1.0) < 0.05:
            descents.append(Demonstration(time, path, name=f"descent_{len(descents)}"))
    return DemonstrationSet(descents, units="1", source=ROSENBROCK)


def _rosenbrock_gradient(x: Array, coefficient: float) -> Array:
    valley = x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[:-1] = -4 * coefficient * x[:-1] * valley - 2 * (1 - x[:-1])
    gradient[1:] += 2 * coefficient * valley
    return gradient
