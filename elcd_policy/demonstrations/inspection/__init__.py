"""What is hard about demonstrations, named before anything is trained."""

from .detection import KINDS, detect, split_by_way
from .ends import choose_ends
from .finding import Finding
from .paths import extent_units, length_text

__all__ = [
    "KINDS",
    "Finding",
    "choose_ends",
    "detect",
    "extent_units",
    "length_text",
    "split_by_way",
]
