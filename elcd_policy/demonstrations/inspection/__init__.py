"""Inspection of demonstrations: what is hard about them, named before anything is trained."""

from .description import ODD_ONES, Description, Member, describe, length_in
from .detection import KINDS, detect, split_by_way
from .ends import choose_ends
from .finding import Finding
from .paths import extent_units, length_text, people_units

__all__ = [
    "KINDS",
    "ODD_ONES",
    "Description",
    "Finding",
    "Member",
    "choose_ends",
    "describe",
    "detect",
    "extent_units",
    "length_in",
    "length_text",
    "people_units",
    "split_by_way",
]
