"""C headers, compiled as C and as C++: the policy's velocities, and what the head of them says."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy import LoadedPolicy, MotionPolicy, TrainingSettings, avoid, fit, load, save
from elcd_policy.errors import ExportError
from elcd_policy.fields import FIELDS
from elcd_policy.flows import AffineCoupling, CompositeFlow
from elcd_policy.formats import c_name, serve_policy
from elcd_policy.obstacles import Obstacle

Saved = Callable[..., Path]

Trained = Callable[..., MotionPolicy]

CALLER = """
#include <stddef.h>
#include "{header}"
#ifdef __cplusplus
extern "C"
#endif
void run(int n, const float *x, const float *goal, float *v) {{
  for (int i = 0; i < n; ++i) {name}_velocity(x + i * {d}, goal, v + i * {d});
}}
#ifdef __cplusplus
extern "C"
#endif
float error(void) {{ return {name}_error(); }}
"""
COMPILERS = {"C": ("cc", "-std=c99", "-x", "c"), "C++": ("c++", "-std=c++11", "-x", "c++")}


def loaded(policy: MotionPolicy) -> LoadedPolicy:
    return serve_policy(policy, policy.metadata)


class Built:
    """A header's functions, compiled with all warnings as errors."""

    def __init__(self, header: Path, dimension: int, language: str = "C") -> None:
        self.dimension = dimension
        text = CALLER.format(header=header.name, name=c_name(header.stem), d=dimension)
        source, library = header.with_suffix(".src"), header.with_suffix(f".{language}.so")
        source.write_text(text)
        flags = ("-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC")
        command = [*COMPILERS[language], str(source), *flags, "-o", str(library), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.library = ctypes.CDLL(str(library))
        self.library.error.restype = ctypes.c_float

    def velocity(self, x: np.ndarray, goal: np.ndarray | None = None) -> np.ndarray:
        x = np.ascontiguousarray(x, dtype=np.float32)
        result, moved = np.empty_like(x), None
        if goal is not None:
            moved = np.ascontiguousarray(goal, dtype=np.float32)
        at = [None if each is None else each.ctypes.data_as(ctypes.c_void_p) for each in (x, moved)]
        self.library.run(len(x), *at, result.ctypes.data_as(ctypes.c_void_p))
        return result

    def error(self) -> float:
        return float(self.library.error())


def around(policy: MotionPolicy, count: int = 200) -> np.ndarray:
    lower, upper = (np.array(corner) for corner in policy.metadata.workspace)
    share = np.random.default_rng(3).uniform(-0.5, 1.5, (count, policy.dimension))
    return lower + share * (upper - lower)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 7])
def test_it_gives_the_policys_velocity(
    dimension: int, field: str, fit_once: Trained, tmp_path: Path, saved: Saved
) -> None:
    policy = fit_once(dimension, field)
    built = Built(saved(loaded(policy), tmp_path / "arcs.h"), dimension)
    x = around(policy)
    expected = policy.velocity(x)
    largest = np.abs(expected).max()
    np.testing.assert_allclose(built.velocity(x), expected, rtol=0, atol=2e-5 * largest)
    assert built.error() < 2e-5
    goal = policy.get_goal().numpy()
    assert np.abs(built.velocity(goal[None])).max() < 2e-6 * largest
    np.testing.assert_array_equal(built.velocity(x, goal), built.velocity(x))


