"""Numbers that callers choose: what is out of range is named."""

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy.utils.numbers import check_count, check_seed


def test_what_is_in_range_comes_back() -> None:
    assert check_seed(2**63 - 1) == 2**63 - 1
    assert check_count("steps", 0, least=0) == 0


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_that_numpy_or_torch_refuse_is_refused(seed: int) -> None:
    with pytest.raises(ParameterError, match=r"the seed is out of range: got -?\d+, expected 0"):
        check_seed(seed)


def test_too_few_are_counted() -> None:
    with pytest.raises(ParameterError, match="too few epochs: got -1, expected at least 1"):
        check_count("epochs", -1)
