"""Skill files: whole or not at all, foreign ones refused by name."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from elcd_policy.cli.main import main
from elcd_policy.errors import SkillFileError
from elcd_policy.formats.archive import METADATA_FILE
from elcd_policy.formats.digest import add_digest
from elcd_policy.sequence import load_skills_file, save_skills
from elcd_policy.sequence.skill_file import trainable_skills


def test_a_file_says_what_it_holds(skill_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metadata = load_skills_file(skill_file).metadata
    assert main(["info", str(skill_file), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["kind"] == "skill classifier"
    assert facts["labels"] == list(metadata.labels)
    assert facts["accuracy"][-1] >= 0.5
    assert main(["info", str(skill_file)]) == 0
    assert "3: Line, Sshape, wave" in capsys.readouterr().out
    assert main(["certify", str(skill_file), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["stable"] is True
    assert again["rate"] == pytest.approx(facts["certificate"]["rate"], rel=1e-3)
    assert main(["certify", str(skill_file)]) == 0
    assert "verdict  stable in continuous time" in capsys.readouterr().out


def test_other_files_are_refused(skill_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SkillFileError, match=r"no skill file at .*: got nothing"):
        load_skills_file(tmp_path / "none.pt")
    text = tmp_path / "text.pt"
    text.write_text("hello")
    with pytest.raises(SkillFileError, match="is no skill file: got 5 bytes that are not"):
        load_skills_file(text)
    content = bytearray(skill_file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(content)
    with pytest.raises(SkillFileError):
        load_skills_file(damaged)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "is not from this library: got TorchScript without our metadata"),
        ({"kind": "goal detector", "format_version": 1}, "is no skill file: got a goal detector"),
        ({"kind": "skill classifier", "format_version": 9}, "newer elcd_policy: got format 9"),
        ({"kind": "skill classifier", "format_version": 1}, "is incomplete: got KeyError"),
        ([1], "can't be read"),
    ],
)
def test_metadata_must_be_ours(metadata: object, message: str, tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    files = {} if metadata is None else {METADATA_FILE: json.dumps(metadata)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path), _extra_files=files)
    with pytest.raises(SkillFileError, match=message):
        load_skills_file(path)


def test_other_weights_than_spoken_of_are_refused(skill_file: Path, tmp_path: Path) -> None:
    skills = load_skills_file(skill_file)
    with torch.no_grad():
        next(skills.module.parameters()).add_(1.0)
    path = tmp_path / "changed.pt"
    text = json.dumps(add_digest(skills.metadata.to_dict()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(skills.module, str(path), _extra_files={METADATA_FILE: text})
    with pytest.raises(SkillFileError, match="are not those its metadata speaks of"):
        load_skills_file(path)


def test_a_bad_target_is_refused_before_training(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["skills", "lasa:Line", "lasa:Sshape", "-o", "skills.onnx"]) == 2
    assert "expected a name ending in .pt" in capsys.readouterr().err


def test_a_compressed_file_is_small_certified_and_served_alike(
    skill_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "new" / "skills.elcdz"
    assert main(["compress", str(skill_file), "-o", str(small), "--steps", "6", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "certified"
    assert answer["weight_bytes_before"] > 6 * answer["weight_bytes_after"]
    assert answer["file_bytes_after"] == small.stat().st_size < skill_file.stat().st_size / 8
    plain, packed = load_skills_file(skill_file), load_skills_file(small)
    assert packed.metadata.labels == plain.metadata.labels
    assert list(packed.metadata.accuracy) == answer["after"]["accuracy"]
    assert packed.metadata.weights_hash != plain.metadata.weights_hash
    # Two readings of the file compute with the same weights, few of them different.
    again = load_skills_file(small).module.state_dict()
    for name, value in packed.module.state_dict().items():
        assert torch.equal(value, again[name])
        if value.numel() >= 4096:
            assert len(value.unique()) <= 16
    scores = [skills.stream([0.0, 0.0]).add([1.0, 0.5], 0.1) for skills in (plain, packed)]
    assert scores[1].sum() == pytest.approx(1.0)
    assert abs(scores[0] - scores[1]).max() < 0.5
    for command in (["info"], ["certify"]):
        assert main([*command, str(small)]) == 0
    assert "verdict  stable in continuous time" in capsys.readouterr().out


def test_what_it_was_learned_from_is_asked_for_where_it_is_not(
    skill_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["-o", str(tmp_path / "small.elcdz"), "--steps", "0"]
    assert main(["compress", str(skill_file), "lasa:Angle", "lasa:Line", *small]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "of other skills: got Angle, Line, expected Line, Sshape, wave" in error
    loaded = load_skills_file(skill_file)
    facts = replace(loaded.metadata, sources=("gone", "away", "lost"))
    moved = save_skills(trainable_skills(loaded), facts, tmp_path / "moved.pt")
    assert main(["compress", str(moved), *small]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "what the skills were learned from can't be read" in error
    assert "name it: elcd compress FILE Line=SOURCE" in error
    assert not Path(small[1]).exists()


def test_a_damaged_small_file_is_refused(skill_file: Path, tmp_path: Path) -> None:
    small = tmp_path / "skills.elcdz"
    assert main(["compress", str(skill_file), "-o", str(small), "--steps", "0"]) == 0
    content = bytearray(small.read_bytes())
    content[len(content) // 2] ^= 0xFF
    small.write_bytes(content)
    with pytest.raises(SkillFileError, match="compress the skill again"):
        load_skills_file(small)


def test_sizes_are_measured_once_for_the_page(
    skill_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "compression_files.jsonl"
    words = ["benchmark", "compression", "--parts", "files", "--files", str(skill_file)]
    words += ["--steps", "2", "--json", "--output", str(results)]
    for bits, ran in (("4,2", 2), ("4", 0)):
        assert main([*words, "--bits", bits]) == 0
        assert json.loads(capsys.readouterr().out)["ran"] == ran
    records = [json.loads(line) for line in results.read_text().splitlines()]
    assert {record["job"]["name"] for record in records} == {"skills.pt"}
    four, two = (record["result"] for record in records)
    assert four["what"] == "skill classifier"
    assert four["weight_bytes_after"] > 1.6 * two["weight_bytes_after"]
    assert four["verdict"] == two["verdict"] == "certified"
