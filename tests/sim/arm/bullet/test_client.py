"""PyBullet is loaded late, without noise, and its absence is one clear line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

BUILD_AN_ARM = (
    "from elcd_policy_sim import Arm, load_robot; "
    "Arm(load_robot('panda'), engine='pybullet').close()"
)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_the_package_imports_no_engine() -> None:
    code = "import sys, elcd_policy_sim; print({'pybullet', 'mujoco'} & set(sys.modules))"
    assert run(code).stdout == "set()\n"


def test_missing_pybullet_names_the_extra_and_the_pythons_that_have_it() -> None:
    done = run(f"import sys; sys.modules['pybullet'] = None; {BUILD_AN_ARM}")
    last = done.stderr.strip().splitlines()[-1]
    assert "MissingExtraError: the module 'pybullet' is not installed" in last
    assert "pip install 'elcd_policy[sim]'" in last
    assert "3.10 and 3.11" in last


def test_nothing_is_printed() -> None:
    pytest.importorskip("pybullet")
    done = run(f"{BUILD_AN_ARM}; print('mine')")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "mine\n"
    assert "pybullet" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X is Linux's")
def test_a_window_without_a_display_is_refused() -> None:
    done = run(BUILD_AN_ARM.replace("engine", "gui=True, engine"), DISPLAY="")
    assert "ParameterError: the simulator's window can't be opened" in done.stderr
