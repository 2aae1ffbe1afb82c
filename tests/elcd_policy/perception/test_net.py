"""Whole NAIS-Nets: TorchScript, depth statistics, learning, refusals."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.perception import NAISBlock, NAISConvBlock, NAISNet

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


@pytest.fixture
def net() -> NAISNet:
    torch.manual_seed(0)
    blocks = [NAISConvBlock(2, 4, pool=2, depth=5), NAISBlock(64, 6, depth=20)]
    return NAISNet(blocks, nn.Linear(6, 3)).double()


X = torch.randn(7, 2, 8, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("threshold", [0.0, 1e-2])
def test_a_scripted_net_is_the_same(net: NAISNet, threshold: float) -> None:
    scripted = torch.jit.script(net)
    net.set_depth(40, threshold)
    scripted.set_depth(40, threshold)
    for ours, theirs in zip(net.unroll(X), scripted.unroll(X), strict=True):
        torch.testing.assert_close(theirs, ours)
    torch.testing.assert_close(scripted(X), net(X))
    torch.testing.assert_close(scripted.features(X), net.features(X))


def test_the_parts_make_the_whole(net: NAISNet) -> None:
    expected = net.readout(net.blocks[1](net.blocks[0](X)))
    torch.testing.assert_close(net(X), expected)


def test_depths_are_counted_block_by_block(net: NAISNet) -> None:
    assert net.unroll(X)[1].tolist() == [[5, 20]] * 7
    net.set_depth(400, 1e-2)
    taken = net.unroll(X)[1].double()
    for index, found in enumerate(net.depth_statistics(X)):
        steps = taken[:, index]
        assert (found.mean, found.smallest) == (pytest.approx(steps.mean()), steps.min())
        assert found.largest == steps.max()
        assert found.capped == pytest.approx((steps == 400).double().mean())
    assert 0 < net.depth_statistics(X)[1].mean < 400


def test_it_learns_what_is_no_linear_function() -> None:
    torch.manual_seed(0)
    x = torch.rand(256, 2) * 2 - 1
    labels = (x[:, 0] * x[:, 1] > 0).long()
    net = NAISNet([NAISBlock(2, 16, depth=5), NAISBlock(16, 16, depth=5)], nn.Linear(16, 2))
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x), labels).backward()
        optimiser.step()
    assert float((net(x).argmax(dim=1) == labels).float().mean()) > 0.95
    assert net.certificate().holds


def test_no_inputs_have_no_depth(net: NAISNet) -> None:
    with pytest.raises(ShapeError, match="expected at least one input"):
        net.depth_statistics(X[:0])


def test_blocks_that_do_not_fit_are_told_apart(net: NAISNet) -> None:
    with pytest.raises(ShapeError, match=r"got \[7, 4, 3, 3\], expected \[N, 64\]"):
        net(X[:, :, :6, :6])
    with pytest.raises(ParameterError, match=r"got \['Linear'\], expected NAISBlock"):
        NAISNet([nn.Linear(2, 2)], nn.Linear(2, 2))
    with pytest.raises(ParameterError, match=r"got \[\]"):
        NAISNet([], nn.Linear(2, 2))
