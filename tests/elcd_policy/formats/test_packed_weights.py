"""Packed weights: bits on disk, and back to the bit."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from elcd_policy.compression import IDKM, PackedWeights, load_packed
from elcd_policy.errors import CompressionError
from elcd_policy.formats.packed_weights import pack, packed_size, unpack


def network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Tanh(), nn.Flatten(), nn.Linear(288, 10)
        )


@pytest.fixture
def hardened() -> tuple[nn.Module, PackedWeights]:
    model = network()
    return model, IDKM(model, bits=3, dim=2, shared_below=1000).harden()


@given(bits=st.integers(1, 8), values=st.lists(st.integers(0, 255), max_size=70))
def test_indices_come_back_from_their_bits(bits: int, values: list[int]) -> None:
    indices = np.array(values, dtype=np.uint8) & np.uint8(2**bits - 1)
    content = pack(indices, bits)
    assert len(content) == packed_size(len(values), bits) == -(-bits * len(values) // 8)
    np.testing.assert_array_equal(unpack(content, bits, len(values)), indices)


def test_a_file_holds_the_very_weights(
    hardened: tuple[nn.Module, PackedWeights], tmp_path: Path
) -> None:
    model, packed = hardened
    path = packed.save(tmp_path / "new" / "small.zip")
    other = load_packed(path).restore(network())
    again = other.state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(value, again[name]), name
        assert value.dtype == again[name].dtype
    x = torch.randn(5, 1, 8, 8)
    model.eval(), other.eval()
    scripted = torch.jit.script(other)
    assert torch.equal(model(x), other(x))
    assert torch.equal(model(x), scripted(x))
    assert list(path.parent.iterdir()) == [path]


def test_its_size_is_that_of_indices_codebooks_scales_and_what_is_kept(
    hardened: tuple[nn.Module, PackedWeights], tmp_path: Path
) -> None:
    _, packed = hardened
    small = [72, 8, 8, 8, 10]  # convolution, its bias, two of the norm, the last bias
    indices = -(-3 * (sum(small) // 2) // 8) + 3 * 2880 // 2 // 8
    codebooks, scales, norm = 2 * 8 * 2 * 2, 4 * 6, 4 * (8 + 8) + 8
    assert len(packed.blob()) == indices + codebooks + scales + norm
    assert packed.numbers() == sum(small) + 2880 + 17
    with zipfile.ZipFile(packed.save(tmp_path / "a.zip")) as files:
        assert set(files.namelist()) == {"packed.json", "weights.bin"}
        assert files.read("weights.bin") == packed.blob()
    assert packed.save(tmp_path / "b.zip").read_bytes() == (tmp_path / "a.zip").read_bytes()


def test_damage_and_foreign_files_are_refused(
    hardened: tuple[nn.Module, PackedWeights], tmp_path: Path
) -> None:
    _, packed = hardened
    path = packed.save(tmp_path / "small.zip")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    for name, wrong in {"turned": content, "cut": content[:200], "text": b"weights"}.items():
        (tmp_path / name).write_bytes(bytes(wrong))
        with pytest.raises(CompressionError, match="can't be read"):
            load_packed(tmp_path / name)
    with pytest.raises(CompressionError, match=r"can't be read: got .*No such file"):
        load_packed(tmp_path / "none")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 99}, "format 99 of a newer elcd_policy"),
        ({"kept": []}, "bytes of weights, expected"),
        ({"kept": [{"name": "a", "shape": [-1], "dtype": "float32"}]}, "expected more"),
        ({"kept": [{"name": "a", "shape": [1], "dtype": "object"}]}, "weights of type object"),
        ({"coded": "all"}, "expected|string|argument"),
    ],
)
def test_a_header_that_lies_is_refused(
    hardened: tuple[nn.Module, PackedWeights],
    tmp_path: Path,
    change: dict[str, object],
    reason: str,
) -> None:
    _, packed = hardened
    with zipfile.ZipFile(tmp_path / "lie.zip", "w") as files:
        files.writestr("packed.json", json.dumps({**packed.header(), **change}))
        files.writestr("weights.bin", packed.blob())
    with pytest.raises(CompressionError, match=reason):
        load_packed(tmp_path / "lie.zip")


def test_weights_of_another_model_are_refused(
    hardened: tuple[nn.Module, PackedWeights],
) -> None:
    with pytest.raises(CompressionError, match="weights are of another model"):
        hardened[1].restore(nn.Linear(3, 3))
