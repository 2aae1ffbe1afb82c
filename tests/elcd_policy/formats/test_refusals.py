"""Policy files that are missing, damaged, foreign or newer: refused in one line."""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy import MotionPolicy, load
from elcd_policy.errors import PolicyFileError
from elcd_policy.formats.digest import add_digest

Saved = Callable[..., Path]

X = np.random.default_rng(0).uniform(-60.0, 60.0, (12, 2))


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Save the module again with other metadata and a right digest, in a valid archive."""
    files = {"metadata.json": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module = torch.jit.load(str(path), _extra_files=files)
        values = json.loads(files["metadata.json"])
        change(values)
        text = json.dumps(add_digest(values))
        torch.jit.save(module, str(path), _extra_files={"metadata.json": text})


def refusal(path: Path) -> PolicyFileError:
    with pytest.raises(PolicyFileError) as error:
        load(path)
    assert len(str(error.value).splitlines()) == 1
    assert error.value.got is not None
    return error.value


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    error = refusal(tmp_path / "nowhere.pt")
    assert error.got == "nothing"
    assert "elcd train" in error.advice
    assert refusal(tmp_path).got == "a folder"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share: float, policy_file: Path) -> None:
    content = policy_file.read_bytes()
    size = int(share * len(content))
    policy_file.write_bytes(content[:size])
    assert str(refusal(policy_file)) == (
        f"{policy_file} is no policy file: got {size} bytes that are not a TorchScript archive, "
        "expected a policy file written by `elcd train` or `elcd.save`"
    )


def test_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.pt"
    path.write_text("t,x,y\n0,1,2\n")
    assert refusal(path).got == "12 bytes that are not a TorchScript archive"


def test_other_archives_are_refused(tmp_path: Path) -> None:
    plain, state, pickled = tmp_path / "zip.pt", tmp_path / "state.pt", tmp_path / "pickle.pt"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("hello.txt", "hello")
    torch.save({"weight": torch.zeros(3)}, state)
    pickled.write_bytes(pickle.dumps({"weight": 1}))
    for path in (plain, state, pickled):
        assert "expected a policy file written by" in str(refusal(path))


def test_foreign_torchscript_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path))
    assert str(refusal(path)) == (
        f"{path} is not from this library: got TorchScript without our metadata, "
        "expected a policy file written by `elcd train` or `elcd.save`"
    )


@pytest.fixture(scope="module")
def sound(
    fit_once: Callable[..., MotionPolicy],
    tmp_path_factory: pytest.TempPathFactory,
    saved: Saved,
) -> Path:
    return saved(fit_once(2, "elcd"), tmp_path_factory.mktemp("sound") / "policy.pt")


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "policy.pt"


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_of_no_consequence(
    where: float, bit: int, sound: Path, damaged: Path
) -> None:
    content = bytearray(sound.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    damaged.write_bytes(content)
    try:
        policy = load(damaged)
    except PolicyFileError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
        return
    expected = load(sound)
    np.testing.assert_array_equal(policy.velocity(X), expected.velocity(X))
    assert policy.metadata == expected.metadata


def entries(path: Path) -> list[tuple[str, int, int]]:
    """Name, offset of the content and its length in the file, of each entry that has one."""
    found = []
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            raw = path.read_bytes()[entry.header_offset :]
            start = 30 + int.from_bytes(raw[26:28], "little") + int.from_bytes(raw[28:30], "little")
            found.append((entry.filename, entry.header_offset + start, entry.compress_size))
    return found


def test_a_flipped_bit_of_any_content_is_refused(sound: Path, damaged: Path) -> None:
    kinds = set()
    for name, offset, size in entries(sound):
        content = bytearray(sound.read_bytes())
        content[offset + size // 2] ^= 1
        damaged.write_bytes(content)
        assert "can't be read" in str(refusal(damaged)), name
        kinds.add(Path(name).suffix)
    assert {"", ".json", ".pkl", ".py"} <= kinds  # weights, metadata, attributes, code


def test_other_weights_than_the_metadata_speaks_of_are_refused(policy_file: Path) -> None:
    def other_hash(values: dict[str, Any]) -> None:
        values["weights_hash"] = "0123456789abcdef"

    sound = load(policy_file).metadata.weights_hash
    rewrite(policy_file, other_hash)
    error = refusal(policy_file)
    assert (error.expected, error.advice) == ("0123456789ab", "export it again")
    assert error.got == sound[:12]


def test_a_newer_format_is_refused(policy_file: Path) -> None:
    rewrite(policy_file, lambda values: values.update(format_version=3, dimension="two"))
    assert str(refusal(policy_file)) == (
        f"{policy_file} was written by a newer elcd_policy: got format 3, expected at most 2; "
        "upgrade elcd_policy, or export the policy again with this version"
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda values: values.pop("units"), "units"),
        (lambda values: values.pop("format_version"), "format_version"),
        (lambda values: values.update(workspace=[1, 2, 3]), "incomplete"),
        (lambda values: values.update(placement={"origin": [1.0]}), "origin"),
        (lambda values: values.update(placement={"scale": 1.0}), "scale"),
    ],
)
def test_incomplete_metadata_is_refused(
    change: Callable[[dict[str, Any]], None], text: str, policy_file: Path
) -> None:
    rewrite(policy_file, change)
    error = refusal(policy_file)
    assert text in str(error)
    assert error.advice == "export it again"
