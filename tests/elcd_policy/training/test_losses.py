"""What training minimises: smallest where the field draws what was demonstrated."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.fields import FIELDS, ElcdField, LatentField
from elcd_policy.flows import default_flow
from elcd_policy.training import TrainingSettings, losses
from elcd_policy.training.data import TrainingData
from elcd_policy.training.losses import SOFTNESS, closed_form_loss, shooting_loss

LOSSES = [closed_form_loss, shooting_loss]
RATE = 16.0  # per demonstrated duration: exp(-16) of a start is left at the end


def isotropic() -> ElcdField:
    """A field that is exactly ``-RATE e``."""
    field = ElcdField(2, rate=1.0)
    with torch.no_grad():
        field.out.bias.copy_(torch.eye(2).flatten() * math.sqrt(RATE - 1))
    return field


def decays(*starts: tuple[float, float]) -> TrainingData:
    """Demonstrations of that very field."""
    time = np.linspace(0.0, 3.0, 400)
    share = np.exp(-RATE * time / 3.0)[:, None]
    demos = [Demonstration(time, np.array(start) * share) for start in starts]
    return TrainingData.of(DemonstrationSet(demos), 400)


def value_of(loss: Callable, data: TrainingData | None = None, **settings: float) -> float:
    data = data or decays((-40.0, 10.0))
    generator = torch.Generator().manual_seed(0)
    # What looks at the demonstrations alone; see test_calm.py for the rest.
    asked = TrainingSettings(far=0, far_return_rate=0.0, ball=0, **settings)
    value = loss(default_flow(2), isotropic(), data, asked, generator)
    return float(value.detach())


@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_least_for_the_field_that_was_demonstrated(loss: Callable) -> None:
    assert value_of(loss, push=0.0) == pytest.approx(SOFTNESS, rel=0.01)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_push_that_should_fade_faster_costs(loss: Callable) -> None:
    as_the_field, faster = (value_of(loss, push=0.5, return_rate=k * RATE) for k in (1, 4))
    assert as_the_field < 2 * SOFTNESS
    assert faster > 1.3 * as_the_field


@pytest.mark.parametrize("loss", LOSSES)
def test_a_start_follows_the_demonstration_nearest_to_it_and_not_the_mean_of_all(
    loss: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = decays((-40.0, 10.0), (-30.0, -20.0))
    settings = {"push": 0.0, "return_rate": 64.0}
    assert value_of(loss, data, **settings) < 2 * SOFTNESS
    monkeypatch.setattr(losses, "REACH", 1e3)
    assert value_of(loss, data, **settings) > 8 * SOFTNESS


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_near_a_demonstration_follows_it_at_no_cost(loss: Callable) -> None:
    """Between two of them that the field demonstrated, and beside them, its own way is right."""
    data = decays((-40.0, 10.0), (-40.0, 14.0))
    assert value_of(loss, data, push=0.05, return_rate=RATE) < 1.5 * SOFTNESS


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [1, 2, 4])
@pytest.mark.parametrize("loss", LOSSES)
def test_it_teaches_flow_and_field(
    loss: Callable, dimension: int, field: str, arcs: Callable
) -> None:
    data, settings = TrainingData.of(arcs(dimension), 60), TrainingSettings(batch=32)
    flow = default_flow(dimension, width=8)
    latent: LatentField = FIELDS[field](dimension, rate=1.0, width=8)
    loss(flow, latent, data, settings, torch.Generator().manual_seed(0)).backward()
    for module in (flow, latent):
        slopes = [weight.grad for weight in module.parameters() if weight.grad is not None]
        assert all(torch.isfinite(slope).all() for slope in slopes)
        assert max(float(slope.abs().max()) for slope in slopes) > 1e-4


@pytest.mark.parametrize("loss", LOSSES)
def test_a_window_longer_than_the_samples_is_cut(loss: Callable, arcs: Callable) -> None:
    data, settings = TrainingData.of(arcs(2), 12), TrainingSettings(window=500, samples=12)
    value = loss(default_flow(2), ElcdField(2), data, settings, torch.Generator().manual_seed(0))
    assert math.isfinite(float(value.detach()))
