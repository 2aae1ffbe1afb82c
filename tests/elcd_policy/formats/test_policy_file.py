"""Policy files: the same numbers without this project, whole or not at all, read with care."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from elcd_policy import MotionPolicy, Placement, load
from elcd_policy.errors import ExportError, ShapeError
from elcd_policy.formats.archive import weights_hash
from elcd_policy.formats.policy_file import check_target

Saved = Callable[..., Path]

X = np.random.default_rng(0).uniform(-60.0, 60.0, (12, 2))


def run(code: str, *arguments: object, options: tuple[str, ...] = ()) -> str:
    """Standard output of a fresh Python that must succeed in silence."""
    done = subprocess.run(
        [sys.executable, *options, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


FOREIGN = """
import json, sys
for name in ("elcd_policy", "elcd_policy_ros2", "elcd_policy_sim", "normflows"):
    sys.modules[name] = None  # a module that is not there
try:
    import elcd_policy
    sys.exit("elcd_policy can be imported")
except ImportError:
    pass
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
import torch
files = {"metadata.json": ""}
policy = torch.jit.load(sys.argv[1], _extra_files=files)
x = torch.tensor(json.loads(sys.argv[2]), dtype=torch.float64)
z = policy.encode(x)
shift = torch.ones(2)
goal = policy.get_goal()
answer = {
    "dimension": json.loads(files["metadata.json"])["dimension"],
    "velocity": policy(x).tolist(),
    "empty": list(policy(x[:0]).shape),
    "back": policy.decode(z).tolist(),
    "latent": policy.latent_velocity(z).tolist(),
    "double": policy.double()(x).tolist(),
}
policy.float().set_goal(goal + shift)
answer["moved"] = policy(x + shift).tolist()
print(json.dumps(answer))
"""


def test_the_file_runs_where_this_project_is_not(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    path = saved(policy, tmp_path / "policy.pt")
    answer = json.loads(run(FOREIGN, path, json.dumps(X.tolist()), options=("-I",)))
    expected = policy.velocity(X)
    scale = np.abs(expected).max()
    assert (answer["dimension"], answer["empty"]) == (2, [0, 2])
    np.testing.assert_allclose(answer["velocity"], expected, rtol=0, atol=1e-6 * scale)
    np.testing.assert_allclose(answer["double"], expected, rtol=0, atol=1e-4 * scale)
    np.testing.assert_allclose(answer["moved"], expected, rtol=0, atol=1e-4 * scale)
    np.testing.assert_allclose(answer["back"], X, atol=1e-3)
    latent = policy.latent_velocity(policy.encode(torch.tensor(X)))
    np.testing.assert_allclose(answer["latent"], latent.numpy(), atol=1e-5)


QUIET = """
import sys, warnings
import numpy, torch, normflows
from elcd_policy import load, save
warnings.simplefilter("error")
policy = load(sys.argv[1])
policy.velocity([1.0, 2.0])
policy.velocity(numpy.zeros((0, 2)))
policy.set_goal(policy.get_goal() + 1)
policy.rollout([1.0, 2.0], 1.0, 0.1)
from elcd_policy import TrainingSettings, fit, load_demonstrations
few = TrainingSettings(linear_steps=2, shooting_steps=2)
demos = load_demonstrations("lasa:Sshape")
save(fit(demos, settings=few, progress=False), sys.argv[1])
"""


def test_no_warnings_leak(policy_file: Path) -> None:
    assert run(QUIET, policy_file) == ""


def test_metadata_makes_the_round_trip(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(3, "monotone")
    placement = Placement(origin=[0.1, 0.2, 0.3], metres_per_unit=0.002)
    path = saved(policy, tmp_path / "new" / "folder" / "policy.pt", placement)
    assert path == tmp_path / "new" / "folder" / "policy.pt"
    facts = load(path).metadata
    assert facts.placement == placement
    assert policy.metadata.placement is None
    for name in ("dimension", "units", "frame", "duration", "starts", "guarantee", "source"):
        assert getattr(facts, name) == getattr(policy.metadata, name)
    np.testing.assert_allclose(facts.workspace, policy.metadata.workspace)
    np.testing.assert_allclose(facts.goal, policy.metadata.goal, rtol=1e-6)
    assert facts.weights_hash == weights_hash(load(path).module.state_dict())
    assert set(facts.versions) == {"python", "elcd_policy", "torch", "numpy", "normflows"}


def test_a_loaded_policy_speaks_numpy(
    trained: Callable[..., MotionPolicy], policy_file: Path
) -> None:
    policy, loaded = trained(2, "elcd"), load(policy_file)
    assert loaded.dimension == 2
    for x in (X, X[0], X[:0], X.astype(np.float32), X.tolist(), X[0].tolist()):
        v = loaded.velocity(x)
        assert (v.dtype, v.shape) == (np.float64, np.shape(x))
        np.testing.assert_allclose(v, policy.velocity(x), atol=1e-4)
    time, path = loaded.rollout(X[:3], 1.0, 0.25)
    expected_time, expected = policy.rollout(X[:3], 1.0, 0.25)
    np.testing.assert_array_equal(time, expected_time)
    assert path.shape == (5, 3, 2)
    np.testing.assert_allclose(path, expected, atol=1e-3)


def test_moving_the_goal_of_a_loaded_policy_translates_its_field(policy_file: Path) -> None:
    loaded, shift = load(policy_file), np.array([8.0, -16.0])
    goal, before = loaded.get_goal(), loaded.velocity(X)
    np.testing.assert_allclose(goal, [5.0, 6.0], atol=1e-5)
    loaded.set_goal(goal + shift)
    np.testing.assert_allclose(loaded.get_goal(), goal + shift, atol=1e-5)
    np.testing.assert_allclose(loaded.velocity(X + shift), before, atol=1e-3)
    assert np.linalg.norm(loaded.velocity(goal + shift)) < 1e-3
    _, path = loaded.rollout(X[0], 25.0, 0.5)
    np.testing.assert_allclose(path[-1], goal + shift, atol=1e-2)
    # The file is as it was.
    np.testing.assert_array_equal(load(policy_file).get_goal(), goal)


@pytest.mark.parametrize("goal", [[1.0], [1.0, 2.0, 3.0], [np.nan, 0.0], [[1.0, 2.0]], 3.0])
def test_a_goal_that_is_no_point_is_refused(goal: Any, policy_file: Path) -> None:
    loaded = load(policy_file)
    with pytest.raises(ShapeError, match=r"a goal does not fit the policy: .* 2 finite numbers"):
        loaded.set_goal(goal)
    np.testing.assert_allclose(loaded.get_goal(), [5.0, 6.0], atol=1e-5)


def test_positions_that_do_not_fit_are_refused(policy_file: Path) -> None:
    loaded = load(policy_file)
    for call in (loaded.velocity, lambda x: loaded.rollout(x, 1.0, 0.1)):
        with pytest.raises(ShapeError, match=r"got shape \[4, 3\], expected \[2\] or \[N, 2\]"):
            call(np.zeros((4, 3)))


def test_a_moved_goal_is_exported(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    policy.set_goal(torch.tensor([32.0, -16.0]))
    loaded = load(saved(policy, tmp_path / "moved.pt"))
    assert loaded.metadata.goal == [32.0, -16.0] == loaded.get_goal().tolist()
    np.testing.assert_allclose(loaded.velocity(X), policy.velocity(X), atol=1e-4)


def test_the_same_policy_gives_the_same_file(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    one = saved(trained(2, "elcd"), tmp_path / "one.pt")
    two = saved(trained(2, "elcd"), tmp_path / "two.pt")
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(two) as b:
        weights = [name for name in a.namelist() if "/data/" in name]
        assert len(weights) > 5
        for name in weights:
            assert a.read(name) == b.read(name)
    assert load(one).metadata == load(two).metadata


def test_exporting_leaves_the_policy_as_it_was(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    before = policy.velocity(X)
    saved(policy, tmp_path / "policy.pt")
    assert type(policy) is MotionPolicy
    np.testing.assert_array_equal(policy.velocity(X), before)
    assert policy.metadata.weights_hash == ""


def test_the_file_may_be_read_as_the_umask_says(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    before = os.umask(0o027)
    try:
        path = saved(trained(2, "elcd"), tmp_path / "policy.pt")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_full_disk_leaves_the_old_file_and_nothing_else(policy_file: Path) -> None:
    old = policy_file.read_bytes()
    code = """
