"""Checks of numbers that callers choose."""

from __future__ import annotations

from ..errors import ParameterError

#: One above the largest seed that NumPy and torch both take.
SEEDS = 2**63


def check_seed(seed: int) -> int:
    """Return ``seed``.

    Raises
    ------
    ParameterError
        If it is negative or above ``2^63 - 1``.
    """
    if not 0 <= seed < SEEDS:
        raise ParameterError("the seed is out of range", got=seed, expected="0 to 2^63 - 1")
    return seed


def check_count(name: str, value: int, least: int = 1) -> int:
    """Return ``value``, a number of things called ``name``.

    Raises
    ------
    ParameterError
        If it is less than ``least``.
    """
    if value < least:
        raise ParameterError(f"too few {name}", got=value, expected=f"at least {least}")
    return value
