"""Certificates: sound files pass with numbers, broken ones fail with the reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from elcd_policy import LoadedPolicy, MotionPolicy, TrainingSettings, certify, load
from elcd_policy.fields import FIELDS, ElcdField, LatentField
from elcd_policy.flows import CompositeFlow
from elcd_policy.formats import serve_policy

Saved = Callable[..., Path]

Exported = Callable[..., LoadedPolicy]

RATE = TrainingSettings().rate  # e-foldings in the demonstrated 2.5 s


class Wrapper(nn.Module):
    """A policy with factors on what its methods return."""

    def __init__(
        self, policy: nn.Module, velocity: float, latent: float, decoded: float, drift: float
    ) -> None:
        super().__init__()
        self.policy = policy
        self.flow, self.field = policy.flow, policy.field
        self.time_scale: Tensor
        self.register_buffer("time_scale", policy.time_scale.clone())
        self.velocity, self.latent = velocity, latent
        self.decoded, self.drift = decoded, drift

    def forward(self, x: Tensor) -> Tensor:
        return self.velocity * self.policy(x) + self.drift

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        return self.policy.encode(x)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return self.decoded * self.policy.decode(z)

    @torch.jit.export
    def latent_velocity(self, z: Tensor) -> Tensor:
        return self.latent * self.policy.latent_velocity(z)

    @torch.jit.export
    def set_goal(self, goal: Tensor) -> None:
        self.policy.set_goal(goal)

    @torch.jit.export
    def get_goal(self) -> Tensor:
        return self.policy.get_goal()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 8])
def test_a_policy_of_this_library_is_certified(
    dimension: int, field: str, exported: Exported
) -> None:
    policy = exported(dimension, field)
    certificate = certify(policy)
    assert (certificate.verdict, certificate.reasons) == ("certified", [])
    assert certificate.field == FIELDS[field].__name__
    assert certificate.flow == ("8 KinkFlow" if dimension == 1 else "2 AffineCoupling")
    assert certificate.kind == FIELDS[field].kind
    assert certificate.metric == "J_phi(x)^T J_phi(x)"
    assert certificate.rate == policy.metadata.guarantee["rate"] == pytest.approx(RATE / 2.5)
    assert certificate.rate_times_duration == pytest.approx(RATE)
    assert certificate.weights_hash == policy.metadata.weights_hash
    assert sum(certificate.points.values()) > 2000
    assert len(certificate.effects) == 9
    # By some way: every one holds by construction.
    checks = {check.name: check.value for check in certificate.checks}
    eigenvalue = {"elcd": "largest eigenvalue of sym A(z) + c"}.get(
        field, "largest eigenvalue of sym Df(z) + c"
    )
    assert checks[eigenvalue] < 0.0
    assert checks["(z-z*).f(z) / |z-z*|^2 + c"] <= checks[eigenvalue] + 1e-9
    assert checks["(z-z*).J_phi(x) forward(x) / |z-z*|^2 + c"] <= checks[eigenvalue] + 1e-9
    assert checks["|J_phi(x) forward(x) - f(z)| / |f(z)|"] < 1e-9


def test_pairs_are_checked_of_the_field_that_contracts_them(exported: Exported) -> None:
    pairs = "(z-z').(J forward(x) - J' forward(x')) / |z-z'|^2 + c"
    checks = {check.name: check.value for check in certify(exported(2, "monotone")).checks}
    assert checks[pairs] <= checks["largest eigenvalue of sym Df(z) + c"] + 1e-9
    assert pairs not in {check.name for check in certify(exported(2, "elcd")).checks}


def test_a_field_that_does_not_contract_pairs_may_not_claim_it(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    policy.field.out.weight.normal_(std=0.5)  # strongly varying A: pairs part somewhere
    policy.metadata.guarantee["kind"] = "contraction of every pair"
    certificate = certify(load(saved(policy, tmp_path / "p.pt")))
    assert certificate.verdict == "not certified"
    reasons = "; ".join(certificate.reasons)
    assert "claims contraction of every pair, its field has equilibrium contraction" in reasons
    assert "largest eigenvalue of sym Df(z) + c is" in reasons


def test_whatever_the_weights_the_guarantee_holds(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    for field in FIELDS:
        policy = trained(2, field)
        torch.manual_seed(4)
        for value in policy.parameters():
            value.add_(0.3 * torch.randn_like(value))
        policy.fix_latent_goal()
        certificate = certify(load(saved(policy, tmp_path / "p.pt")))
        assert certificate.reasons == []


def test_the_same_file_gives_the_same_certificate(exported: Exported) -> None:
    policy = exported()
    assert certify(policy) == certify(policy)


def test_certifying_leaves_the_policy_as_it_is(exported: Exported) -> None:
    policy, x = exported(), np.array([[10.0, 20.0], [-30.0, 5.0]])
    before = policy.velocity(x)
    certify(policy)
    assert policy.module.get_goal().dtype == torch.float32
    np.testing.assert_array_equal(policy.velocity(x), before)


def test_a_goal_moved_since_makes_no_difference(exported: Exported) -> None:
    policy = exported()
    before = certify(policy)
    policy.set_goal([300.0, -40.0])
    after = certify(policy)
    assert after.verdict == "certified"
    assert after.bounds == before.bounds
    np.testing.assert_allclose(policy.get_goal(), [300.0, -40.0])


def test_it_becomes_json(exported: Exported) -> None:
    certificate = certify(exported())
    values = json.loads(json.dumps(certificate.to_dict(), allow_nan=False))
    assert values["verdict"] == "certified"
    assert values["bounds"]["radius"] == certificate.bounds.radius
    assert all(check["passed"] for check in values["checks"])


# Broken files.


def serve_wrapped(policy: LoadedPolicy, module: nn.Module) -> LoadedPolicy:
    """A module in a policy's stead: what a mistake in this library's own classes would give."""
    return serve_policy(module, policy.metadata)


@pytest.mark.parametrize("field", FIELDS)
def test_the_wrapper_alone_breaks_nothing(field: str, exported: Exported) -> None:
    policy = exported(2, field)
    same = serve_wrapped(policy, Wrapper(policy.rebuilt, 1.0, 1.0, 1.0, 0.0))
    assert certify(same).reasons == []


@pytest.mark.parametrize(
    ("factors", "reason"),
    [
        ((-1.0, 1.0, 1.0, 0.0), "(z-z*).J_phi(x) forward(x) / |z-z*|^2 + c is"),
        ((-1.0, -1.0, 1.0, 0.0), "(z-z*).f(z) / |z-z*|^2 + c is"),
        ((1.0, -1.0, 1.0, 0.0), "|J_phi(x) forward(x) - f(z)| / |f(z)| is 2, at most 1e-06"),
        ((0.1, 0.1, 1.0, 0.0), "(z-z*).J_phi(x) forward(x) / |z-z*|^2 + c is"),
        ((2.0, 2.0, 1.0, 0.0), "f(z) against its formula, relative is 1, at most 1e-06"),
        ((1.00001, 1.0, 1.0, 0.0), "|J_phi(x) forward(x) - f(z)| / |f(z)| is 1e-05"),
        ((0.0, 1.0, 1.0, 0.0), "(z-z*).J_phi(x) forward(x) / |z-z*|^2 + c is"),
        ((1.0, 1.0, 1.01, 0.0), "|phi^-1(phi(x)) - x| is"),
        ((1.0, 1.0, 1.0, 1.0), "speed at the goal is 1.41"),
        ((math.nan, 1.0, 1.0, 0.0), "it is not finite in these regions: workspace, around it"),
    ],
)
def test_a_file_whose_methods_do_not_agree_is_not_certified(
    factors: tuple[float, float, float, float],
    reason: str,
    exported: Exported,
) -> None:
    policy = exported()
    certificate = certify(serve_wrapped(policy, Wrapper(policy.rebuilt, *factors)))
    assert certificate.verdict == "not certified"
    assert reason in "; ".join(certificate.reasons)
    json.dumps(certificate.to_dict(), allow_nan=False)


class Raising(Wrapper):
    """One that fails where it is asked."""

    def forward(self, x: Tensor) -> Tensor:
        if float(x.abs().max()) > 1.0:
            raise ValueError("too far out")
        return self.policy(x)


def test_a_policy_whose_forward_raises_is_not_certified(exported: Exported) -> None:
    policy = exported()
    raising = serve_wrapped(policy, Raising(policy.rebuilt, 1.0, 1.0, 1.0, 0.0))
    [reason] = certify(raising).reasons
    assert reason.startswith("its methods can't be evaluated: ")
    assert "too far out" in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("field.hidden.weight", math.nan),
        ("flow.flows.0.out.bias", math.inf),
        ("latent_goal", math.nan),
        ("goal", -math.inf),
    ],
)
def test_a_weight_that_is_no_number_is_named(
    name: str,
    value: float,
    trained: Callable[..., MotionPolicy],
    tmp_path: Path,
    saved: Saved,
) -> None:
    policy = trained(2, "elcd")
    policy.state_dict()[name].view(-1)[0] = value
    certificate = certify(policy)
    assert certificate.verdict == "not certified"
    [reason] = certificate.reasons
    assert reason.startswith("weights are not finite: ")
    assert name in reason.removeprefix("weights are not finite: ").split(", ")
    assert certificate.checks == []


@pytest.mark.parametrize("field", FIELDS)
def test_a_negated_field_is_not_certified(field: str, exported: Exported) -> None:
    policy = exported(2, field)
    negated = serve_wrapped(policy, Wrapper(policy.rebuilt, -1.0, 1.0, 1.0, 0.0))
    x = np.array([[10.0, 20.0]])
    np.testing.assert_allclose(negated.velocity(x), -policy.velocity(x), rtol=1e-5)
    certificate = certify(negated)
    assert certificate.verdict == "not certified"
    decay = next(check for check in certificate.checks if "J_phi(x) forward(x) /" in check.name)
    assert decay.value > 2 * certificate.rate
    assert certificate.bounds is None
    assert certificate.effects == []


def test_a_stale_latent_goal_is_found(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    policy.latent_goal += 0.1  # the flow has moved, the goal's image has not
    certificate = certify(policy)
    assert certificate.verdict == "not certified"
    assert certificate.reasons[0].startswith("distance of the equilibrium from the goal is")


def test_a_rate_beyond_the_fields_own_is_refused(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    policy.metadata.guarantee["rate"] *= 1.01
    certificate = certify(load(saved(policy, tmp_path / "p.pt")))
    assert certificate.reasons == [
        f"it claims {1.01 * RATE:g} e-foldings per demonstrated duration, its field has {RATE:g}"
    ]


@pytest.mark.parametrize(("rate", "text"), [(0.0, "0"), (-0.4, "-0.4"), (math.nan, "nan")])
def test_no_rate_is_no_guarantee(
    rate: float,
    text: str,
    trained: Callable[..., MotionPolicy],
    tmp_path: Path,
    saved: Saved,
) -> None:
    policy = trained(2, "elcd")
    policy.metadata.guarantee["rate"] = rate
    certificate = certify(load(saved(policy, tmp_path / "p.pt")))
    assert certificate.verdict == "not certified"
    assert certificate.reasons[-1] == f"it claims the rate {text} 1/s over 2.5 s"


def test_weights_of_another_certificate_are_refused(
    trained: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> None:
    policy = trained(2, "elcd")
    first = certify(load(saved(policy, tmp_path / "first.pt")))
    policy.field.out.bias.add_(0.01)  # trained on, the certificate kept
    trained_on = load(saved(policy, tmp_path / "second.pt"))
    trained_on.metadata = replace(trained_on.metadata, certificate=first.to_dict())
    second = certify(trained_on)
    assert second.verdict == "not certified"
    assert second.reasons == [
        f"its stored certificate is of other weights: got {second.weights_hash[:12]}, "
        f"expected {first.weights_hash[:12]}"
    ]


def test_weights_changed_in_memory_are_refused(exported: Exported) -> None:
    policy = exported()
    policy.module.state_dict()["field.out.bias"].add_(0.01)
    certificate = certify(policy)
    assert certificate.verdict == "not certified"
    assert certificate.reasons[0].startswith("its metadata are of other weights: got")


class Unstable(LatentField):
    """A field that claims what is not so."""

    kind = "equilibrium contraction"

    def __init__(self, dimension: int, *, rate: float, width: int = 1) -> None:
        super().__init__(dimension, rate=rate)
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, e: Tensor) -> Tensor:
        return self.gain * e

    def linear_rates(self) -> Tensor:
        return -self.gain.expand(self.dimension)


class Bend(CompositeFlow):
    """A flow of one's own; empty, it is the identity."""


def test_a_field_of_ones_own_is_claimed_not_proved(trained: Callable[..., MotionPolicy]) -> None:
    policy = trained(2, "elcd")
    policy.field = Unstable(2, rate=1.0).requires_grad_(False)
    certificate = certify(policy)
    assert certificate.reasons[0] == (
        "its field (Unstable) is none of those whose contraction is proved"
    )
    assert any(reason.startswith("(z-z*).f(z) / |z-z*|^2 + c is") for reason in certificate.reasons)


def test_a_flow_of_ones_own_is_claimed_not_proved(trained: Callable[..., MotionPolicy]) -> None:
    policy = trained(2, "elcd")
    policy.flow.flows.append(Bend([]))
    certificate = certify(policy)
    assert certificate.reasons == [
        "its flow (Bend) is none of those that are diffeomorphisms for whatever weights"
    ]
    assert isinstance(policy.field, ElcdField)
