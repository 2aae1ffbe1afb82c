"""Pages written by hand, whose figures are filled in from stored results.

Between two marks of a page, ``<!-- name -->`` and ``<!-- end -->``, stands what is made here; the
rest is prose. One table, one verdict and one way to name the training code, for all pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elcd_policy.errors import ParameterError

from .fingerprint import training_code
from .store import Record

#: By their heading: a format of a record's values, such as ``"{cpu_s:.1f}"``, or a cell of it.
Columns = Mapping[str, str | Callable[[Any], str]]
_MARK = re.compile(
    r"<!-- (?!end -->)(?P<name>[^>]+?) -->(?P<break>\n?)(?P<text>.*?)<!-- end -->", re.S
)


def fill(page: str, parts: Mapping[str, str]) -> str:
    """Return ``page`` with its parts renewed: each on lines of its own, or within a line.

    Raises
    ------
    ParameterError
        If the page does not have the marks of a part exactly once.
    """
    names = marks(page)
    for name in parts:
        if names.count(name) != 1:
            raise ParameterError(
                "a page has no place for a part",
                got=f"{names.count(name)} of <!-- {name} -->",
                expected="one, and <!-- end --> after it",
            )

    def renew(found: re.Match[str]) -> str:
        if found["name"] not in parts:
            return found[0]
        text, line = parts[found["name"]], found["break"]
        return f"<!-- {found['name']} -->{line}{text}{line}<!-- end -->"

    return _MARK.sub(renew, page)


def marks(page: str) -> list[str]:
    """Return the names of a page's parts, in order."""
    return [found["name"] for found in _MARK.finditer(page)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """Return a Markdown table whose first ``words`` columns are text and whose others numbers."""
    rows = list(rows)
    if not rows:
        return "Not run."
    rule = ["---" if column < words else "---:" for column in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, rule, *rows])


def table_of(rows: Iterable[Record], columns: Columns, *, words: int = 1) -> str:
    """Return a table with a row for each record."""
    body = [
        [cell.format(**row) if isinstance(cell, str) else cell(row) for cell in columns.values()]
        for row in rows
    ]
    return table(list(columns), body, words=words)


def code_mark(records: Iterable[Record]) -> str:
    """Return what a row says of its training code: nothing, if it is that of this checkout.

    Of records that this project's training did not make, `code` is not there.
    """
    codes = sorted({record["code"] for record in records if record.get("code") is not None})
    if codes in ([], [training_code()]):
        return ""
    return f" (code {', '.join(codes)})"


@dataclass(frozen=True)
class Target:
    """A bar: what was asked, what was measured, and whether that meets it.

    Parameters
    ----------
    name : under which the page gives the reason if it is missed: ``<a id="why-NAME"></a>``.
    met : None if not all was run that a verdict needs.
    """

    name: str
    text: str
    measured: str = "not run"
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """Met, missed (with a link to the reason) or open."""
        missed = f"**missed** ([why](#why-{self.name}))"
        return {True: "met", False: missed, None: "open"}[self.met]


def target_table(targets: Sequence[Target]) -> str:
    """Return how many targets are met, missed and open, and a table with a row for each."""
    counts = ", ".join(
        f"{sum(target.met is met for target in targets)} {word}"
        for met, word in ((True, "met"), (False, "missed"), (None, "open"))
    )
    rows = [[target.text, target.measured, target.verdict] for target in targets]
    return f"{counts}.\n\n{table(['target', 'measured', 'verdict'], rows, words=3)}"


def percent(share: float) -> str:
    """Return a share in %."""
    return f"{100 * share:.3g} %"
