"""Policy files that carry their certificate, and what it is worth later."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from elcd_policy import LoadedPolicy, MotionPolicy, Placement, certify, load, save
from elcd_policy.certificate import certificate_fault

Saved = Callable[..., Path]

Trained = Callable[..., MotionPolicy]


def test_the_certificate_in_a_file_is_the_files_own(trained: Trained, tmp_path: Path) -> None:
    policy, path = trained(2, "monotone"), tmp_path / "new" / "policy.pt"
    placement = Placement(origin=[0.4, 0.0, 0.3], metres_per_unit=0.001)
    certificate = save(policy, path, placement=placement)
    assert certificate.verdict == "certified"
    loaded = load(path)
    assert loaded.metadata.certificate == json.loads(json.dumps(certificate.to_dict()))
    assert loaded.metadata.placement == placement
    assert loaded.metadata.certificate["weights_hash"] == loaded.metadata.weights_hash
    assert certify(loaded) == certificate
    assert certificate_fault(loaded) == ""
    assert policy.metadata.certificate is None
    x = np.array([10.0, 20.0])
    np.testing.assert_allclose(loaded.velocity(x), policy.velocity(x), rtol=1e-5)
    assert list(path.parent.iterdir()) == [path]


def test_a_policy_trained_on_is_certified_anew(trained: Trained, tmp_path: Path) -> None:
    policy, path = trained(), tmp_path / "policy.pt"
    first = save(policy, path)
    policy.metadata = replace(policy.metadata, certificate=first.to_dict())
    policy.field.out.bias.add_(0.01)
    second = save(policy, path)
    assert second.verdict == "certified"
    assert second.weights_hash != first.weights_hash
    assert certificate_fault(load(path)) == ""


def test_a_verdict_against_it_is_stored_too(trained: Trained, tmp_path: Path) -> None:
    policy, path = trained(), tmp_path / "policy.pt"
    policy.field.out.bias[0] = math.nan
    certificate = save(policy, path)
    assert certificate.verdict == "not certified"
    assert certificate_fault(load(path)) == ("weights are not finite: field.out.bias, law.entries")


def test_no_certificate_vouches_for_nothing(policy_file: Path) -> None:
    assert certificate_fault(load(policy_file)) == "the file carries no certificate"


def test_a_certificate_does_not_outlive_the_weights(
    trained: Trained, tmp_path: Path, saved: Saved
) -> None:
    policy = trained()
    first = save(policy, tmp_path / "first.pt")
    policy.field.out.bias.add_(0.01)
    loaded = load(saved(policy, tmp_path / "second.pt"))
    loaded.metadata = replace(loaded.metadata, certificate=first.to_dict())
    assert certificate_fault(loaded) == (
        "its stored certificate is of other weights: "
        f"got {loaded.metadata.weights_hash[:12]}, expected {first.weights_hash[:12]}"
    )


def test_moving_the_goal_keeps_it(trained: Trained, tmp_path: Path) -> None:
    save(trained(), tmp_path / "policy.pt")
    loaded: LoadedPolicy = load(tmp_path / "policy.pt")
    loaded.set_goal([40.0, -3.0])
    assert certificate_fault(loaded) == ""
