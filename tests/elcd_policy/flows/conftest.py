"""What every flow must do, checked alike for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from elcd_policy.flows import TangentFlow


@pytest.fixture(scope="session")
def randomise() -> Callable[..., TangentFlow]:
    """``randomise(flow, seed, size)``: float64 weights of standard deviation ``size``."""

    def apply(flow: TangentFlow, seed: int, size: float = 0.5) -> TangentFlow:
        generator = torch.Generator().manual_seed(seed)
        flow = flow.double().requires_grad_(False)
        for weight in flow.parameters():
            weight.copy_(size * torch.randn(weight.shape, generator=generator, dtype=weight.dtype))
        return flow

    return apply


@pytest.fixture(scope="session")
def check_flow() -> Callable[..., None]:
    """``check_flow(flow, dimension, seed, least)``: inverses, log-determinants, tangent, batches.

    ``least`` is the smallest batch that the flow takes.
    """
    return _check_flow


def _check_flow(flow: TangentFlow, dimension: int, seed: int = 0, least: int = 0) -> None:
    generator = torch.Generator().manual_seed(seed)
    z = 2 * torch.randn(7, dimension, generator=generator, dtype=torch.float64)
    dz = torch.randn(7, dimension, generator=generator, dtype=torch.float64)
    x, log_det = flow(z)
    back, log_det_back = flow.inverse(x)
    torch.testing.assert_close(back, z, rtol=0, atol=1e-10)
    torch.testing.assert_close(flow(flow.inverse(z)[0])[0], z, rtol=0, atol=1e-10)
    assert log_det.shape == (7,)

    # The two faces, normflows' own and the tangent's, are one map.
    torch.testing.assert_close(flow.decode(z), x, rtol=0, atol=1e-12)
    code, tape = flow.encode(x)
    torch.testing.assert_close(code, back, rtol=0, atol=1e-12)

    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(lambda p: flow(p[None])[0][0], point) for point in z]
    )
    torch.testing.assert_close(log_det, torch.linalg.slogdet(jacobian).logabsdet, rtol=0, atol=1e-9)
    torch.testing.assert_close(log_det_back, -log_det, rtol=0, atol=1e-9)
    _, dx = torch.func.jvp(flow.decode, (z,), (dz,))
    scale = float(jacobian.abs().max())
    torch.testing.assert_close(flow.pushforward(tape, dz), dx, rtol=0, atol=1e-10 * scale)

    for count in (least, 1):
        part, part_log_det = flow(z[:count])
        torch.testing.assert_close(part, x[:count], rtol=0, atol=1e-12)
        assert part_log_det.shape == (count,)
        code, tape = flow.encode(part)
        assert code.shape == flow.pushforward(tape, dz[:count]).shape == (count, dimension)
