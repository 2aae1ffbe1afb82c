"""Files that appear whole or not at all."""

from pathlib import Path

import pytest

from elcd_policy.utils.files import written_whole


def test_a_file_and_its_folder_appear_with_ordinary_permissions(tmp_path: Path) -> None:
    with written_whole(tmp_path / "new" / "file.bin") as file:
        file.write(b"whole")
    (tmp_path / "plain").write_bytes(b"")
    written = tmp_path / "new" / "file.bin"
    assert written.read_bytes() == b"whole"
    assert written.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failure_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")

    def fail_half_way() -> None:
        with written_whole(target) as file:
            file.write(b"ne")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
