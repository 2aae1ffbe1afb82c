"""Files that appear whole or not at all."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy.utils.files import check_output, write_atomically


def test_a_file_and_its_folder_appear_with_ordinary_permissions(tmp_path: Path) -> None:
    with write_atomically(tmp_path / "new" / "file.bin") as file:
        file.write(b"whole")
    (tmp_path / "plain").write_bytes(b"")
    written = tmp_path / "new" / "file.bin"
    assert written.read_bytes() == b"whole"
    assert written.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failure_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")

    def fail_half_way() -> None:
        with write_atomically(target) as file:
            file.write(b"ne")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_followed_and_the_mode_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "secret.bin", tmp_path / "link.bin"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target.name)
    with write_atomically(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [link, target]


def test_a_link_to_nothing_makes_what_it_points_to(tmp_path: Path) -> None:
    link = tmp_path / "link.bin"
    link.symlink_to(tmp_path / "there" / "file.bin")
    with write_atomically(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "there" / "file.bin").read_bytes() == b"new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reader = pool.submit(pipe.read_bytes)
        with write_atomically(pipe) as file:
            file.write(b"whole")
        assert reader.result(timeout=60) == b"whole"
    assert pipe.is_fifo()


def test_a_full_device_is_named_and_stays_a_device() -> None:
    with pytest.raises(OSError, match="No space left on device") as caught:  # noqa: SIM117
        with write_atomically("/dev/full") as file:
            file.write(b"whole")
    assert caught.value.filename == "/dev/full"
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("name", ["folder", "file/below.bin"])
def test_a_place_that_can_not_be_written_is_named_as_it_was_given(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError) as caught:  # noqa: SIM117
        with write_atomically(tmp_path / name) as file:
            file.write(b"new")
    assert caught.value.filename == str(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_an_output_is_checked_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "folder.pt").mkdir()
    (tmp_path / "file").write_bytes(b"")
    assert check_output(tmp_path / "new" / "a.pt", ".pt") == tmp_path / "new" / "a.pt"
    assert check_output("/dev/full") == Path("/dev/full")
    for name, fault in {
        "a.txt": "got a.txt, expected a name ending in .pt",
        "folder.pt": "got a folder of that name",
        "file/a.pt": "on the way",
    }.items():
        with pytest.raises(ParameterError, match=fault):
            check_output(tmp_path / name, ".pt")
    assert not (tmp_path / "new").exists()
