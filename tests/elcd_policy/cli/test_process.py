"""``elcd`` as a process: its streams closed or full, its locale plain, told to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ELCD = f"{sys.executable} -m elcd_policy.cli.main"


def run_shell(command: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a shell's command line."""
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=300,
    )
    return (
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )


@pytest.mark.parametrize("words", ["--help", "info {policy} --json"])
def test_a_full_stdout_is_named_once(words: str, policy_file: Path) -> None:
    status, _, err = run_shell(f"{ELCD} {words.format(policy=policy_file)} > /dev/full")
    expected = "elcd: the output can't be used: got No space left on device\n"
    assert (status, err) == (2, expected)


def test_a_closed_stdout_lends_its_number_to_no_file(policy_file: Path, tmp_path: Path) -> None:
    """Whatever is printed to descriptor 1 must not end up in the file that is written."""
    copy, plain = tmp_path / "copy.pt", tmp_path / "plain.pt"
    assert run_shell(f"{ELCD} export {policy_file} -o {copy} >&-") == (0, "", "")
    assert run_shell(f"{ELCD} export {policy_file} -o {plain}")[0] == 0
    assert run_shell(f"{ELCD} info {copy}")[1] == run_shell(f"{ELCD} info {plain}")[1]


def test_a_closed_stderr_leaves_stdout_to_the_answer(policy_file: Path, tmp_path: Path) -> None:
    status, out, _ = run_shell(f"{ELCD} info {policy_file} --json 2>&-")
    assert (status, json.loads(out)["dimension"]) == (0, 2)
    assert run_shell(f"{ELCD} info {tmp_path / 'none.pt'} 2>&-") == (2, "", "")
    words = f"compress {policy_file} -o {tmp_path / 'small.elcdz'} --steps 2 --json"
    status, out, _ = run_shell(f"{ELCD} {words} 2>&-")
    assert (status, json.loads(out)["bits"]) == (0, 4)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("name", ["naïve 日本.pt", "café.pt"])
def test_a_name_that_the_locale_can_not_encode_is_escaped(
    name: str, encoding: str, policy_file: Path
) -> None:
    file = policy_file.rename(policy_file.with_name(name))
    plain = {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "LANG": "C"}
    assert run_shell(f"{ELCD} info '{file}'", **plain)[0] == 0
    status, out, err = run_shell(f"{ELCD} info '{file}x'", **plain)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("elcd: no policy file at ")


def test_bytes_that_are_no_utf_8_are_a_name_like_any_other(policy_file: Path) -> None:
    name = os.path.join(os.fsencode(policy_file.parent), b"caf\xe9.pt")
    os.rename(policy_file, name)
    done = subprocess.run([*ELCD.split(), "info", name], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run([*ELCD.split(), "info", b"caf\xe8.pt"], capture_output=True)
    assert done.returncode == 2
    assert done.stderr.startswith(b"elcd: no policy file at caf\\udce8.pt: ")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_training_that_is_told_to_end_leaves_no_file(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*ELCD.split(), "train", "lasa:Sshape", "-o", str(tmp_path / "p.pt")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell's background job ignores SIGINT, and its children do.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert process.stderr is not None
        assert b"training" in process.stderr.read(12)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (status, b"")
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_no_policy_file_and_stays_a_device(policy_file: Path) -> None:
    status, _, err = run_shell(f"{ELCD} export {policy_file} -o /dev/full")
    assert (status, err.count("\n")) == (2, 1)
    assert Path("/dev/full").is_char_device()
