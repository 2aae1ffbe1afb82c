"""The ``elcd`` command: exit statuses, one line for bad input, help with examples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import elcd_policy
from elcd_policy.cli.commands import OWN, commands
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import save_demonstrations

ELCD = [sys.executable, "-m", "elcd_policy.cli.main"]
GOOD = "t,x,y\n0,0,9\n0.1,2,7\n0.2,3,5\n0.3,4,2\n0.4,5,1\n0.5,5,0\n"


@pytest.fixture
def complaint(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """``complaint(*argv)``: the one line on stderr of a command that ends with status 2."""

    def get(*argv: object) -> str:
        assert main([str(word) for word in argv]) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith("elcd: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        return err.removeprefix("elcd: ").strip()

    return get


def test_without_a_command_it_lists_them(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    without, _ = capfd.readouterr()
    assert main(["--help"]) == 0
    with_help, _ = capfd.readouterr()
    assert without == with_help
    listed = [line.split(maxsplit=1) for line in with_help.splitlines() if line.startswith("  ")]
    assert listed == [[command.name, command.summary] for command in commands().values()]


def test_the_list_describes_every_room_and_imports_none() -> None:
    code = (
        "import sys; from elcd_policy.cli.main import main; main(['--help'])\n"
        "heavy = {'torch', 'numpy', 'rclpy', 'pybullet', 'elcd_policy_sim', 'elcd_policy_ros2'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("demo", "simulate", "detector", "benchmark"):
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"  {name} "))
        assert len(line.split()) > 4, f"{line!r} describes nothing"


def test_the_version_is_the_packages(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"elcd {elcd_policy.__version__}\n"


@pytest.mark.parametrize("name", [command.name for command in OWN])
def test_the_help_of_every_command_has_an_example(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert f"example:\n  elcd {name} " in out
    assert out.startswith(f"usage: elcd {name} ")


def test_commands_of_other_rooms_are_found_by_their_entry_points() -> None:
    pytest.importorskip("rclpy")
    done = subprocess.run([*ELCD, "demo", "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "example:\n  elcd demo" in done.stdout


@pytest.mark.parametrize(("command", "module", "extra"), [("demo", "rclpy", "ros")])
def test_a_missing_extra_says_what_installs_it(command: str, module: str, extra: str) -> None:
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from elcd_policy.cli.main import main; sys.exit(main([{command!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"elcd: the module '{module}' is not installed; "
        f"install it with: pip install 'elcd_policy[{extra}]'\n",
    )


def test_an_unknown_command_lists_the_known_ones(complaint: Callable[..., str]) -> None:
    line = complaint("trian", "lasa:Sshape")
    assert line.startswith("unknown command: got 'trian', expected train, evaluate, plot, info")


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["train"], "the following arguments are required: source, -o/--output"),
        (["train", "lasa:Sshape", "-o", "p.pt", "--field", "linear"], "invalid choice: 'linear'"),
        (["train", "lasa:Sshape", "-o", "p.pt", "--seed", "one"], "invalid int value: 'one'"),
        (["evaluate", "p.pt"], "the following arguments are required: source"),
        (["plot", "p.pt"], "the following arguments are required: -o/--output"),
        (["info", "p.pt", "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_wrong_arguments_point_to_the_help(
    argv: list[str], text: str, complaint: Callable[..., str]
) -> None:
    line = complaint(*argv)
    assert text in line
    assert line.endswith(f"; see: elcd {argv[0]} --help")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "demo.csv does not exist: expected a folder, a file ending in .bag, .csv"),
        ("", "demo.csv"),
        ("hello, world\nno, numbers\n", "demo.csv"),
        (GOOD.replace("0.3,4,2", "0.3,nan,2"), "is not finite: got 0.3, nan, 2"),
        (GOOD.replace("0.3,4,2", "0.3,inf,2"), "is not finite: got 0.3, inf, 2"),
        (GOOD.replace("0.3,4,2", "0.3,4"), "demo.csv"),
        (GOOD.replace("0.3,4,2", "0.2,4,2"), "time does not increase at line 5"),
        (GOOD[:20], "is too short: got 2 samples, expected at least 5"),
        ("t,x,y" + "".join(f"\n0.{t},1,1" for t in range(9)), "nothing moves in"),
    ],
)
def test_a_bad_demonstration_is_one_line_and_no_file(
    content: str | None,
    text: str,
    complaint: Callable[..., str],
    policy_file: Path,
    tmp_path: Path,
) -> None:
    source, made = tmp_path / "demo.csv", tmp_path / "made"
    if content is not None:
        source.write_text(content)
    assert text in complaint("train", source, "-o", made / "new.pt")
    assert text in complaint("evaluate", policy_file, source)
    assert text in complaint("plot", policy_file, source, "-o", made / "new.png")
    assert not made.exists()


@pytest.mark.parametrize("command", ["train", "evaluate", "plot"])
def test_demonstrations_that_do_not_fit_together_or_the_policy(
    command: str,
    arcs: Callable,
    complaint: Callable[..., str],
    policy_file: Path,
    tmp_path: Path,
) -> None:
    source, made = tmp_path / "demos", tmp_path / "made"
    save_demonstrations(arcs(3), source)
    if command == "train":
        (source / "odd.csv").write_text(GOOD)
        assert "got x, y, expected x, y, z" in complaint("train", source, "-o", made / "new.pt")
    elif command == "evaluate":
        assert "got demonstrations of 3 dimensions, expected 2" in complaint(
            "evaluate", policy_file, source
        )
    else:
        assert "got demonstrations of 3 dimensions, expected 2" in complaint(
            "plot", policy_file, source, "-o", made / "new.png"
        )
    assert not made.exists()


@pytest.mark.parametrize("shape", ["Sshap", "Sshape+Nope", ""])
def test_an_unknown_shape_lists_the_known_ones(
    shape: str, complaint: Callable[..., str], tmp_path: Path
) -> None:
    line = complaint("train", f"lasa:{shape}", "-o", tmp_path / "p.pt")
    assert "unknown LASA shape" in line
    assert "expected one of Angle, BendedLine" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["info", "evaluate", "plot"])
@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda content: None, "no policy file at"),
        (lambda content: b"", "got 0 bytes that are not a TorchScript archive"),
        (lambda content: b"time,x,y\n", "got 9 bytes that are not a TorchScript archive"),
        (lambda content: content[: len(content) // 2], "that are not a TorchScript archive"),
        (lambda content: content.replace(b'"mm"', b'"km"'), "can't be read: got"),
    ],
)
def test_a_bad_policy_file_is_one_line(
    command: str,
    damage: Callable[[bytes], bytes | None],
    text: str,
    complaint: Callable[..., str],
    policy_file: Path,
    tmp_path: Path,
) -> None:
    bad, made = tmp_path / "bad.pt", tmp_path / "made.png"
    if (content := damage(policy_file.read_bytes())) is not None:
        bad.write_bytes(content)
    rest = {"info": [], "evaluate": ["lasa:Sshape"], "plot": ["lasa:Sshape", "-o", made]}
    assert text in complaint(command, bad, *rest[command])
    assert not made.exists()


def test_a_target_that_can_not_be_written_is_known_before_training(
    complaint: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.pt").mkdir()
    for target, text in {
        "p.pth": "got p.pth, expected a name ending in .pt or .onnx",
        "folder.pt": "got a folder of that name, expected a file in a folder",
        "file/p.pt": "on the way, expected a file in a folder",
    }.items():
        # No progress bar on stderr: training has not begun.
        assert text in complaint("train", "lasa:Sshape", "-o", tmp_path / target)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.pt"]


def test_failures_of_the_file_system_are_one_line(
    arcs: Callable, complaint: Callable[..., str], policy_file: Path, tmp_path: Path
) -> None:
    source = save_demonstrations(arcs(2, 1), tmp_path / "demos")
    (tmp_path / "file").write_text("")
    line = complaint("plot", policy_file, source, "-o", tmp_path / "file" / "x.png")
    assert line == f"{tmp_path / 'file' / 'x.png'} can't be used: got Not a directory"


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(
    seed: int, complaint: Callable[..., str], tmp_path: Path
) -> None:
    line = complaint("train", "lasa:Sshape", "-o", tmp_path / "p.pt", "--seed", seed)
    assert line == f"the seed is out of range: got {seed}, expected 0 to 2^63 - 1"


def test_a_reader_that_leaves_early_is_no_error(policy_file: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*ELCD, "info", str(policy_file)], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_json_is_one_object_and_everything_else_goes_to_stderr(
    policy_file: Path, arcs: Callable, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "demos"
    save_demonstrations(arcs(2, 1), source)
    # The policy is trained too briefly to follow anything: its evaluation ends with 1.
    for argv, status in ((["info", policy_file], 0), (["evaluate", policy_file, source], 1)):
        assert main([*map(str, argv), "--json"]) == status
        out, err = capfd.readouterr()
        assert isinstance(json.loads(out), dict)
        assert (out.count("\n"), err) == (1, "")
