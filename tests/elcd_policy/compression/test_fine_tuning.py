"""`compress`: a classifier that is as good with two bits a weight as it was with 32."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from elcd_policy.compression import compress
from elcd_policy.errors import CompressionError


def rings() -> tuple[Tensor, Tensor]:
    """400 points inside and outside a circle."""
    x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    return x, (x.norm(dim=1) > 1.1).long()


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    model = network()
    x, y = rings()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()
    return model.state_dict()


def network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Linear(32, 2))


def accuracy(model: nn.Module) -> float:
    x, y = rings()
    return float((model(x).argmax(dim=1) == y).float().mean())


@pytest.mark.parametrize("gradient", ["implicit", "jfb", "unrolled"])
def test_fine_tuning_brings_back_what_quantising_costs(
    gradient: str, weights: dict[str, Tensor]
) -> None:
    model, plain = network(), network()
    model.load_state_dict(weights)
    plain.load_state_dict(weights)
    model.eval()
    assert accuracy(model) > 0.97
    settings = {"bits": 2, "gradient": gradient, "iterations": 5, "progress": False}
    compress(plain, [rings()], steps=0, **settings)
    packed = compress(model, [rings()], steps=120, learning_rate=0.02, **settings)
    assert accuracy(plain) < 0.95
    assert accuracy(model) > 0.96
    assert not model.training
    assert torch.equal(packed.state()["0.weight"], model[0].weight)


def test_a_loss_of_ones_own_is_minimised(capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    x = torch.randn(64, 2, generator=torch.Generator().manual_seed(3))

    def loss() -> Tensor:
        return nn.functional.mse_loss(model(x), x)

    compress(model, loss, steps=100, learning_rate=0.01)
    assert float(loss().detach()) < 0.02
    assert "fine-tuning" in capsys.readouterr().err


def test_a_seed_gives_the_same_weights() -> None:
    blobs = []
    for _ in range(2):
        packed = compress(network(), [rings()], steps=6, seed=4, progress=False)
        blobs.append(packed.blob())
    assert blobs[0] == blobs[1]


def test_what_can_not_be_learned_from_is_refused() -> None:
    with pytest.raises(CompressionError, match="nothing to fine-tune on"):
        compress(network(), [], steps=2, progress=False)
    x, y = rings()
    with pytest.raises(CompressionError, match="diverged: got a gradient of nan at step 1"):
        compress(network(), [(x * torch.nan, y)], steps=2, progress=False)
