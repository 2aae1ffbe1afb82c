"""Errors: one line that says what was got, what was expected, what to do."""

from __future__ import annotations

import inspect

import pytest

from elcd_policy import errors
from elcd_policy.errors import ElcdError, MissingExtraError

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind not in (ElcdError, MissingExtraError)
]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "it broke"),
        ({"got": 3}, "it broke: got 3"),
        ({"expected": "4"}, "it broke: expected 4"),
        ({"got": 0, "expected": [1, 2]}, "it broke: got 0, expected [1, 2]"),
        ({"advice": "mend it"}, "it broke; mend it"),
        ({"got": 3, "expected": 4, "advice": "mend it"}, "it broke: got 3, expected 4; mend it"),
    ],
)
def test_the_message_is_made_of_what_is_known(facts: dict, text: str) -> None:
    error = ElcdError("it broke", **facts)
    assert str(error) == text
    assert error.problem == "it broke"
    assert (error.got, error.expected) == (facts.get("got"), facts.get("expected"))
    assert error.advice == facts.get("advice", "")


def test_the_message_is_one_line_whatever_goes_in() -> None:
    error = ElcdError("a\nb", got="c\r\n\td", expected="  e ", advice="f\n")
    assert str(error) == "a b: got c d, expected e ; f"


@pytest.mark.parametrize("kind", KINDS)
def test_all_have_one_root(kind: type) -> None:
    assert issubclass(kind, ElcdError)
    with pytest.raises(ElcdError, match=r"^it broke: got 1$"):
        raise kind("it broke", got=1)


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = MissingExtraError("rclpy", "ros", "Python 3.10 to 3.13")
    assert isinstance(error, ElcdError)
    assert (error.module, error.extra) == ("rclpy", "ros")
    assert str(error) == (
        "the module 'rclpy' is not installed; "
        "install it with: pip install 'elcd_policy[ros]' (Python 3.10 to 3.13)"
    )
