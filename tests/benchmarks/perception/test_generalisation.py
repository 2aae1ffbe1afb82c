"""The benchmark of generalisation: equal sizes, figures that belong together."""

from __future__ import annotations

import json
import math

import pytest
import torch

from elcd_policy_benchmarks.perception import generalisation
from elcd_policy_benchmarks.perception.generalisation import MAKERS, ResNet, measure_generalisation


def test_all_nets_are_of_one_size_and_shape() -> None:
    x = torch.zeros(2, 1, 8, 8)
    sizes = []
    for make in MAKERS.values():
        net = make().eval()
        assert net(x).shape == (2, 10)
        sizes.append(sum(p.numel() for p in net.parameters()))
    assert max(sizes) < 1.01 * min(sizes)


def test_a_resnet_is_repeated_block_by_block() -> None:
    torch.manual_seed(0)
    net, x = ResNet(4).eval(), torch.randn(2, 1, 8, 8)
    once = net.features(x)
    net.repeats = 2
    twice = net.stem(x)
    for number, branch in enumerate(net.branches):
        for _ in range(2):
            twice = torch.relu(twice + branch(twice))
        twice = torch.nn.functional.avg_pool2d(twice, 2) if number == 0 else twice
    torch.testing.assert_close(net.features(x), twice)
    assert not torch.allclose(once, twice)


@pytest.mark.extras
@pytest.mark.parametrize("name", ["NAIS-Net, tanh", "ResNet"])
def test_a_result_holds_what_belongs_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = generalisation.digit_images()
    assert (tuple(x.shape), float(x.min()), float(x.max())) == ((1797, 1, 8, 8), 0.0, 1.0)
    for constant, value in {"SHOWN": 100, "DEEPER": (1, 3), "CAP": 12, "ESTIMATED": 2}.items():
        monkeypatch.setattr(generalisation, constant, value)
    monkeypatch.setattr(generalisation, "digit_images", lambda: (x[:160], labels[:160]))
    row = json.loads(json.dumps(measure_generalisation(name, 0, epochs=2)))
    assert row["gap"] == pytest.approx(row["train"] - row["test"])
    assert row["deeper"]["1"]["test"] == row["test"]
    assert 0 < row["jacobian"] < math.inf
    if name == "ResNet":
        assert "lipschitz_bound" not in row
        return
    assert row["certified"] is True
    assert row["jacobian"] <= row["lipschitz_bound"]
    assert all(steps <= 12 for block in row["at_rest"]["steps_5_50_95"] for steps in block)
