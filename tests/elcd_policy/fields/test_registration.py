"""A field of a researcher's own: one class and one registration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from elcd_policy import MotionPolicy, certify, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.errors import ParameterError, PolicyFileError
from elcd_policy.fields import FIELDS, LatentField, register_field


class DecayField(LatentField):
    """``f(e) = -(c + r) e`` with r >= 0 for each coordinate."""

    kind: ClassVar[str] = "contraction of every pair"
    proof: ClassVar[str] = "sym Df = -(c + diag r) <= -c I"

    def __init__(self, dimension: int, *, rate: float = 1.0, width: int = 1) -> None:
        super().__init__(dimension, rate=rate)
        self.excess = nn.Parameter(torch.zeros(dimension))

    def forward(self, e: Tensor) -> Tensor:
        return -self.linear_rates() * e

    def describe(self) -> dict[str, Any]:
        return {"rate": self.rate}

    def linear_rates(self) -> Tensor:
        return self.rate + F.softplus(self.excess)


@pytest.fixture
def registered() -> Iterator[None]:
    register_field("decay", DecayField)
    yield
    del FIELDS["decay"]


def with_decay(policy: MotionPolicy) -> MotionPolicy:
    policy.field = DecayField(2, rate=policy.field.rate).requires_grad_(False)
    policy.metadata.guarantee.update(kind=DecayField.kind, field="DecayField")
    return policy


@pytest.mark.usefixtures("registered")
def test_its_files_are_rebuilt_served_and_certified(
    trained: Callable[..., MotionPolicy], tmp_path: Path
) -> None:
    policy, path = with_decay(trained(2, "elcd")), tmp_path / "decay.pt"
    assert save(policy, path).certified
    loaded = load(path)
    assert type(loaded.rebuilt.field) is DecayField
    assert (certificate_fault(loaded), certify(loaded).field) == ("", "DecayField")
    x = np.array([[10.0, -20.0], [3.0, 4.0]])
    np.testing.assert_allclose(loaded.velocity(x), policy.velocity(x), rtol=1e-5)


@pytest.mark.usefixtures("registered")
def test_a_field_that_states_no_proof_is_not_certified(
    trained: Callable[..., MotionPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DecayField, "proof", "")
    [reason] = certify(with_decay(trained(2, "elcd"))).reasons
    assert reason == "its field (DecayField) is none of those whose contraction is proved"


def test_without_registration_its_files_are_refused(
    trained: Callable[..., MotionPolicy], tmp_path: Path
) -> None:
    save(with_decay(trained(2, "elcd")), tmp_path / "decay.pt", certify=False)
    with pytest.raises(PolicyFileError, match="DecayField, which is neither of this library nor"):
        load(tmp_path / "decay.pt")


@pytest.mark.usefixtures("registered")
def test_a_name_is_registered_once() -> None:
    with pytest.raises(ParameterError, match="a field of that name is registered: got decay"):
        register_field("decay", DecayField)
