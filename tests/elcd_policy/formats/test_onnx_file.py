"""ONNX policy files: the same numbers on ONNX Runtime, and refused as other files are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from elcd_policy import LoadedPolicy, MotionPolicy, certify, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.errors import ExportError, PolicyFileError
from elcd_policy.fields import FIELDS
from elcd_policy.formats.digest import add_digest
from elcd_policy.formats.onnx.onnx_file import ARCHIVE, DIGEST, METADATA, _digest

Saved = Callable[..., Path]

X = np.random.default_rng(0).uniform(-60.0, 60.0, (12, 2))
Trained = Callable[..., MotionPolicy]


@pytest.fixture(scope="module")
def sound(fit_once: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "policy.onnx"
    save(fit_once(2, "elcd"), path)
    return path


def refusal(path: Path) -> PolicyFileError:
    with pytest.raises(PolicyFileError) as error:
        load(path)
    assert len(str(error.value).splitlines()) == 1
    return error.value


def changed(sound: Path, path: Path, change: Callable[[Any], None]) -> Path:
    """A copy whose model was changed and whose checksum is right again."""
    model = onnx.load(sound)
    change(model)
    kept = [item for item in model.metadata_props if item.key != DIGEST]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    model.metadata_props.add(key=DIGEST, value=_digest(model))
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [2, 3, 7])
def test_it_gives_the_policys_velocity(
    dimension: int, field: str, fit_once: Trained, tmp_path: Path, saved: Saved
) -> None:
    policy = fit_once(dimension, field)
    loaded = load(saved(policy, tmp_path / "policy.onnx"))
    x = np.random.default_rng(1).uniform(-80.0, 80.0, (40, dimension))
    expected = policy.velocity(x)
    scale = np.abs(expected).max()
    for batch in (x, x[0], x[:1], x[:0]):
        v = loaded.velocity(batch)
        assert (v.shape, v.dtype) == (batch.shape, np.float64)
        np.testing.assert_allclose(v, policy.velocity(batch), rtol=0, atol=1e-5 * scale)
    assert np.linalg.norm(loaded.velocity(loaded.get_goal())) < 1e-6 * scale
    goal = loaded.get_goal() + 16.0
    loaded.set_goal(goal)
    np.testing.assert_allclose(loaded.velocity(x + 16.0), expected, rtol=0, atol=1e-4 * scale)
    np.testing.assert_array_equal(loaded.get_goal(), goal)
    _, path = loaded.rollout(x[0], 25.0, 0.5)
    np.testing.assert_allclose(path[-1], goal, atol=0.05)


def test_onnx_runtime_alone_runs_it(sound: Path, fit_once: Trained) -> None:
    session = onnxruntime.InferenceSession(str(sound))
    x, expected = X.astype(np.float32), fit_once(2, "elcd").velocity(X)
    scale = np.abs(expected).max()
    [v] = session.run(None, {"x": x})
    np.testing.assert_allclose(v, expected, rtol=0, atol=1e-5 * scale)
    goal = fit_once(2, "elcd").get_goal().numpy()
    [v] = session.run(None, {"x": x + 8.0, "goal": goal + 8.0})
    np.testing.assert_allclose(v, expected, rtol=0, atol=1e-4 * scale)
    facts = json.loads(session.get_modelmeta().custom_metadata_map[METADATA])
    assert facts["certificate"]["verdict"] == "certified"
    assert facts["weights_hash"] == facts["certificate"]["weights_hash"]


def test_its_certificate_is_of_the_graph_that_is_served(sound: Path) -> None:
    loaded = load(sound)
    assert certificate_fault(loaded) == ""
    certificate = certify(loaded)
    assert certificate.verdict == "certified"
    assert json.loads(json.dumps(certificate.to_dict())) == loaded.metadata.certificate


def negate(model: Any) -> None:
    # In the last product, behind everything.
    name = model.graph.node[-1].input[1]
    [weight] = [value for value in model.graph.initializer if value.name == name]
    weight.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(weight), name))


def test_a_graph_of_the_negated_field_is_refused(sound: Path, tmp_path: Path) -> None:
    error = refusal(changed(sound, tmp_path / "policy.onnx", negate))
    assert "other numbers in 'constant_" in error.got


def test_a_flipped_bit_is_refused(sound: Path, tmp_path: Path) -> None:
    content, path = sound.read_bytes(), tmp_path / "policy.onnx"
    for where in np.random.default_rng(0).integers(len(content), size=40):
        damaged = bytearray(content)
        damaged[where] ^= 1 << int(where % 8)
        path.write_bytes(damaged)
        refusal(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_file_is_refused(share: float, sound: Path, tmp_path: Path) -> None:
    path, content = tmp_path / "policy.onnx", sound.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "expected a policy file written by" in str(refusal(path))


def test_other_models_are_refused(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "policy.onnx"
    path.write_text("t,x,y\n0,1,2\n")
    assert "got no ONNX model" in str(refusal(path))
    foreign = onnx.load(sound)
    del foreign.metadata_props[:]
    onnx.save(foreign, path)
    assert "without our metadata" in str(refusal(path))


def test_a_graph_that_can_not_run_is_refused(sound: Path, tmp_path: Path) -> None:
    def unknown(model: Any) -> None:
        model.graph.node[3].op_type = "Nothing"

    assert "a node Nothing of" in refusal(changed(sound, tmp_path / "policy.onnx", unknown)).got


def test_two_policies_in_one_file_are_refused(sound: Path, tmp_path: Path) -> None:
    def other(model: Any) -> None:
        [text] = [item for item in model.metadata_props if item.key == METADATA]
        text.value = json.dumps(add_digest({**json.loads(text.value), "units": "inch"}))

    assert "holds two policies" in str(refusal(changed(sound, tmp_path / "policy.onnx", other)))


def test_a_damaged_policy_inside_is_refused(sound: Path, tmp_path: Path) -> None:
    def cut(model: Any) -> None:
        [text] = [item for item in model.metadata_props if item.key == ARCHIVE]
        text.value = text.value[:-400]

    refusal(changed(sound, tmp_path / "policy.onnx", cut))


def test_what_has_no_graph_is_told_before_anything_is_written(
    fit_once: Trained, trained: Trained, tmp_path: Path, saved: Saved
) -> None:
    with pytest.raises(ExportError, match=r"a row of affine couplings.*write it as \*\.pt"):
        saved(fit_once(1, "elcd"), tmp_path / "policy.onnx")

    class Own(torch.nn.Module):
        def forward(self, e: torch.Tensor) -> torch.Tensor:
            return -e

    policy = trained(2)
    policy.field = Own()
    with pytest.raises(ExportError, match="got a Own, expected a field of this library or a reg"):
        saved(policy, tmp_path / "policy.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_loaded_policy_is_written_as_onnx(
    fit_once: Trained, tmp_path: Path, saved: Saved
) -> None:

    first = load(saved(fit_once(2, "elcd"), tmp_path / "policy.pt"))
    second: LoadedPolicy = load(saved(first, tmp_path / "policy.onnx"))
    assert second.metadata.weights_hash == first.metadata.weights_hash
    v = first.velocity(X)
    np.testing.assert_allclose(second.velocity(X), v, rtol=0, atol=1e-5 * np.abs(v).max())
