"""Files of format 1, without description and digest, as an earlier version wrote them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from elcd_policy import certify, load, save
from elcd_policy.certificate import certificate_fault
from elcd_policy.errors import PolicyFileError

FILES = Path(__file__).parent / "format_1"
VELOCITIES = json.loads((FILES / "velocities.json").read_text())
X = np.random.default_rng(0).uniform(-60, 60, (6, 2))


@pytest.mark.parametrize("name", VELOCITIES)
def test_it_is_served_and_certified_as_before(name: str, tmp_path: Path) -> None:
    loaded = load(FILES / name)
    assert (loaded.metadata.format_version, loaded.code_note) == (1, "")
    expected = np.array(VELOCITIES[name])
    got = loaded.velocity(X[:, : loaded.dimension])
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert certificate_fault(loaded) == ""
    assert certify(loaded).certified
    again = tmp_path / name
    save(loaded, again)
    assert load(again).metadata.format_version == 2
    np.testing.assert_allclose(load(again).velocity(X[:, : loaded.dimension]), got, atol=1e-6)


def edited(change: Callable[[dict[str, Any]], None], path: Path) -> Path:
    with zipfile.ZipFile(FILES / "elcd.pt") as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith("metadata.json"):
                values = json.loads(content)
                change(values)
                content = json.dumps(values).encode()
            new.writestr(info, content)
    return path


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda v: v.update(starts=[[9000.0, 0.0]]), "has other bounds than"),
        (lambda v: v.update(workspace=[[-5e3, -5e3], [5e3, 5e3]]), "has other checks than"),
        (lambda v: v.update(units="m"), "says units mm, its parts give m"),
        (lambda v: v.update(certificate={"verdict": "certified"}), "of other weights"),
    ],
)
def test_facts_that_no_digest_binds_are_held_to_the_certificate(
    change: Callable[[dict[str, Any]], None], fault: str, tmp_path: Path
) -> None:
    found = certificate_fault(load(edited(change, tmp_path / "edited.pt")))
    assert fault in found


def test_a_goal_beside_its_facts_is_refused(tmp_path: Path) -> None:
    path = edited(lambda v: v.update(goal=[605.0, 6.0]), tmp_path / "edited.pt")
    with pytest.raises(PolicyFileError, match="'goal' is"):
        load(path)


def test_its_content_decides_not_its_name(tmp_path: Path) -> None:
    path = shutil.copy(FILES / "packed.elcdz", tmp_path / "policy.pt")
    assert load(path).packed is not None
