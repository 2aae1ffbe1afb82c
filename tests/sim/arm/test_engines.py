"""The engine is chosen by name, or as what is installed allows."""

from __future__ import annotations

import sys

import pytest

from elcd_policy.errors import MissingExtraError, ParameterError
from elcd_policy_sim import Arm, load_robot
from elcd_policy_sim.arm import ENGINES, choose_engine


def test_an_engine_is_chosen_by_its_name() -> None:
    for name in ENGINES:
        assert choose_engine(name) == name
    with pytest.raises(ParameterError, match="unknown engine: got 'odd', expected auto or pybul"):
        choose_engine("odd")


@pytest.mark.usefixtures("both_engines")
def test_pybullet_comes_first_then_mujoco_then_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_engine() == "pybullet"
    monkeypatch.setitem(sys.modules, "pybullet", None)
    assert choose_engine() == "mujoco"
    with Arm(load_robot("point")) as arm:
        assert arm.engine == "mujoco"
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError, match="'pybullet' is not installed"):
        choose_engine()
    with pytest.raises(MissingExtraError, match="'mujoco' is not installed"):
        Arm(load_robot("point"), engine="mujoco")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X is Linux's")
def test_a_window_without_a_display_is_refused(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(ParameterError, match="the simulator's window can't be opened"):
        Arm(load_robot("point"), gui=True, engine=engine)