import resource, sys
from elcd_policy import TrainingSettings, fit, load_demonstrations, save
from elcd_policy.errors import ExportError
few = TrainingSettings(linear_steps=1, shooting_steps=0)
policy = fit(load_demonstrations("lasa:Sshape"), settings=few, progress=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))  # a disk with 8 kB left
try:
    save(policy, sys.argv[1])
except ExportError as error:
    print(error)
"""
    message = f"{policy_file} can't be written: got File too large; name another file\n"
    assert run(code, policy_file) == message
    assert policy_file.read_bytes() == old
    assert os.listdir(policy_file.parent) == [policy_file.name]


@pytest.mark.parametrize("name", ["policy", "policy.onx", "policy.pth"])
def test_another_suffix_is_refused(
    name: str, trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    with pytest.raises(ExportError, match=rf"got {name}, expected a name ending in \.pt or \.onnx"):
        saved(trained(2, "elcd"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_can_not_be_a_file_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "file").write_text("")
    assert check_target(tmp_path / "new" / "p.pt") == tmp_path / "new" / "p.pt"
    with pytest.raises(ExportError, match="got a folder of that name, expected a file in a folder"):
        check_target(tmp_path / "folder.pt")
    with pytest.raises(ExportError, match=r"got the file .*file on the way, expected"):
        check_target(tmp_path / "file" / "deeper" / "p.pt")


# What load refuses.