def test_a_trained_policy_as_c_and_as_cpp(
    lasa_policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    header = saved(loaded(lasa_policy), tmp_path / "sshape.h")
    x = around(lasa_policy)
    expected = lasa_policy.velocity(x)
    for language in COMPILERS:
        built = Built(header, 2, language)
        off = np.abs(built.velocity(x) - expected).max()
        print(f"{language}: {off / np.abs(expected).max():.1e} of the largest velocity")
        assert off < 5e-5 * np.abs(expected).max()
        assert built.error() < 2e-5


@pytest.fixture(scope="module")
def lasa_policy() -> MotionPolicy:
    """Of the default size, with weights that have moved."""
    from elcd_policy import load_demonstrations

    brief = TrainingSettings(draws=1, linear_steps=60, shooting_steps=5)
    return fit(load_demonstrations("lasa:Sshape"), settings=brief, progress=False)


def test_rows_of_flows_stand_in_rows(trained: Trained, tmp_path: Path, saved: Saved) -> None:
    policy = trained(3, "elcd")
    first, *others = policy.flow.flows
    x, expected = around(policy), policy.velocity(around(policy))
    policy.flow = CompositeFlow([CompositeFlow([first]), CompositeFlow(others)])
    got = Built(saved(loaded(policy), tmp_path / "rows.h"), 3).velocity(x)
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_a_flow_without_c_is_told_what_to_implement(
    fit_once: Trained, tmp_path: Path, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(AffineCoupling, "c_source")
    with pytest.raises(ExportError, match=r"got a flow of AffineCoupling, .* implements c_source;"):
        saved(loaded(fit_once(2, "elcd")), tmp_path / "flow.h")


def test_a_goal_translates_the_field(fit_once: Trained, tmp_path: Path, saved: Saved) -> None:
    policy = loaded(fit_once(3, "elcd"))
    x, way = around(fit_once(3, "elcd")), np.array([7.0, -3.0, 0.5])
    goal = policy.get_goal() + way
    asked = Built(saved(policy, tmp_path / "asked.h"), 3).velocity(x + way, goal)
    policy.set_goal(goal)
    built = Built(saved(policy, tmp_path / "moved.h"), 3)
    np.testing.assert_array_equal(built.velocity(x + way), asked)
    expected = policy.velocity(x + way)
    np.testing.assert_allclose(asked, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
    assert built.error() < 2e-5


def test_its_error_finds_a_weight_that_is_not_the_policys(
    fit_once: Trained, tmp_path: Path, saved: Saved
) -> None:
    path = saved(loaded(fit_once(2, "elcd")), tmp_path / "arcs.h")
    text = path.read_text()
    for number, broken in (("1.0f", 1e-2), ("NAN", np.nan)):
        changed = re.sub(r"(arcs_b2_1\[\] = \{\s*)[^,]+", rf"\g<1>{number}", text)
        assert changed != text
        file = tmp_path / f"arcs_{number[0]}.h"
        file.write_text(changed.replace("arcs_", f"{file.stem.lower()}_"))
        error = Built(file, 2).error()
        assert not error <= 1e-4
        assert np.isnan(error) == np.isnan(broken)


def test_a_state_that_is_no_number_gives_a_velocity_that_is_none(
    fit_once: Trained, tmp_path: Path, saved: Saved
) -> None:
    built = Built(saved(loaded(fit_once(2, "elcd")), tmp_path / "arcs.h"), 2)
    assert np.isnan(built.velocity(np.array([[np.nan, 1.0]]))).all()


def test_its_head_says_what_it_is_of(fit_once: Trained, tmp_path: Path, saved: Saved) -> None:
    policy = fit_once(2, "monotone")
    save(policy, tmp_path / "policy.pt")
    served = load(tmp_path / "policy.pt")
    save(served, tmp_path / "policy.h")
    text = (tmp_path / "policy.h").read_text()
    head = text[: text.index("*/")]
    assert "test arcs, seed 2" in head
    assert "guarantee  contraction of every pair at 1.6 1/s" in head
    assert "verdict    certified" in head
    assert served.metadata.weights_hash in head
    assert max(map(len, head.splitlines())) <= 100
    assert "@" not in text
    head = saved(loaded(policy), tmp_path / "bare.h").read_text()
    assert "verdict    not certified: no certificate was asked for" in head


def test_poses_say_what_their_coordinates_are(
    pose_policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    header = saved(loaded(pose_policy), tmp_path / "pour.h")
    assert "then the rotation vector in rad" in header.read_text()
    x = around(pose_policy)
    expected = pose_policy.velocity(x)
    got = Built(header, 6).velocity(x)
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_a_source_does_not_end_the_comment(trained: Trained, tmp_path: Path, saved: Saved) -> None:
    policy = trained(2, "elcd")
    policy.metadata = replace(policy.metadata, source="odd*/name\n@D@ #error")
    header = saved(loaded(policy), tmp_path / "odd.h")
    assert Built(header, 2).error() < 2e-5
    assert "odd* /name @D@ #error" in header.read_text()


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("Sshape", "sshape"),
        ("pick-and place.v2", "pick_and_place_v2"),
        ("2 arms", "policy_2_arms"),
        ("__", "policy"),
        ("größe", "gr_e"),
    ],
)
def test_names_are_c(stem: str, name: str) -> None:
    assert c_name(stem) == name


def test_what_has_no_c_is_refused(
    fit_once: Trained, trained: Trained, tmp_path: Path, saved: Saved
) -> None:
    avoiding = avoid(
        loaded(fit_once(2, "elcd")),
        [Obstacle("ellipsoid", np.array([-20.0, 12.0]), np.full(2, 4.0))],
        2.0,
    )
    with pytest.raises(ExportError, match=r"around obstacles.*as \*\.pt"):
        saved(avoiding, tmp_path / "around.h")
    with pytest.raises(ExportError, match=r"got policy\.c, expected a name ending in \.pt or"):
        saved(loaded(fit_once(2, "elcd")), tmp_path / "policy.c")
    broken = trained(2, "elcd")
    broken.field.out.bias.data[0] = torch.nan
    with pytest.raises(ExportError, match="weights that are not finite"):
        saved(loaded(broken), tmp_path / "broken.h")
    assert not list(tmp_path.iterdir())
