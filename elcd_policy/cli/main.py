"""The ``elcd`` command: finds a subcommand, runs it, turns errors into one line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from types import ModuleType
from typing import NoReturn

from ..errors import ElcdError, MissingExtraError, ParameterError

#: Subcommands of this package: the module that offers ``add_arguments(parser)`` and
#: ``run(args) -> int``. Other packages add theirs by the entry-point group `GROUP`.
COMMANDS = {
    "train": "learn a policy from demonstrations",
    "evaluate": "score a policy on demonstrations",
    "plot": "draw a policy's vector field",
    "info": "say what a policy, skill or detector file holds",
    "convert": "write demonstrations in another format",
    "export": "write a policy file in another format: TorchScript, ONNX, C",
    "prepare": "trim and smooth raw demonstrations, report what is wrong with them",
    "compress": "quantise a policy's weights, write it as a small file",
    "certify": "state and check what is guaranteed of such a file",
    "skills": "learn to name a motion from its first part",
}
GROUP = "elcd.commands"
#: Modules that only an extra brings, where an import error may name them.
EXTRA_OF = {"rclpy": "ros", "pybullet": "sim", "pybullet_utils": "sim", "PIL": "sim"}


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line: got, expected, what to do."""

    def error(self, message: str) -> NoReturn:
        raise ParameterError(message, advice=f"see: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``elcd`` with ``argv`` (default: the process's own).

    Returns
    -------
    The exit status: 0, 1 (it ran and the answer is no), 2 (bad input), 130 (interrupted).
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if not argv or argv[0] in ("-h", "--help"):
            print(_overview())
            return 0 if argv else 2
        module = _command(argv[0])
        parser = _Parser(
            prog=f"elcd {argv[0]}", formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(parser)
        return int(module.run(parser.parse_args(argv[1:])))
    except ElcdError as error:
        print(f"elcd: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more may be written on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        reason = error.strerror or error
        print(f"elcd: {error.filename or 'a file'} can't be used: got {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _plugins() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def _command(name: str) -> ModuleType:
    if name in COMMANDS:
        return importlib.import_module(f"{__package__}.{name}")
    plugins = _plugins()
    if name not in plugins:
        raise ParameterError(
            "unknown command", got=repr(name), expected=", ".join([*COMMANDS, *sorted(plugins)])
        )
    try:
        return importlib.import_module(plugins[name])
    except ModuleNotFoundError as error:
        root = (error.name or "").partition(".")[0]
        if root in EXTRA_OF:
            raise MissingExtraError(root, EXTRA_OF[root]) from error
        raise


def _overview() -> str:
    lines = ["usage: elcd COMMAND ...", "", "Contracting motion policies from demonstrations.", ""]
    lines += [f"  {name:10} {text}" for name, text in COMMANDS.items()]
    lines += [f"  {name:10} from {value.partition('.')[0]}" for name, value in _plugins().items()]
    return "\n".join([*lines, "", "Each has --help with an example."])


if __name__ == "__main__":
    sys.exit(main())
