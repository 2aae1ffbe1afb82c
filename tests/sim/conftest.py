"""Quickly trained policies of both fields, and scenes of a robot that is quick to simulate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import elcd_policy as elcd
from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations
from elcd_policy_sim import load_robot
from elcd_policy_sim.arm import ENGINES, installed_engines
from elcd_policy_sim.episodes.policy_motion import PolicyMotion
from elcd_policy_sim.episodes.scene import Scene

# A valid policy, not a good one.
QUICK = elcd.TrainingSettings(
    far=0, ball=0, couplings=2, width=16, linear_steps=60, shooting_steps=4, batch=32
)


@pytest.fixture(scope="session", autouse=True)
def any_engine() -> None:
    if not installed_engines():
        pytest.skip("neither PyBullet nor MuJoCo is installed")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Run a test once with each engine that is installed."""
    if request.param not in installed_engines():
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def both_engines() -> tuple[str, ...]:
    """Run a test where both engines are installed."""
    if installed_engines() != ENGINES:
        pytest.skip(f"installed of {ENGINES}: {installed_engines()}")
    return ENGINES


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def demonstrations() -> DemonstrationSet:
    """Arcs in a plane, about 50 mm long, in 1.5 s, to a goal that is not the origin."""
    time = np.linspace(0.0, 1.5, 60)
    smooth = (time / 1.5) ** 2 * (3 - time / 0.75)
    motions = []
    for index in range(3):
        away, bend = np.array([-50.0, 30.0 + 4 * index]), np.array([0.0, 20.0 + 3 * index])
        path = np.outer(1 - smooth, away) + np.outer(np.sin(np.pi * smooth), bend) + [5.0, 6.0]
        motions.append(Demonstration(time, path, f"arc_{index}"))
    return DemonstrationSet(motions, units="mm", source="arcs that are in no file")


def _trained(demonstrations: DemonstrationSet, field: str, folder: Path) -> Path:
    policy = elcd.fit(demonstrations, field, settings=QUICK, progress=False)
    path = folder / f"{field}.pt"
    elcd.save(policy, path, certify=False)
    return path


@pytest.fixture(scope="session")
def policy_file(demonstrations: DemonstrationSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a quick policy of an ELCD field."""
    return _trained(demonstrations, "elcd", tmp_path_factory.mktemp("policies"))


@pytest.fixture(scope="session")
def monotone_file(
    demonstrations: DemonstrationSet, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Train a quick policy of a monotone field."""
    return _trained(demonstrations, "monotone", tmp_path_factory.mktemp("policies"))


@pytest.fixture
def motion(policy_file: Path) -> PolicyMotion:
    return PolicyMotion(policy_file)


@pytest.fixture
def scene(motion: PolicyMotion) -> Scene:
    """The policy's demonstrations, drawn by a free-floating point."""
    return Scene.of(motion.policy, load_robot("point"))


@pytest.fixture(scope="session")
def arc_file(tmp_path_factory: pytest.TempPathFactory, saved: Callable[..., Path]) -> Path:
    """An arc in 2-D from [-50, 20] to [10, 20] mm in 1.5 s, its demonstrations beside it."""
    folder = tmp_path_factory.mktemp("arc")
    time = np.linspace(0.0, 1.5, 60)
    share = time / 1.5
    smooth = share**2 * (3 - 2 * share)
    arc = np.stack([10.0 - 60.0 * (1 - smooth), 20.0 + 25.0 * np.sin(np.pi * smooth)], axis=1)
    motions = [
        Demonstration(time, arc + np.array([0.0, shift]), f"arc {shift}") for shift in (-1.0, 1.0)
    ]
    source = folder / "arcs"
    save_demonstrations(DemonstrationSet(motions, units="mm"), source)
    demonstrations = DemonstrationSet(motions, units="mm", source=str(source))
    return saved(elcd.fit(demonstrations, settings=QUICK, progress=False), folder / "arc.pt")
