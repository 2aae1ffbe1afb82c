"""A field of a researcher's own: one class and one registration."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from elcd_policy import MotionPolicy, certify, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.errors import ExportError, ParameterError, PolicyFileError
from elcd_policy.fields import FIELDS, LatentField, register_field
from elcd_policy.fields.base import OnnxNodes
from elcd_policy.utils.c_source import c_table

#: Prints the velocity at X[0], then by how much the header is off at its own positions.
CALLER = """
#include <stdio.h>
#include "decay.h"
int main(void) {
  const float x[] = {10, -20};
  float v[2];
  decay_velocity(x, 0, v);
  return printf("%.9g %.9g %.9g", v[0], v[1], decay_error()) < 0;
}
"""
X = np.array([[10.0, -20.0], [3.0, 4.0]])


class DecayField(LatentField):
    """``f(e) = -(c + r) e`` with r >= 0 for each coordinate."""

    kind: ClassVar[str] = "contraction of every pair"
    proof: ClassVar[str] = "sym Df = -(c + diag r) <= -c I"

    def __init__(self, dimension: int, *, rate: float = 1.0, width: int = 1) -> None:
        super().__init__(dimension, rate=rate)
        self.excess = nn.Parameter(torch.zeros(dimension))

    def forward(self, e: Tensor) -> Tensor:
        return -self.linear_rates() * e

    def describe(self) -> dict[str, Any]:
        return {"rate": self.rate}

    def linear_rates(self) -> Tensor:
        return self.rate + F.softplus(self.excess)

    def c_source(self) -> str:
        return (
            c_table("rates", self.linear_rates())
            + """
static inline void @name@_field(const float *e, float *f) {
  for (int i = 0; i < @D@; ++i) f[i] = -@name@_rates[i] * e[i];
}"""
        )

    def onnx_nodes(self, graph: OnnxNodes, e: str, into: Tensor) -> str:
        decay = torch.diag(-self.rate - F.softplus(self.excess))
        return graph.node("MatMul", e, F.pad(decay, (0, 0, 0, 1)) @ into)


@pytest.fixture
def registered() -> Iterator[None]:
    register_field("decay", DecayField)
    yield
    del FIELDS["decay"]


def with_decay(policy: MotionPolicy) -> MotionPolicy:
    policy.field = DecayField(2, rate=policy.field.rate).requires_grad_(False)
    policy.field.excess.copy_(torch.tensor([0.5, 2.0]))
    policy.metadata.guarantee.update(kind=DecayField.kind, field="DecayField")
    return policy


@pytest.mark.usefixtures("registered")
def test_its_files_are_rebuilt_served_and_certified(
    trained: Callable[..., MotionPolicy], tmp_path: Path
) -> None:
    policy, path = with_decay(trained(2, "elcd")), tmp_path / "decay.pt"
    assert save(policy, path).certified
    loaded = load(path)
    assert type(loaded.rebuilt.field) is DecayField
    assert (certificate_fault(loaded), certify(loaded).field) == ("", "DecayField")
    np.testing.assert_allclose(loaded.velocity(X), policy.velocity(X), rtol=1e-5)


@pytest.mark.usefixtures("registered")
def test_its_c_source_compiles_and_agrees(
    trained: Callable[..., MotionPolicy], tmp_path: Path
) -> None:
    policy = with_decay(trained(2, "elcd"))
    assert save(policy, tmp_path / "decay.h").certified
    (tmp_path / "caller.c").write_text(CALLER)
    flags = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
    command = ["cc", *flags, "caller.c", "-o", "caller", "-lm"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = subprocess.run([tmp_path / "caller"], capture_output=True, text=True, check=True)
    *velocity, error = map(float, answer.stdout.split())
    np.testing.assert_allclose(velocity, policy.velocity(X)[0], rtol=2e-5)
    assert error < 2e-5


@pytest.mark.usefixtures("registered")
def test_its_onnx_nodes_are_served(trained: Callable[..., MotionPolicy], tmp_path: Path) -> None:
    policy, path = with_decay(trained(2, "elcd")), tmp_path / "decay.onnx"
    assert save(policy, path).certified
    np.testing.assert_allclose(load(path).velocity(X), policy.velocity(X), rtol=2e-5)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(("suffix", "method"), [(".h", "c_source"), (".onnx", "onnx_nodes")])
def test_a_field_that_lacks_the_method_of_a_format_is_told_which(
    suffix: str,
    method: str,
    trained: Callable[..., MotionPolicy],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(DecayField, method)
    policy, path = with_decay(trained(2, "elcd")), tmp_path / f"decay{suffix}"
    with pytest.raises(ExportError, match=f"got a DecayField, .* implements {method}; ") as error:
        save(policy, path, certify=False)
    assert len(str(error.value).splitlines()) == 1
    assert not path.exists()


@pytest.mark.usefixtures("registered")
def test_a_field_that_states_no_proof_is_not_certified(
    trained: Callable[..., MotionPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DecayField, "proof", "")
    [reason] = certify(with_decay(trained(2, "elcd"))).reasons
    assert reason == "its field (DecayField) is none of those whose contraction is proved"


def test_without_registration_its_files_are_refused(
    trained: Callable[..., MotionPolicy], tmp_path: Path
) -> None:
    save(with_decay(trained(2, "elcd")), tmp_path / "decay.pt", certify=False)
    with pytest.raises(PolicyFileError, match="DecayField, which is neither of this library nor"):
        load(tmp_path / "decay.pt")


@pytest.mark.usefixtures("registered")
def test_a_name_is_registered_once() -> None:
    with pytest.raises(ParameterError, match="a field of that name is registered: got decay"):
        register_field("decay", DecayField)
