"""Quantised weights as bits: indices, codebooks, and what is kept as it is."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from torch import Tensor, nn

from ..errors import CompressionError
from ..utils.files import write_atomically
from .archive import UNREADABLE, first_line

HEADER, BLOB = "packed.json", "weights.bin"
FORMAT = 1
#: The types of weights that are stored as they are.
KINDS = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")


@dataclass(frozen=True)
class Coded:
    """A tensor of a codebook: ``scale`` times the centroids that its indices name."""

    name: str
    shape: list[int]
    dtype: str
    codebook: int
    scale: float

    def rows(self, dim: int) -> int:
        """Sub-vectors it takes."""
        return -(-math.prod(self.shape) // dim)


@dataclass(frozen=True)
class PackedCodebook:
    """Centroids [k, d] in half precision, and the indices [m] of all tensors that share them."""

    bits: int
    centroids: NDArray[np.float16]
    indices: NDArray[np.uint8]


@dataclass(frozen=True)
class PackedWeights:
    """All weights and buffers of a model, most of them as indices into codebooks.

    Parameters
    ----------
    coded : in the order in which their indices follow each other.
    codebooks : see `PackedCodebook`.
    kept : what is not quantised, by name.
    """

    coded: list[Coded]
    codebooks: list[PackedCodebook]
    kept: dict[str, Tensor]

    def state(self) -> dict[str, Tensor]:
        """Return the state dict of the model."""
        state, used = dict(self.kept), [0] * len(self.codebooks)
        for item in self.coded:
            book = self.codebooks[item.codebook]
            begin = used[item.codebook]
            used[item.codebook] = begin + item.rows(book.centroids.shape[1])
            # In single precision and one product: the same bits on every machine.
            c = torch.from_numpy(book.centroids.astype(np.float32))
            index = torch.from_numpy(book.indices[begin : used[item.codebook]].astype(np.int64))
            flat = c[index].flatten()[: math.prod(item.shape)]
            state[item.name] = (flat * item.scale).view(item.shape).to(_dtype(item.dtype))
        return state

    def numbers(self) -> int:
        """Return how many weights and entries of buffers there are."""
        coded = sum(math.prod(item.shape) for item in self.coded)
        return coded + sum(value.numel() for value in self.kept.values())

    def restore(self, model: nn.Module) -> nn.Module:
        """Give ``model``, of the same architecture, these weights; returns it.

        Raises
        ------
        CompressionError
            If the names or shapes are not those of the model.
        """
        try:
            model.load_state_dict(self.state())
        except RuntimeError as error:
            raise CompressionError(
                "the weights are of another model",
                got=str(error).splitlines()[-1].strip(),
                expected="the architecture that was compressed",
            ) from error
        return model

    def blob(self) -> bytes:
        """Everything that is a weight: the figure that counts as its size."""
        content = [np.array([item.scale for item in self.coded], dtype="<f4").tobytes()]
        for book in self.codebooks:
            content += [book.centroids.astype("<f2").tobytes(), pack(book.indices, book.bits)]
        content += [_little(value.contiguous().numpy()).tobytes() for value in self.kept.values()]
        return b"".join(content)

    def header(self) -> dict[str, Any]:
        """Return what `blob` is made of, as JSON can say it; `from_parts` reads it back."""
        coded = [asdict(item) for item in self.coded]
        for item in coded:
            del item["scale"]
        return {
            "format": FORMAT,
            "coded": coded,
            "codebooks": [
                {"bits": book.bits, "shape": list(book.centroids.shape), "rows": len(book.indices)}
                for book in self.codebooks
            ],
            "kept": [
                {"name": name, "shape": list(value.shape), "dtype": _name(value)}
                for name, value in self.kept.items()
            ],
        }

    @classmethod
    def from_parts(cls, header: Mapping[str, Any], blob: bytes) -> PackedWeights:
        """Return the weights that `header` and `blob` describe.

        Raises
        ------
        ValueError, KeyError, TypeError
            If they don't fit each other.
        """
        if int(header["format"]) > FORMAT:
            raise ValueError(f"format {header['format']} of a newer elcd_policy")
        reader = _Reader(blob)
        scales = reader.take("<f4", [len(header["coded"])]).tolist()
        coded = [
            Coded(**item, scale=scale) for item, scale in zip(header["coded"], scales, strict=True)
        ]
        codebooks = []
        for item in header["codebooks"]:
            centroids = reader.take("<f2", item["shape"]).astype(np.float16)
            packed = reader.take("u1", [packed_size(item["rows"], item["bits"])])
            indices = unpack(packed.tobytes(), item["bits"], item["rows"])
            if len(centroids) != 2 ** item["bits"]:
                raise ValueError(f"{len(centroids)} centroids for {item['bits']} bits")
            codebooks.append(PackedCodebook(item["bits"], centroids, indices))
        kept = {
            item["name"]: torch.from_numpy(
                reader.take(_stored_type(item["dtype"]), item["shape"]).astype(item["dtype"])
            )
            for item in header["kept"]
        }
        reader.finish()
        return cls(coded, codebooks, kept)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write one file, atomically; `load_packed` reads it back."""
        path = Path(path)
        with write_atomically(path) as file:
            file.write(archive({HEADER: compact(self.header()), BLOB: self.blob()}))
        return path


