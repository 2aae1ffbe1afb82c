"""The ``elcd`` command: find a subcommand, run it, turn errors into one line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from .. import __version__
from ..errors import ElcdError, ParameterError
from .commands import commands, load_command


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line: got, expected, what to do."""

    def error(self, message: str) -> NoReturn:
        raise ParameterError(message, advice=f"see: {self.prog} --help")


class _Terminated(BaseException):
    """The process was told to end by SIGTERM."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``elcd`` with ``argv`` (default: the process's own).

    Returns
    -------
    The exit status: 0, 1 (it ran and the answer is no), 2 (bad input), 130 (SIGINT),
    143 (SIGTERM).
    """
    _open_streams()
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        with _raise_on_sigterm():
            status = _run(argv)
            if error := _flush_stdout():
                raise error
            return status
    except ElcdError as refusal:
        return _fail(str(refusal))
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more may be written on the way out.
        _drop_stdout()
        return 1
    except OSError as error:
        # Files are named in errors; streams have no name.
        name = error.filename or "the output"
        status = _fail(f"{name} can't be used: got {error.strerror or error}")
        _flush_stdout()
        return status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except _Terminated:
        return 128 + signal.SIGTERM


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        print(_overview())
        return 0 if argv else 2
    if argv[0] in ("-V", "--version"):
        print(f"elcd {__version__}")
        return 0
    module = load_command(argv[0])
    parser = _Parser(prog=f"elcd {argv[0]}", formatter_class=argparse.RawDescriptionHelpFormatter)
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(argv[1:])))


def _overview() -> str:
    known = commands().values()
    width = max(len(command.name) for command in known)
    lines = ["usage: elcd COMMAND ...", "", "Contracting motion policies from demonstrations.", ""]
    lines += [f"  {command.name:{width}}  {command.summary}" for command in known]
    return "\n".join([*lines, "", "Each has --help with an example. elcd --version: the version."])


def _fail(line: str) -> int:
    print(f"elcd: {line}", file=sys.stderr)
    return 2


def _open_streams() -> None:
    """Make sure that both streams exist and can take any text.

    A closed one would leave its descriptor to the next file that is opened, and ``print`` to a
    missing stderr goes to stdout. Names that the locale can't encode are escaped.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _flush_stdout() -> OSError | None:
    """Write what was printed; return the error if that fails, as on a full disk."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop_stdout()
        return error
    return None


def _drop_stdout() -> None:
    """Send what is left in stdout's buffer nowhere: writing it at exit would fail again."""
    try:
        number = sys.stdout.fileno()
    except OSError:  # replaced by a stream in memory
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


@contextmanager
def _raise_on_sigterm() -> Iterator[None]:
    """Unwind on SIGTERM as on SIGINT, so that half-written files and children are cleared."""

    def unwind(signum: int, frame: FrameType | None) -> None:
        raise _Terminated

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
