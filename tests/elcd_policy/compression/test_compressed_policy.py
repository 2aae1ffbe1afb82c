"""Motion policies of quantised weights: small, certified, and the same as any other policy."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy import MotionPolicy, TrainingSettings, certify, evaluate, fit, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.compression.compressed_policy import (
    CompressedPolicy,
    compress_policy,
    own_motions,
)
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.errors import ExportError, PolicyFileError, ShapeError
from elcd_policy.evaluation import Scores
from elcd_policy.formats import serve_policy

Saved = Callable[..., Path]

Trained = Callable[..., MotionPolicy]


def compressed(
    policy: MotionPolicy, shown: DemonstrationSet | None = None, **settings: int
) -> CompressedPolicy:
    loaded = serve_policy(policy, policy.metadata)
    return compress_policy(loaded, shown, progress=False, **{"steps": 2, **settings})


@pytest.fixture(scope="module")
def content(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    result = compressed(trained())
    path = tmp_path_factory.mktemp("small") / "small.elcdz"
    save(result, path)
    return path.read_bytes()


@pytest.fixture
def small(content: bytes, tmp_path: Path) -> Path:
    """A certified small file, to be spoilt."""
    path = tmp_path / "small.elcdz"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("dimension", "field"), [(2, "elcd"), (2, "monotone"), (3, "elcd"), (1, "elcd")]
)
def test_every_policy_comes_back_as_it_was_compressed(
    dimension: int, field: str, trained: Trained, tmp_path: Path, saved: Saved
) -> None:
    result = compressed(trained(dimension, field))
    path = tmp_path / "new" / "small.elcdz"
    assert save(result, path).verdict == "certified"
    loaded, plain = load(path), saved(result.policy, tmp_path / "plain.pt")
    assert certificate_fault(loaded) == ""
    assert certify(loaded).to_dict() == loaded.metadata.certificate
    assert loaded.metadata.weights_hash == load(plain).metadata.weights_hash
    x = np.random.default_rng(0).normal(0.0, 30.0, (9, dimension))
    assert np.array_equal(loaded.velocity(x), load(plain).velocity(x))
    assert list(path.parent.iterdir()) == [path]


def test_poses_keep_their_orientation(
    pose_policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    result = compressed(pose_policy)
    path = saved(result, tmp_path / "small.elcdz")
    assert load(path).metadata.orientation == pose_policy.metadata.orientation


def test_the_sizes_count_every_weight(small: Path, trained: Trained) -> None:
    policy, weights = trained(), load(small).packed
    before = sum(value.numel() for value in policy.state_dict().values())
    assert weights.numbers() == before
    assert set(weights.kept) == {"goal", "scale", "time_scale", "latent_goal"}
    assert len(weights.coded) == len(list(policy.parameters()))
    with zipfile.ZipFile(small) as files:
        assert files.read("weights.bin") == weights.blob()


def test_weights_of_the_usual_size_shrink_sixfold(trained: Trained) -> None:
    from elcd_policy.fields import ElcdField
    from elcd_policy.flows import default_flow

    policy = trained()
    usual = MotionPolicy(
        default_flow(2, couplings=6),
        ElcdField(2),
        scale=float(policy.scale),
        metadata=policy.metadata,
    )
    with torch.no_grad():
        for parameter in usual.parameters():
            parameter.normal_(std=0.1)
    usual.fix_latent_goal()
    result = compressed(usual, steps=0)
    assert result.bytes_before == 4 * (1776 + 6)
    assert result.bytes_before / result.bytes_after > 6.0


def test_fine_tuning_brings_the_motion_back(arcs: Callable[..., DemonstrationSet]) -> None:
    shown = arcs()
    settings = TrainingSettings(
        couplings=2, width=32, linear_steps=150, shooting_steps=60, batch=32
    )
    policy = fit(shown, settings=settings, progress=False)
    tuned, plain = (compressed(policy, shown, bits=4, steps=steps) for steps in (40, 0))
    before, after, rough = (
        Scores.mean(evaluate(each, shown)).dtw for each in (policy, tuned.policy, plain.policy)
    )
    assert after < before < rough
    assert after < 2.5  # mm


def test_without_demonstrations_it_keeps_to_its_own_motions(trained: Trained) -> None:
    policy = trained()
    loaded = serve_policy(policy, policy.metadata)
    shown = own_motions(loaded)
    assert len(shown) == len(policy.metadata.starts)
    assert Scores.mean(evaluate(loaded, shown)).rmse < 0.1
    after = Scores.mean(evaluate(compressed(policy, bits=6, steps=4).policy, shown))
    assert after.rmse < 1.0  # mm, of motions of some 60


def test_a_small_file_unpacks_to_torchscript_that_needs_nothing_of_this_project(
    small: Path, tmp_path: Path
) -> None:
    loaded = load(small)
    path = tmp_path / "unpacked.pt"
    save(loaded, path)
    module = torch.jit.load(io.BytesIO(path.read_bytes()))
    x = torch.tensor([[10.0, -20.0], [3.0, 4.0]])
    assert torch.equal(module(x), loaded.module(x))
    assert certificate_fault(load(path)) == ""


def test_its_content_decides_not_its_name(small: Path, tmp_path: Path) -> None:
    other = small.rename(tmp_path / "small.pt")
    assert load(other).dimension == 2


def test_its_goal_moves_and_its_certificate_stays(small: Path) -> None:
    loaded = load(small)
    loaded.set_goal([40.0, -3.0])
    assert certificate_fault(loaded) == ""
    assert np.abs(loaded.velocity([40.0, -3.0])).max() < 1e-3


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.9])
def test_damaged_files_are_refused(share: float, small: Path) -> None:
    content = bytearray(small.read_bytes())
    content[int(share * len(content))] ^= 0x10
    small.write_bytes(bytes(content))
    with pytest.raises(PolicyFileError):
        load(small)


@pytest.mark.parametrize(
    ("entry", "change", "reason"),
    [
        ("architecture.json", lambda text: text.replace(b"16", b"17"), "can't be read"),
        ("architecture.json", lambda text: text.replace(b"Elcd", b"Dcle"), "can't be read"),
        ("weights.bin", lambda blob: blob[:-1] + b"\x7f", "not those its metadata speaks of"),
        ("weights.bin", lambda blob: blob[:-8], "can't be read: got .* expected more"),
        ("metadata.json", lambda _: b"{}", "metadata in .* can't be read"),
        (
            "metadata.json",
            lambda text: text.replace(b'format_version": 2', b'format_version": 9'),
            "newer",
        ),
    ],
)
def test_files_whose_parts_do_not_fit_are_refused(
    entry: str, change: Callable[[bytes], bytes], reason: str, small: Path
) -> None:
    with zipfile.ZipFile(small) as files:
        parts = {name: files.read(name) for name in files.namelist()}
    assert change(parts[entry]) != parts[entry]
    with zipfile.ZipFile(small, "w") as files:
        for name, content in {**parts, entry: change(parts[entry])}.items():
            files.writestr(name, content)
    with pytest.raises(PolicyFileError, match=reason):
        load(small)


def test_what_is_claimed_beyond_the_construction_is_not_certified(trained: Trained) -> None:
    policy = trained()
    guarantee = policy.metadata.guarantee
    policy.metadata = replace(
        policy.metadata, guarantee={**guarantee, "rate": 3 * guarantee["rate"]}
    )
    certificate = certify(compressed(policy).policy)
    assert certificate.verdict == "not certified"
    assert "it claims 12 e-foldings" in certificate.reasons[0]


def test_demonstrations_of_something_else_are_refused(
    trained: Trained, arcs: Callable[..., DemonstrationSet]
) -> None:
    with pytest.raises(ShapeError, match="got demonstrations of 3 dimensions, expected 2"):
        compressed(trained(), arcs(3))


def test_only_a_compressed_policy_is_written_packed(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"got a MotionPolicy for small\.elcdz, .*compress it"):
        save(trained(), tmp_path / "small.elcdz")
    save(compressed(trained()), tmp_path / "plain.pt", certify=False)
    assert load(tmp_path / "plain.pt").dimension == 2


def test_the_same_seed_gives_the_same_file(trained: Trained, tmp_path: Path, saved: Saved) -> None:
    files = []
    for name in ("a", "b"):
        result = compressed(trained(), seed=7)
        files.append(saved(result, tmp_path / f"{name}.elcdz"))
    assert files[0].read_bytes() == files[1].read_bytes()
    with zipfile.ZipFile(files[0]) as entries:
        assert json.loads(entries.read("metadata.json"))["source"] == "test arcs"
