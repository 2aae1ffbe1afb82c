"""The option of commands that train: ``--settings NAME=X,...``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from ..errors import ParameterError
from ..training import TrainingSettings


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Describe the option; ``args.settings`` is None for the defaults."""
    parser.add_argument(
        "--settings",
        type=_settings,
        metavar="NAME=X,...",
        help="of training (the defaults), such as return_rate, how fast a pushed state is led back",
    )


def _settings(text: str) -> TrainingSettings:
    """Parse "name=value,..."; the other settings stay as they are by default."""
    kinds: dict[str, Callable[[str], float]] = {
        item.name: type(getattr(TrainingSettings(), item.name)) for item in fields(TrainingSettings)
    }
    values: dict[str, Any] = {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, value = word.partition("=")
        if name not in kinds:
            raise ParameterError("unknown setting", got=repr(name), expected=", ".join(kinds))
        try:
            values[name] = kinds[name](value)
        except ValueError as error:
            raise ParameterError(
                f"the training setting '{name}' is not a number", got=repr(value)
            ) from error
    return TrainingSettings(**values)
