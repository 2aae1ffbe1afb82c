"""Contracting vector fields in latent space, each stating its own guarantee."""

from collections.abc import Mapping
from typing import Any

from ..errors import ParameterError
from .base import LatentField
from .elcd import ElcdField
from .monotone import MonotoneField

#: By the name under which `fit` and ``elcd train --field`` know it.
FIELDS: dict[str, type[LatentField]] = {"elcd": ElcdField, "monotone": MonotoneField}


def register_field(name: str, field: type[LatentField]) -> None:
    """Make a field of one's own known: to `fit`, to files that are read, and to certificates.

    Raises
    ------
    ParameterError
        If the name, or a field of the same class name, is known already.
    """
    if name in FIELDS or find_field(field.__name__) not in (None, field):
        raise ParameterError(
            "a field of that name is registered",
            got=f"{name}, {field.__name__}",
            expected="new names",
        )
    FIELDS[name] = field


def find_field(class_name: str) -> type[LatentField] | None:
    """Return the field of a class name, as files have it; None if there is none."""
    return next((cls for cls in FIELDS.values() if cls.__name__ == class_name), None)


def describe_field(field: Any) -> dict[str, Any]:
    """Return the description of a field, or of the data of one in a file, with its class name.

    Raises
    ------
    TypeError
        If its class is not registered.
    """
    name = str(getattr(field, "original_name", type(field).__name__))
    cls = find_field(name)
    if cls is None:
        raise TypeError(f"a {name}, which is neither of this library nor registered")
    return {"kind": name, **cls.describe(field)}


def build_field(dimension: int, description: Mapping[str, Any]) -> LatentField:
    """Return the field that `describe_field` described, its weights still to be loaded.

    Raises
    ------
    TypeError
        If its class is not registered.
    """
    options = {key: value for key, value in description.items() if key != "kind"}
    cls = find_field(str(description["kind"]))
    if cls is None:
        raise TypeError(f"a {description['kind']}, which is not registered")
    return cls.from_description(dimension, options)


__all__ = [
    "FIELDS",
    "ElcdField",
    "LatentField",
    "MonotoneField",
    "build_field",
    "describe_field",
    "find_field",
    "register_field",
]
