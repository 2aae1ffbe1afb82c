"""What is read off a file's weights is what its methods compute."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from elcd_policy import LoadedPolicy
from elcd_policy.certificate.construction import construction
from elcd_policy.certificate.exact import ExactPolicy, jacobian, times

Exported = Callable[..., LoadedPolicy]


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_the_extended_linearisation_gives_the_files_latent_velocity(
    dimension: int, exported: Exported
) -> None:
    policy = exported(dimension, "elcd")
    field = construction(policy).proved_field
    e = 3.0 * torch.randn(50, dimension, dtype=torch.float64)
    a = field.linearisation(e)
    exact = ExactPolicy(policy)
    latent = exact.latent_velocity(exact.latent_goal + e)
    torch.testing.assert_close(times(a, e) / 2.5, latent, rtol=1e-9, atol=1e-9)
    assert torch.linalg.eigvalsh((a + a.mT) / 2).max() <= -1.0 + 1e-12


def test_derivatives_are_those_of_finite_differences(exported: Exported) -> None:
    exact = ExactPolicy(exported(3, "monotone"))
    x = exact.goal + 20.0 * torch.randn(6, 3, dtype=torch.float64)
    step = 1e-3 * torch.eye(3, dtype=torch.float64)
    for method in (exact.encode, exact.velocity, exact.decode, exact.latent_velocity):
        columns = [(method(x + h) - method(x - h)) / 2e-3 for h in step]
        torch.testing.assert_close(
            jacobian(method, x), torch.stack(columns, dim=2), rtol=1e-5, atol=1e-5
        )


def test_the_latent_goal_is_where_the_latent_field_rests(exported: Exported) -> None:
    for field in ("elcd", "monotone"):
        exact = ExactPolicy(exported(2, field))
        assert exact.latent_velocity(exact.latent_goal).norm() < 1e-14
        assert (exact.latent_goal - exact.encode(exact.goal)).norm() < 1e-5
