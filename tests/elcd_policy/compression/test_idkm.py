"""IDKM on models: soft while they train, nearest centroids after."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from elcd_policy.compression import IDKM, CollapseWarning, Layer
from elcd_policy.errors import CompressionError, ParameterError


def network(seed: int = 0, width: int = 64) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(8, width), nn.Tanh(), nn.Linear(width, 4))


X = torch.randn(16, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("gradient", ["implicit", "jfb", "unrolled"])
def test_weights_are_soft_in_training_and_of_k_values_after(gradient: str) -> None:
    model = network()
    before = {name: value.clone() for name, value in model.named_parameters()}
    quantised = IDKM(model, bits=3, gradient=gradient, shared_below=0)
    soft = model.train()[0].weight
    assert len(soft.unique()) > 8
    model(X).square().sum().backward()
    for parameter in model.parameters():
        assert parameter.grad is not None
        assert bool(torch.isfinite(parameter.grad).all())
    model.eval()
    hard, out = model[0].weight.clone(), model(X)
    assert len(hard.unique()) == 8
    quantised.harden()
    assert not parametrize.is_parametrized(model)
    assert type(model[0]) is nn.Linear
    assert dict(model.named_parameters()).keys() == before.keys()
    assert len(model[0].weight.unique()) == 8
    torch.testing.assert_close(model(X), out, rtol=0, atol=0.05)
    error = (model[0].weight - before["0.weight"]).square().mean().sqrt()
    assert float(error / before["0.weight"].std()) < 0.25
    torch.jit.script(model)


def test_small_layers_share_one_codebook_and_names_decide_about_the_rest() -> None:
    layers = {"2.weight": Layer(bits=2, dim=2), "*.bias": Layer(codebook="biases"), "0.*": None}
    model = network()
    quantised = IDKM(model, bits=4, layers=layers, shared_below=100)
    rows = {row.name: row for row in quantised.report()}
    assert set(rows) == {"2.weight", "biases"}
    assert (rows["2.weight"].bits_per_weight, rows["2.weight"].k) == (1.0, 4)
    assert (rows["biases"].parameters, rows["biases"].weights, rows["biases"].k) == (2, 68, 16)
    model = network()
    (row,) = IDKM(model).report()
    assert (row.name, row.parameters, row.weights) == ("small layers", 4, 512 + 64 + 256 + 4)


def test_excluded_parameters_stay_to_the_bit() -> None:
    model = network()
    bias = model[0].bias.detach().clone()
    packed = IDKM(model, layers={"0.bias": None}, excluded_below=10).harden()
    assert set(packed.kept) == {"0.bias", "2.bias"}
    assert torch.equal(model[0].bias, bias)


def test_a_codebook_that_does_not_pay_is_not_made() -> None:
    model = network()
    quantised = IDKM(model, bits=8, shared_below=0)
    assert {row.name for row in quantised.report()} == {"0.weight", "2.weight"}


def test_the_report_says_how_far_from_the_fixed_point_it_is() -> None:
    model = network().train()
    quantised = IDKM(model, iterations=4, tolerance=0.0)
    model(X)
    (first,) = quantised.report()
    assert first.iterations == 4
    assert first.distinct == first.k == 16
    for _ in range(40):
        model(X)
    (later,) = quantised.report()
    assert 0 < later.residual < 0.1 * first.residual  # the centroids start where they were


@pytest.mark.parametrize("scale", [1e-4, 1.0, 300.0])
def test_no_layer_collapses_whatever_its_scale(scale: float) -> None:
    model = network().train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    quantised = IDKM(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CollapseWarning)
        model(X)
    assert quantised.report()[0].distinct == 16


def test_a_collapse_is_told_once() -> None:
    model = network().train()
    quantised = IDKM(model, bits=2, temperature=40.0, iterations=200)
    text = "'?small layers.* collapsed: got 1 of 4 centroids .* 2.5 times .*lower the temperature"
    with pytest.warns(CollapseWarning, match=text):
        model(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(X)
    assert quantised.report()[0].distinct == 1


def test_weights_that_are_all_the_same_are_no_collapse() -> None:
    model = nn.Sequential(nn.Linear(32, 32)).train()
    nn.init.constant_(model[0].weight, 0.25)
    quantised = IDKM(model, shared_below=0, layers={"*.bias": None})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(torch.zeros(1, 32)).sum().backward()
    quantised.harden()
    torch.testing.assert_close(model[0].weight, torch.full((32, 32), 0.25), rtol=1e-3, atol=0)


def test_in_one_pass_soft_weights_are_computed_once() -> None:
    settings = {"bits": 2, "gradient": "jfb", "iterations": 500, "tolerance": 1e-5}
    model = network().train()
    quantised = IDKM(model, **settings)
    with quantised.one_pass():
        first, again = model[0].weight, model[0].weight
        assert first is again
        loss = (model(X) + model(2 * X)).sum()
    loss.backward()
    apart = network().train()
    IDKM(apart, **settings)
    (apart(X) + apart(2 * X)).sum().backward()
    ours = model[0].parametrizations.weight.original.grad
    theirs = apart[0].parametrizations.weight.original.grad
    torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.02 * float(theirs.abs().max()))


def test_once_fixed_training_moves_centroids_only() -> None:
    model = network().train()
    quantised = IDKM(model, bits=2)
    assert {id(p) for p in quantised.parameters()} == {id(p) for p in model.parameters()}
    quantised.fix()
    (centroids,) = quantised.parameters()
    assert centroids.shape == (4, 1)
    model(X).sum().backward()
    gradient = centroids.grad
    assert gradient is not None
    assert float(gradient.abs().min()) > 0
    with torch.no_grad():
        centroids.mul_(2.0)
    twice = model[0].weight.detach().clone()
    quantised.harden()
    torch.testing.assert_close(model[0].weight.detach(), twice, rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    "wrong",
    [{"bits": 0}, {"bits": 9}, {"dim": 0}, {"gradient": "newton"}, {"temperature": 0.0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        IDKM(network(), **wrong)


def test_models_that_can_not_be_quantised_are_refused() -> None:
    with pytest.raises(CompressionError, match="nothing in the model can be quantised"):
        IDKM(nn.Tanh())
    model = network()
    IDKM(model)
    with pytest.raises(CompressionError, match="parametrised already"):
        IDKM(model)
    tied = network(width=8)
    tied.append(tied[0])
    with pytest.raises(CompressionError, match="uses a parameter in two places"):
        IDKM(tied)
