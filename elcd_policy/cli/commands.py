"""The table of ``elcd``'s commands, read without importing any of them.

A command is a module with ``add_arguments(parser)`` and ``run(args) -> int``, which parse and
print; the work is done by functions that Python users call, too. Other packages add theirs as
entry points of the group `GROUP`, whose names carry the line of ``elcd --help``::

    "simulate: push a simulated arm that follows a policy = elcd_policy_sim.simulate"
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from ..errors import MissingExtraError, ParameterError

GROUP = "elcd.commands"
#: Modules that only an extra brings, where an import error may name them.
EXTRA_OF = {"rclpy": "ros", "pybullet": "sim", "pybullet_utils": "sim", "PIL": "sim"}


@dataclass(frozen=True)
class Command:
    """A command of ``elcd``.

    Parameters
    ----------
    name : the word after ``elcd``.
    summary : its line in ``elcd --help``.
    module : dotted name of the module that parses and prints.
    """

    name: str
    summary: str
    module: str

    def load(self) -> ModuleType:
        """Import the command's module.

        Raises
        ------
        MissingExtraError
            If it needs an extra that is not installed.
        """
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            root = (error.name or "").partition(".")[0]
            if root in EXTRA_OF:
                raise MissingExtraError(root, EXTRA_OF[root]) from error
            raise


def _own(name: str, summary: str) -> Command:
    return Command(name, summary, f"{__package__}.{name}")


OWN = (
    _own("train", "learn a policy from demonstrations"),
    _own("evaluate", "score a policy on demonstrations"),
    _own("plot", "draw a policy's vector field"),
    _own("info", "show what a policy, skill or detector file holds"),
    _own("certify", "check what is guaranteed of such a file"),
    _own("inspect", "describe demonstrations before anything is trained"),
    _own("convert", "write demonstrations in another format"),
    _own("prepare", "trim and smooth raw demonstrations, report what is wrong with them"),
    _own("export", "write a policy file in another format: TorchScript, ONNX, C"),
    _own("compress", "quantise the weights of such a file, write it as a small one"),
    _own("skills", "learn to name a motion from its first part"),
)


@cache
def commands() -> dict[str, Command]:
    """Return all commands by name: this package's, then those of installed packages."""
    found = {command.name: command for command in OWN}
    for entry in entry_points(group=GROUP):
        name, _, summary = entry.name.partition(":")
        origin = entry.value.partition(".")[0]
        found.setdefault(name, Command(name, summary.strip() or f"from {origin}", entry.value))
    return found


def load_command(name: str) -> ModuleType:
    """Import the module of a command.

    Raises
    ------
    ParameterError
        If there is no command of that name.
    MissingExtraError
        If it needs an extra that is not installed.
    """
    found = commands()
    if name not in found:
        raise ParameterError("unknown command", got=repr(name), expected=", ".join(found))
    return found[name].load()
