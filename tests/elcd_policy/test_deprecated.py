"""Earlier names still work where they were, and say what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import elcd_policy
from elcd_policy import certificate
from elcd_policy.formats import policy_file


def test_the_earlier_names_write_and_read_policies(trained: Callable, tmp_path: Path) -> None:
    with pytest.deprecated_call(match=r"export_policy is deprecated, use elcd\.save"):
        path = elcd_policy.export_policy(trained(), tmp_path / "policy.pt")
    with pytest.deprecated_call(match=r"load_policy is deprecated, use elcd\.load"):
        loaded = elcd_policy.load_policy(path)
    assert loaded.metadata.certificate is None
    with pytest.deprecated_call(match="export_certified"):
        assert certificate.export_certified(trained(), tmp_path / "new.pt").certified
    with pytest.deprecated_call(match="save_policy"):
        assert policy_file.save_policy(loaded, tmp_path / "saved.pt").is_file()
    with pytest.deprecated_call(match="export_c"):
        assert policy_file.export_c(loaded, tmp_path / "policy.h").is_file()


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="'elcd_policy' has no attribute 'export_nothing'"):
        _ = elcd_policy.export_nothing