def without(weights: PackedWeights, names: Collection[str]) -> PackedWeights:
    """Return the weights but for those of ``kept`` that have these names."""
    kept = {name: value for name, value in weights.kept.items() if name not in names}
    return replace(weights, kept=kept)


def with_kept(weights: PackedWeights, values: Mapping[str, Tensor]) -> PackedWeights:
    """Return the weights with other values of some that are kept as they are."""
    return replace(weights, kept={**weights.kept, **values})


def load_packed(path: str | os.PathLike[str]) -> PackedWeights:
    """Read what `PackedWeights.save` wrote.

    Raises
    ------
    CompressionError
        If the file is missing, damaged or something else.
    """
    try:
        return read_weights(entries(Path(path).read_bytes()))
    except UNREADABLE as error:
        raise CompressionError(
            f"{path} can't be read", got=first_line(error), expected="a file of PackedWeights.save"
        ) from error


def read_weights(content: Mapping[str, bytes]) -> PackedWeights:
    """Return the weights in an archive's `entries`; raises what `from_parts` raises."""
    return PackedWeights.from_parts(json.loads(content[HEADER]), content[BLOB])


def pack(indices: NDArray[np.uint8], bits: int) -> bytes:
    """``bits`` lowest bits of each index [m], one after the other."""
    planes = (indices[:, None] >> np.arange(bits, dtype=np.uint8)) & 1
    return np.packbits(planes.ravel(), bitorder="little").tobytes()


def unpack(content: bytes, bits: int, count: int) -> NDArray[np.uint8]:
    """Return the ``count`` indices [m] that `pack` wrote."""
    planes = np.unpackbits(
        np.frombuffer(content, dtype=np.uint8), count=count * bits, bitorder="little"
    ).reshape(count, bits)
    indices: NDArray[np.uint8] = (planes << np.arange(bits, dtype=np.uint8)).sum(
        axis=1, dtype=np.uint8
    )
    return indices


def packed_size(count: int, bits: int) -> int:
    """Return the bytes that `pack` makes of ``count`` indices."""
    return -(-count * bits // 8)


def archive(content: Mapping[str, bytes]) -> bytes:
    """A zip archive, with checksums and without a date: the same weights give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as entries:
        for name, value in content.items():
            entries.writestr(zipfile.ZipInfo(name), value, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def entries(content: bytes) -> dict[str, bytes]:
    """Return what is in a zip archive; reading it compares the checksums."""
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return {name: files.read(name) for name in files.namelist()}


def compact(values: Any) -> bytes:
    """JSON without spaces."""
    return json.dumps(values, separators=(",", ":")).encode()


class _Reader:
    """Takes arrays off a blob, one after the other."""

    def __init__(self, blob: bytes) -> None:
        self.blob, self.at = blob, 0

    def take(self, dtype: DTypeLike, shape: list[int]) -> NDArray[Any]:
        kind, count = np.dtype(dtype), math.prod(shape)
        end = self.at + kind.itemsize * count
        if count < 0 or end > len(self.blob):
            raise ValueError(f"{len(self.blob)} bytes of weights, expected more")
        found = np.frombuffer(self.blob, kind, count, self.at).reshape(shape)
        self.at = end
        return found

    def finish(self) -> None:
        if self.at != len(self.blob):
            raise ValueError(f"{len(self.blob)} bytes of weights, expected {self.at}")


def _name(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _dtype(name: str) -> torch.dtype:
    if name not in KINDS:
        raise ValueError(f"weights of type {name}")
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def _stored_type(name: str) -> np.dtype[Any]:
    _dtype(name)
    return np.dtype(name).newbyteorder("<")


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("<"))
