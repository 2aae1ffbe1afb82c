"""Detector files: written whole, read only when they are what they say."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from elcd_policy.cli.main import main
from elcd_policy.errors import DetectorFileError, ShapeError
from elcd_policy.formats.archive import METADATA_FILE
from elcd_policy.formats.digest import add_digest
from elcd_policy.perception import (
    DetectorMetadata,
    GoalDetector,
    compress_detector,
    load_detector,
    plain_cnn,
    save_detector,
)

from .conftest import CAMERA, PLANE, squares

METADATA = DetectorMetadata(CAMERA, PLANE, (0.4, -0.15), (0.6, 0.15), "a bright square")


@pytest.fixture
def file(detector: GoalDetector, tmp_path: Path) -> Path:
    certificate = detector.net.certificate().to_dict()
    return save_detector(
        detector, replace(METADATA, certificate=certificate), tmp_path / "made" / "detector.pt"
    )


def rewritten(file: Path, **changes: object) -> Path:
    """The file with other metadata."""
    path = file.with_name("rewritten.pt")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename.endswith(METADATA_FILE):
                content = json.dumps(add_digest({**json.loads(content), **changes})).encode()
            new.writestr(entry, content)
    return path


def test_what_is_read_is_what_was_written(file: Path, detector: GoalDetector) -> None:
    loaded = load_detector(file)
    images, _ = squares(4, 5)
    found = loaded.locate(images[0])
    position, confidence = detector(torch.from_numpy(images[:1]))
    np.testing.assert_allclose(found.position, position[0].detach().numpy(), atol=1e-6)
    assert found.confidence == pytest.approx(float(confidence[0].detach()), abs=1e-6)
    assert loaded.metadata.camera == CAMERA
    assert loaded.metadata.certificate is not None
    assert loaded.metadata.certificate["holds"] is True
    assert loaded.metadata.versions["torch"] == torch.__version__
    assert list(file.parent.iterdir()) == [file]


def test_the_part_of_the_table_is_known(file: Path) -> None:
    loaded = load_detector(file)
    assert loaded.knows([0.5, 0.1, PLANE])
    assert not loaded.knows([0.5, 0.16, PLANE])
    assert loaded.knows([0.5, 0.16, PLANE], margin=0.02)
    assert not loaded.knows([np.nan, 0.1, PLANE])


def test_an_image_of_another_shape_is_refused(file: Path) -> None:
    with pytest.raises(ShapeError, match=r"got \[36, 36\], expected \[36, 36, 3\]"):
        load_detector(file).locate(np.zeros((36, 36), np.uint8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "newer elcd_policy: got format 99, expected at most 2"),
        ({"kind": "policy"}, "is no detector file: got a policy"),
        ({"weights_hash": "0" * 64}, "are not those its metadata speaks of: got .* expected 0000"),
        ({"lower": None}, "is incomplete: got TypeError"),
    ],
)
def test_foreign_metadata_are_refused(file: Path, changes: dict, message: str) -> None:
    with pytest.raises(DetectorFileError, match=message):
        load_detector(rewritten(file, **changes))


def test_missing_and_damaged_files_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(DetectorFileError, match=r"no detector file at .*: got nothing"):
        load_detector(tmp_path / "none.pt")
    with pytest.raises(DetectorFileError, match=r"no detector file at .*: got a folder"):
        load_detector(tmp_path)
    content = bytearray(file.read_bytes())
    for damaged in (content[: len(content) // 2], b"nothing of the kind"):
        file.write_bytes(damaged)
        with pytest.raises(DetectorFileError, match=f"is no detector file: got {len(damaged)} by"):
            load_detector(file)
    content[content.index(b"PK", 4) - 200] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(DetectorFileError, match="can't be read"):
        load_detector(file)


def test_a_place_that_can_not_be_written_is_named(detector: GoalDetector, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DetectorFileError, match="can't be written"):
        save_detector(detector, METADATA, tmp_path / "file" / "detector.pt")


def test_quantised_weights_make_a_small_file(
    detector: GoalDetector, file: Path, tmp_path: Path
) -> None:
    images, places = squares(60, 3)
    loaded = load_detector(file)
    small = compress_detector(loaded, images, places, steps=8, bits=4, progress=False)
    assert small.bytes_before == sum(4 * p.numel() for p in detector.parameters())
    assert small.bytes_before > 5 * small.bytes_after
    assert small.module.net.certificate().holds
    path = save_detector(small.module, loaded.metadata, tmp_path / "d.elcdz", small.weights)
    assert path.stat().st_size < file.stat().st_size / 8
    again = load_detector(path)
    # TorchScript would prepare to train what requires gradients, and fail in inference mode.
    for served in (loaded, again):
        assert not any(p.requires_grad for p in served.module.parameters())
    assert again.metadata.camera == loaded.metadata.camera
    for image in images[:6]:
        with torch.inference_mode():
            position, _ = small.module(torch.from_numpy(image[None]))
        assert np.array_equal(again.locate(image).position, position[0].double().numpy())
    seen = np.isfinite(places[:, 0])
    found = np.array([again.locate(image).position for image in images[seen]])
    assert np.median(np.linalg.norm(found - places[seen], axis=1)) < 0.02


def test_a_foreign_net_is_not_rebuilt(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Tanh(), nn.Conv2d(27, 4, 1), nn.Tanh(), nn.Conv2d(4, 1, 1))
    foreign = save_detector(GoalDetector(net, CAMERA, PLANE), METADATA, tmp_path / "f.pt")
    images, places = squares(4, 0)
    with pytest.raises(DetectorFileError, match="can't be rebuilt, and its code is not run"):
        load_detector(foreign)
    trusted = load_detector(foreign, trust_code=True)
    with pytest.raises(DetectorFileError, match="can't be rebuilt as a module: got a net that"):
        compress_detector(trusted, images, places, steps=1)


def test_info_and_certify_speak_of_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(file)]) == 0
    facts = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert facts["finds"] == "a bright square"
    assert facts["verdict"] == "certified"
    assert main(["info", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "goal detector"
    assert main(["certify", str(file), "--json"]) == 0
    certificate = json.loads(capsys.readouterr().out)
    stored = load_detector(file).metadata.certificate
    assert stored is not None
    assert certificate["lipschitz_bound"] == pytest.approx(stored["lipschitz_bound"], rel=1e-6)
    assert main(["certify", str(file)]) == 0
    out = capsys.readouterr().out
    assert f"at most {stored['lipschitz_bound']:.4g} times" in out
    assert out.endswith("verdict  certified\n")


def test_a_net_that_promises_nothing_is_not_certified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save_detector(GoalDetector(plain_cnn(), CAMERA, PLANE), METADATA, tmp_path / "cnn.pt")
    assert main(["info", str(file)]) == 0
    assert "verdict    not certified\n" in capsys.readouterr().out
    assert main(["certify", str(file)]) == 1
    assert capsys.readouterr().out == "verdict  not certified: a Sequential promises nothing\n"
    assert main(["certify", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "not certified"
