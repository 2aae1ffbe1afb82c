"""Problems of more dimensions: what is in them, and that it is what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import DemonstrationError, ParameterError
from elcd_policy_benchmarks.lasa.problems import (
    MORE_DIMENSIONS,
    PENDULUMS,
    is_lasa,
    is_planar,
    load_problem,
    rosenbrock_flow,
)


def test_stacks_have_four_and_eight_dimensions_and_seven_demonstrations() -> None:
    stacks = [name for name in MORE_DIMENSIONS if is_lasa(name)]
    for name in stacks:
        problem = load_problem(name)
        assert (problem.dimension, len(problem)) == (2 * len(name.split("+")), 7)
        assert not is_planar(name)
    assert [load_problem(name).dimension for name in stacks].count(8) == 2
    assert is_planar("Sshape")


def test_the_rosenbrock_flow_descends_its_function_to_the_minimum() -> None:
    def function(x: np.ndarray) -> np.ndarray:
        valley = 100.0 * (x[:, 1:] - x[:, :-1] ** 2) ** 2
        return (valley + (1.0 - x[:, :-1]) ** 2).sum(axis=1)

    problem = load_problem("Rosenbrock-8")
    assert (problem.dimension, len(problem), problem.units) == (8, 7, "1")
    np.testing.assert_allclose(problem.goal, 1.0, atol=0.01)
    assert len({tuple(demo.position[0]) for demo in problem}) == 7
    for demo in problem:
        values = function(demo.position)
        assert np.abs(demo.position[0]).max() <= 1.0
        assert (np.diff(values) <= 1e-9).all()
        # Along a gradient flow the function falls by the square of the speed.
        middle = slice(300, 700)
        fall = -np.gradient(values, demo.time)[middle]
        speed = np.linalg.norm(demo.velocity, axis=1)[middle]
        np.testing.assert_allclose(fall, speed**2, rtol=0.01)


def test_the_flow_is_always_the_same() -> None:
    first = rosenbrock_flow()
    rosenbrock_flow.cache_clear()
    for one, other in zip(first, rosenbrock_flow(), strict=True):
        np.testing.assert_array_equal(one.position, other.position)


@pytest.mark.parametrize("name", PENDULUMS)
def test_a_pendulum_is_read_from_a_users_folder(name: str, tmp_path: Path) -> None:
    links = int(name[-1])
    states = np.random.default_rng(0).normal(size=(20, 10, 2 * links))
    np.savez(tmp_path / f"n-{links}.npz", my_X_phy=np.float32(states))
    problem = load_problem(name, tmp_path)
    assert (len(problem), problem.dimension, problem.units) == (7, 2 * links, "rad, rad/s")
    np.testing.assert_allclose(problem[3].position, states[:, 3], rtol=1e-6)
    np.testing.assert_allclose(problem[3].time, 0.1 * np.arange(20))


def test_what_is_no_pendulum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no data for pendulum-4: expected --pendulum"):
        load_problem("pendulum-4")
    with pytest.raises(DemonstrationError, match="got FileNotFoundError"):
        load_problem("pendulum-4", tmp_path)
    for wrong in ({"x": np.zeros(3)}, {"my_X_phy": np.zeros(3)}):
        np.savez(tmp_path / "n-4.npz", **wrong)
        with pytest.raises(DemonstrationError, match=r"n-4.npz can't be read as pendulum data"):
            load_problem("pendulum-4", tmp_path)
