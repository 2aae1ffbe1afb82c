"""The table of all subjects, and where their results and pages lie.

A subject is a module with ``jobs(**options)``, ``run(job)``, ``tables(records)`` and
``figures(records)``; `Subject` says what else it may have.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from elcd_policy.errors import ElcdError

from .harness import EXTRA, PACKAGES
from .store import Record

ROOT = Path(__file__).resolve().parent.parent
RESULTS, DOCS = ROOT / "benchmarks" / "results", ROOT / "docs"


class Subject(Protocol):
    """The interface of a subject's module.

    It may also have ``EXAMPLE``, a text for ``--help``; ``WORKERS``, processes unless others are
    asked for (1: what is timed has the machine to itself); ``PACKAGES``, whose versions are stored;
    ``trains(job)``, whether a job's result depends on this project's training code.
    """

    #: Describes the options that `jobs` takes, under their names.
    add_arguments: Callable[[argparse.ArgumentParser], None]
    #: What there is to run: dataclasses, each with a ``part``.
    jobs: Callable[..., Sequence[Any]]
    #: A job to its JSON-ready result.
    run: Callable[[Any], dict[str, Any]]
    #: Stored records to the parts of the page, by the names of their marks.
    tables: Callable[[Sequence[Record]], dict[str, str]]
    #: Stored records to what draws each picture of the page, by file name.
    figures: Callable[[Sequence[Record]], dict[str, Callable[[Path], object]]]


@dataclass(frozen=True)
class Entry:
    """A row of the table: what a subject is about, and its page."""

    about: str
    page: str


SUBJECTS = {
    "lasa": Entry("accuracy, convergence and training time", "benchmarks.md"),
    "tick_and_cost": Entry("the cost of a control tick, and of training", "benchmarks.md"),
    "compression": Entry("size, accuracy, memory of quantised weights", "compression.md"),
    "disturbances": Entry("arms pushed and held by elcd simulate", "disturbance_rejection.md"),
    "perception": Entry("error of the goal that is seen, generalisation", "perception.md"),
    "reading": Entry("time and memory of reading long recordings", "demonstrations.md"),
    "ros": Entry("speed of the nodes under load; tables of their interfaces", "ros2.md"),
    "sequences": Entry("sequence models: accuracy, robustness, speed", "sequence_models.md"),
}


def load_subject(name: str) -> Subject:
    """Return a subject's module; it imports what only an extra brings when that is needed."""
    return cast(Subject, importlib.import_module(f"{__package__}.{name}.subject"))


def option(subject: Subject, name: str) -> Any:
    """Return what a subject may have, or the usual."""
    usual = {"EXAMPLE": "", "WORKERS": 1, "PACKAGES": PACKAGES, "trains": lambda _: False}
    return getattr(subject, name, usual[name])


def check_checkout() -> None:
    """Refuse to go on where neither results nor pages are.

    Raises
    ------
    ElcdError
        Outside a checkout.
    """
    if not (RESULTS.is_dir() and DOCS.is_dir()):
        raise ElcdError(
            "benchmarks run from a checkout of this repository only",
            got=f"a package without results and docs in {Path(__file__).parent}",
            expected=f"{RESULTS.name}/ and {DOCS.name}/ beside it",
            advice=f"in a checkout, run: pip install -e '.[{EXTRA}]'",
        )
