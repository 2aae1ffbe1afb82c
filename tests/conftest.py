"""Demonstrations made up in any dimension, policies of them, and the check every policy passes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from elcd_policy import MotionPolicy, Placement, TrainingSettings, fit, load, save
from elcd_policy.demonstrations import Demonstration, DemonstrationSet

DURATION = 2.5  # s
# So few steps are for the demonstrations alone, not for calm beside them.
QUICK = TrainingSettings(
    far=0, ball=0, couplings=2, width=16, linear_steps=30, shooting_steps=4, batch=32
)
Arcs = Callable[..., DemonstrationSet]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _arcs(dimension: int = 2, count: int = 3, metres_per_unit: float = 0.001) -> DemonstrationSet:
    """Smooth arcs from about 50 mm away to a goal that is not the origin, in 2.5 s."""
    time = np.linspace(0.0, DURATION, 80)
    share = time / DURATION
    smooth = share**2 * (3 - 2 * share)
    motions = []
    for index in range(count):
        bend = np.linspace(-20.0, 20.0, dimension + 1)[1:] + 1.5 * index
        away = np.linspace(-50.0, 30.0, dimension)
        motion = np.outer(1 - smooth, away) + np.outer(np.sin(np.pi * smooth), bend)
        position = (motion + 5.0 + np.arange(dimension)) * 0.001 / metres_per_unit
        motions.append(Demonstration(time=time, position=position, name=f"arc_{index}"))
    units = {0.001: "mm", 1.0: "m"}[metres_per_unit]
    return DemonstrationSet(motions, units=units, frame="table", source="test arcs")


def _poses(count: int = 3) -> DemonstrationSet:
    """The arcs in m, turning by about 100 deg towards a final orientation that is no identity."""
    motions = []
    for index, demo in enumerate(_arcs(3, count, metres_per_unit=1.0)):
        share = (1 - demo.time / DURATION)[:, None] ** 2
        turn = Rotation.from_rotvec(share * [1.6 + 0.05 * index, 0.4, -0.5])
        quaternion = (turn * Rotation.from_quat([0.5, -0.5, 0.1, 0.7])).as_quat()
        motions.append(Demonstration(demo.time, demo.position, demo.name, quaternion))
    return DemonstrationSet(motions, units="m", frame="table", source="test poses")


@cache
def _trained_poses() -> MotionPolicy:
    return fit(_poses(), settings=QUICK, progress=False)


@cache
def _trained(dimension: int, field: str) -> MotionPolicy:
    return fit(_arcs(dimension), field, settings=QUICK, seed=dimension, progress=False)


@pytest.fixture(scope="session")
def arcs() -> Arcs:
    """``arcs(dimension, count, metres_per_unit)``: demonstrations with goal [5, 6, ...] mm."""
    return _arcs


@pytest.fixture(scope="session")
def poses() -> Callable[..., DemonstrationSet]:
    """``poses(count)``: demonstrations of positions and orientations, in m."""
    return _poses


@pytest.fixture
def pose_policy() -> MotionPolicy:
    """A quickly trained policy of poses, a copy of the test's own."""
    return copy.deepcopy(_trained_poses())


@pytest.fixture(scope="session")
def quick() -> TrainingSettings:
    """Training of a fraction of a second: a valid policy, not a good one."""
    return QUICK


@pytest.fixture(scope="session")
def fit_once() -> Callable[[int, str], MotionPolicy]:
    """``fit_once(dimension, field)``: a quickly trained policy that must not be changed."""
    return _trained


@pytest.fixture(scope="session")
def trained() -> Callable[[int, str], MotionPolicy]:
    """``trained(dimension, field)``: a quickly trained policy, a copy of the test's own."""
    return lambda dimension=2, field="elcd": copy.deepcopy(_trained(dimension, field))


@pytest.fixture(scope="session")
def saved() -> Callable[..., Path]:
    """``saved(policy, path)``: the path, at which the policy is then, without a certificate."""

    def write(policy: Any, path: Path, placement: Placement | None = None) -> Path:
        save(policy, path, placement=placement, certify=False)
        return path

    return write


@pytest.fixture(scope="session")
def policy_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("policy") / "policy.pt"
    save(_trained(2, "elcd"), path, certify=False)
    return path.read_bytes()


@pytest.fixture
def policy_file(policy_bytes: bytes, tmp_path: Path) -> Path:
    """A sound policy file in two dimensions, for the test to damage as it likes."""
    path = tmp_path / "policy.pt"
    path.write_bytes(policy_bytes)
    return path


