"""Sequences to classify, generated or from installed packages: nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from elcd_policy.errors import MissingExtraError

from .. import images as pictures
from ..harness import EXTRA


@dataclass(frozen=True)
class Sequences:
    """Inputs [T, B, 1] and labels [B], to learn from and to score on.

    Attributes
    ----------
    eps : step size of models in continuous time, chosen once for all of them by the length.
    spread : of the inputs, the unit of noise.
    """

    name: str
    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor
    eps: float
    spread: float = 1.0

    @property
    def classes(self) -> int:
        """C."""
        return int(self.y.max()) + 1


def digits() -> Sequences:
    """Return scikit-learn's 8 x 8 digits pixel by pixel, row after row: 64 steps; 1,438 / 359.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    images, labels = pictures.digit_images()
    order = np.random.default_rng(0).permutation(len(labels))
    x = images[order].flatten(1).t()[..., None].contiguous()
    y = labels[order]
    cut = len(y) // 5
    return Sequences("digits", x[:, cut:], y[cut:], x[:, :cut], y[:cut], eps=0.3)


def mnist(folder: str = pictures.MNIST) -> Sequences:
    """Return MNIST pixel by pixel, row after row: 784 steps; 8,000 / 2,000; see `mnist_images`."""
    return _pixels("mnist", *pictures.mnist_images(folder))


def fashion_mnist(folder: str = pictures.FASHION_MNIST) -> Sequences:
    """Return Fashion-MNIST in the same way; see `fashion_mnist_images`."""
    return _pixels("fashion-mnist", *pictures.fashion_mnist_images(folder))


def _pixels(name: str, images: Tensor, labels: Tensor) -> Sequences:
    x, cut = images.flatten(1).t()[..., None].contiguous(), pictures.SHOWN
    return Sequences(name, x[:, :cut], labels[:cut], x[:, cut:], labels[cut:], eps=0.03)


def mnist1d() -> Sequences:
    """Return mnist1d, generated as its authors do: 40 steps; 4,000 / 1,000.

    Raises
    ------
    MissingExtraError
        If mnist1d is not installed.
    """
    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError as error:
        raise MissingExtraError("mnist1d", EXTRA) from error
    found = make_dataset(get_dataset_args())
    x, x_test = (
        torch.tensor(found[key], dtype=torch.float32).t()[..., None].contiguous()
        for key in ("x", "x_test")
    )
    y, y_test = (torch.tensor(found[key]).long() for key in ("y", "y_test"))
    return Sequences("mnist1d", x, y, x_test, y_test, eps=0.5, spread=float(x.std()))


#: By name; those of 784 steps lie in a folder.
TASKS: dict[str, Callable[..., Sequences]] = {
    "digits": digits,
    "mnist1d": mnist1d,
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
}


@cache
def load_task(name: str, folder: str = "") -> Sequences:
    """Return a task of `TASKS`.

    Raises
    ------
    ParameterError, MissingExtraError
        If its data are not there.
    """
    return TASKS[name](*([folder] if folder else []))
