"""What a certificate says holds for the weights as they are, after training and rounding too."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from elcd_policy.errors import ParameterError
from elcd_policy.perception import NAISBlock, NAISConvBlock, NAISNet
from elcd_policy.perception.net_certificate import gain


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**31),
    st.sampled_from(["tanh", "relu"]),
    st.sampled_from([1, 2, 7, 200]),
    st.sampled_from([0.1, 1.0, 20.0]),
    st.floats(0.1, 1.0),
)
def test_the_gain_of_a_dense_block_is_bounded(
    seed: int, activation: str, depth: int, scale: float, step: float
) -> None:
    """Two inputs' states are never further apart than the bound; in P's norm by the reference."""
    torch.manual_seed(seed)
    block = NAISBlock(3, 4, activation=activation, depth=depth, step=step).double()
    with torch.no_grad():
        block.free *= scale
    u = 3 * torch.randn(16, 3, dtype=torch.float64)
    v = u + torch.randn(16, 1, dtype=torch.float64).exp() * torch.randn(16, 3, dtype=torch.float64)
    with torch.no_grad():
        apart = block(u) - block(v)
        metric = -block.state_weight()
        settled = torch.linalg.solve(metric, block.input.weight @ (u - v).t()).t()
    in_metric = ((apart @ metric) * apart).sum(dim=1).sqrt()
    assert bool((in_metric <= 2 * ((settled @ metric) * settled).sum(dim=1).sqrt() + 1e-12).all())
    bound = block.certificate().lipschitz_bound
    assert bool((apart.norm(dim=1) <= bound * (u - v).norm(dim=1) + 1e-12).all())
    assert block.lipschitz_estimate(u[:2]) <= bound


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["tanh", "relu"]), st.sampled_from([1, 5, 60]))
def test_the_gain_of_a_convolution_is_bounded(seed: int, activation: str, depth: int) -> None:
    torch.manual_seed(seed)
    block = NAISConvBlock(2, 3, activation=activation, depth=depth, epsilon=0.05).double()
    u = torch.randn(8, 2, 4, 4, dtype=torch.float64)
    v = u + torch.rand(8, 1, 1, 1) * torch.randn(8, 2, 4, 4, dtype=torch.float64)
    with torch.no_grad():
        apart = (block(u) - block(v)).flatten(1).abs().amax(dim=1)
    bound = block.certificate().lipschitz_bound
    assert bool((apart <= bound * (u - v).flatten(1).abs().amax(dim=1) + 1e-12).all())
    assert block.lipschitz_estimate(u[:1]) <= bound


def small_net() -> NAISNet:
    torch.manual_seed(0)
    blocks = [NAISConvBlock(1, 4, pool=2), NAISConvBlock(4, 4, activation="tanh"), NAISBlock(64, 8)]
    return NAISNet(blocks, nn.Linear(8, 3))


def test_the_bounds_hold_after_training_and_after_rounding() -> None:
    net = small_net()
    optimiser = torch.optim.SGD(net.parameters(), lr=3.0)
    x, labels = torch.randn(32, 1, 8, 8), torch.arange(32) % 3
    before = net.certificate()
    for _ in range(20):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x), labels).backward()
        optimiser.step()
    trained = net.certificate()
    net.half().float()
    rounded = net.certificate()
    assert before.holds
    assert trained.holds
    assert rounded.holds
    assert [block.spectrum for block in trained.blocks] != [b.spectrum for b in before.blocks]
    for block in rounded.blocks:
        assert block.allowed[0] - 1e-6 <= block.spectrum[0] < block.spectrum[1]
        assert block.spectrum[1] <= block.allowed[1] + 1e-6


def test_a_nets_bound_lies_above_its_estimate() -> None:
    net = small_net().double()
    x = torch.randn(3, 1, 8, 8, dtype=torch.float64)
    certificate = net.certificate()
    assert certificate.norm == "inf"
    assert 0 < net.lipschitz_estimate(x) <= certificate.lipschitz_bound
    flat = NAISNet([NAISBlock(4, 6), NAISBlock(6, 5)], nn.Linear(5, 2)).double()
    first, second = flat.certificate().blocks
    product = first.lipschitz_bound * second.lipschitz_bound * gain(flat.readout, "2")
    assert flat.certificate().norm == "2"
    assert flat.certificate().lipschitz_bound == pytest.approx(product)
    assert flat.lipschitz_estimate(torch.randn(3, 4, dtype=torch.float64)) <= product


@pytest.mark.parametrize("name", ["blocks.0.input.bias", "readout.weight", "readout.bias"])
def test_nothing_is_certified_of_a_net_that_says_nan(name: str) -> None:
    net = NAISNet([NAISBlock(4, 6)], nn.Linear(6, 2))
    with torch.no_grad():
        net.get_parameter(name).view(-1)[0] = float("nan")
    with pytest.raises(ParameterError, match="a net can't be certified: got weights that are not"):
        net.certificate()


@pytest.mark.parametrize("index", [0, 2])
def test_broken_weights_are_not_certified(index: int) -> None:
    for name in ("free", "input.weight"):
        net = small_net()
        with torch.no_grad():
            net.blocks[index].get_parameter(name).view(-1)[0] = float("nan")
        with pytest.raises(ParameterError, match="got weights that are not finite"):
            net.certificate()


def test_it_says_itself_as_json() -> None:
    values = json.loads(json.dumps(small_net().certificate().to_dict()))
    assert values["holds"] is True
    assert values["blocks"][2]["allowed"] == [-0.99, -0.01]
    assert values["blocks"][0]["kind"] == "convolution"


@pytest.mark.parametrize("norm", ["2", "inf"])
def test_plain_layers_have_a_gain(norm: str) -> None:
    layer = nn.Sequential(nn.Flatten(), nn.Linear(3, 2), nn.ReLU())
    order = 2 if norm == "2" else float("inf")
    weight = layer[1].weight.detach().double()
    assert gain(layer, norm) == pytest.approx(float(torch.linalg.matrix_norm(weight, order)))
    with pytest.raises(ParameterError, match="got a BatchNorm1d in the norm"):
        gain(nn.BatchNorm1d(3), norm)
