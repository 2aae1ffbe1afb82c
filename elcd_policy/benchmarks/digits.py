"""scikit-learn's 8 x 8 digits, which come with it."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import MissingExtraError


def digit_images(extra: str = "digits") -> tuple[Tensor, Tensor]:
    """Images [1797, 1, 8, 8] of 0 to 1, and labels [1797].

    Parameters
    ----------
    extra : of this library that installs them, for the message.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtraError("sklearn", extra) from error
    found = load_digits()
    images = torch.tensor(found.images / 16.0, dtype=torch.float32)[:, None]
    return images, torch.tensor(found.target)
