"""Fills a subject's page from its stored results: the same results give the same text."""

from __future__ import annotations

from pathlib import Path

from elcd_policy.utils.files import write_atomically

from .page import fill
from .store import load_records
from .subjects import DOCS, RESULTS, SUBJECTS, load_subject

IMAGES = "images"


def render(
    name: str, *, results: Path = RESULTS, docs: Path = DOCS, pictures: bool = True
) -> list[Path]:
    """Renew the parts of a subject's page, and its pictures.

    Parameters
    ----------
    name : of `SUBJECTS`.
    results : folder of ``NAME*.jsonl``; what is not in it is "Not run."
    docs : folder of the pages, and of ``images``.
    pictures : draw them, too.

    Returns
    -------
    The files written.

    Raises
    ------
    ElcdError
        If the page has no place for a part, or a package is missing.
    """
    subject, page = load_subject(name), docs / SUBJECTS[name].page
    records = load_records(results, name)
    files = [page]
    text = fill(page.read_text(encoding="utf-8"), subject.tables(records))
    with write_atomically(page) as file:
        file.write(text.encode())
    for picture, draw in subject.figures(records).items() if pictures else ():
        draw(docs / IMAGES / picture)
        files.append(docs / IMAGES / picture)
    return files