@pytest.fixture(scope="session")
def check_policy() -> Callable[[MotionPolicy, Path], None]:
    """``check_policy(policy, folder)``: what holds for every policy, whatever its weights."""
    return _check_policy


def _check_policy(policy: MotionPolicy, folder: Path) -> None:
    x = _points_around(policy, 24)
    largest = float(np.linalg.norm(policy.velocity(x), axis=1).max())
    _check_shapes(policy, x)
    _check_goal(policy, largest)
    _check_exported(policy, x, largest, folder)
    _check_contraction(policy, x)


def _points_around(policy: MotionPolicy, count: int) -> np.ndarray:
    """[count, d], in the workspace and up to its own size outside."""
    lower, upper = (np.array(corner) for corner in policy.metadata.workspace)
    share = np.random.default_rng(5).uniform(-1.0, 2.0, (count, policy.dimension))
    return lower + share * (upper - lower)


def _check_shapes(policy: MotionPolicy, x: np.ndarray) -> None:
    many = policy.velocity(x)
    assert (many.shape, many.dtype) == (x.shape, np.float64)
    assert np.isfinite(many).all()
    scale = np.abs(many).max()
    assert policy.velocity(x[:0]).shape == (0, policy.dimension)
    np.testing.assert_allclose(policy.velocity(x[:1]), many[:1], atol=1e-5 * scale)
    np.testing.assert_allclose(policy.velocity(x[0]), many[0], atol=1e-5 * scale)
    assert policy.velocity(x[0]).shape == (policy.dimension,)
    assert policy(torch.tensor(x)).dtype == torch.float32
    back = policy.decode(policy.encode(torch.tensor(x))).numpy()
    np.testing.assert_allclose(back, x, atol=1e-4 * np.ptp(x, axis=0).max())


def _check_goal(policy: MotionPolicy, largest: float) -> None:
    goal = policy.get_goal().numpy()
    assert np.linalg.norm(policy.velocity(goal)) < 1e-5 * largest
    time, stay = policy.rollout(goal, 2 * policy.metadata.duration, 0.1)
    assert time[-1] == 2 * policy.metadata.duration
    np.testing.assert_allclose(stay, np.broadcast_to(goal, stay.shape), atol=1e-4)


def _check_exported(policy: MotionPolicy, x: np.ndarray, largest: float, folder: Path) -> None:
    path = folder / f"check_{policy.dimension}.pt"
    save(policy, path, certify=False)
    loaded = load(path)
    for batch in (x[:0], x[:1], x, x[0]):
        expected, got = policy.velocity(batch), loaded.velocity(batch)
        assert (got.shape, got.dtype) == (expected.shape, np.float64)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6 * largest)
    eager = copy.deepcopy(policy).double()
    double = torch.tensor(x)
    with torch.no_grad():
        scripted = loaded.module.double()
        for method in ("forward", "encode", "decode", "latent_velocity"):
            got = getattr(scripted, method)(double)
            assert got.dtype == torch.float64
            expected = getattr(eager, method)(double)
            np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=0, atol=1e-6)


def _check_contraction(policy: MotionPolicy, x: np.ndarray) -> None:
    """In data space: ``|z|^2`` with ``z = phi(x) - z*`` decays at 2 c, as the metric J^T J says."""
    rate = policy.metadata.guarantee["rate"]
    exact = copy.deepcopy(policy).double()
    exact.fix_latent_goal()
    points = torch.tensor(x)
    with torch.no_grad():
        e = exact.encode(points) - exact.latent_goal
        v = exact(points)
    jacobians = torch.stack(
        [
            torch.autograd.functional.jacobian(lambda y: exact.encode(y[None])[0], point)
            for point in points
        ]
    )
    de = torch.einsum("nij,nj->ni", jacobians, v)
    growth = (e * de).sum(1) / (e * e).sum(1)
    assert float(growth.max()) <= -rate * (1 - 1e-8)
    if policy.metadata.guarantee["kind"] == "contraction of every pair":
        gap, dgap = e[:, None] - e[None], de[:, None] - de[None]
        other = ~torch.eye(len(e), dtype=torch.bool)
        growth = ((gap * dgap).sum(2) / (gap * gap).sum(2))[other]
        assert float(growth.max()) <= -rate * (1 - 1e-8)
