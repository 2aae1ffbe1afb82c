"""Settings: types, ranges, choices, what is said when they are wrong."""

from __future__ import annotations

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_ros2.node.node_settings import SIM_NODE
from elcd_policy_ros2.node.policy_settings import POLICY_NODE
from elcd_policy_ros2.node.setting import Setting, check_names

RATE = Setting("rate", 100.0, "Rate of the commands", "Hz", 1.0, 1000.0)
CORNER = Setting("corner", (), "A corner", "m", size=3)


def test_a_whole_number_is_taken_for_a_float() -> None:
    value = RATE.check(50)
    assert (value, type(value)) == (50.0, float)
    assert RATE.parse("50") == 50.0


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        (RATE, 5000.0, "'rate' has a bad value: got 5000.0, expected 1 to 1000 Hz"),
        (RATE, float("nan"), "got nan, expected 1 to 1000 Hz"),
        (RATE, "fast", "got fast, expected a number"),
        (RATE, True, "got True, expected a number"),
        (CORNER, [1.0, 2.0], "expected 3 finite numbers, or none"),
        (CORNER, [1.0, 2.0, float("inf")], "expected 3 finite numbers, or none"),
        (CORNER, 4.0, "expected 3 finite numbers, or none"),
        (Setting("gui", False, "A window"), 1, "expected a truth value"),
        (Setting("mode", "a", "A mode", choices=("a", "b")), "c", "got 'c', expected one of a, b"),
    ],
)
def test_a_bad_value_is_named(setting: Setting, value: object, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        setting.check(value)
    assert message in str(error.value)


def test_texts_are_read_as_on_a_command_line() -> None:
    assert Setting("gui", False, "A window").parse("true") is True
    assert CORNER.parse("[1, 2.5, 3]") == (1.0, 2.5, 3.0)
    assert Setting("robot", "panda", "A robot").parse("123") == "123"
    with pytest.raises(ParameterError, match="expected a number"):
        RATE.parse("[")


def test_the_meaning_names_unit_range_and_choices() -> None:
    assert RATE.meaning == "Rate of the commands [1 to 1000 Hz]"
    assert CORNER.meaning == "A corner [m]"
    assert Setting("mode", "a", "A mode", choices=("a", "b")).meaning == "A mode [one of a, b]"


def test_unknown_names_are_listed_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="unknown argument: got raet, expected one of rate"):
        check_names(["raet", "rate"], {"rate": RATE}, "argument")


@pytest.mark.parametrize("settings", [POLICY_NODE, SIM_NODE])
def test_every_default_is_a_good_value(settings: tuple[Setting, ...]) -> None:
    for setting in settings:
        assert setting.check(setting.default) == setting.default
        assert setting.parse(setting.text) == setting.default
    assert len({setting.name for setting in settings}) == len(settings)
