"""TorchScript archives, read as data: weights, attributes and the text of the code, never run.

An archive is a zip file with ``data.pkl`` (the module's attributes), ``data/N`` (the numbers of
its tensors), ``code/*.py`` (what ``torch.jit.load`` would compile and run), ``constants.pkl`` and
extra files, of which ours is the metadata.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .pickled_data import PickledObject, PickledTensor, read_pickle

METADATA_FILE = "metadata.json"
#: Bytes that an archive may hold for each byte of the file: only its code is compressed.
MOST_GROWTH = 50
_STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_QUALIFIED = re.compile(r"__torch__(?:\.\w+)+")
_BLOCK = re.compile(r"^(?=class |def )", re.MULTILINE)
_METHOD = re.compile(r"^(?= *def )", re.MULTILINE)
#: What a statement assigns to, ``a, b, = `` or ``for a in``, and a parameter, ``(self: ...``.
_ASSIGNED = re.compile(r"^ *(?:for )?((?:\w+, )*\w+)(?:, )? (?:= |in )", re.MULTILINE)
_PARAMETER = re.compile(r"(?:\(|^ +)(\w+): ", re.MULTILINE)
#: A word that is neither an attribute nor the keyword of an argument.
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!=|\w)")


@dataclass(frozen=True)
class TorchScriptArchive:
    """The content of a TorchScript archive.

    Parameters
    ----------
    root : the module, with its submodules and tensors.
    code : text of each class and function, by qualified name.
    constants : tensors and values that the code mentions.
    records : the numbers of the tensors, by name.
    metadata : of this library, empty if there are none.
    """

    root: PickledObject
    code: dict[str, str]
    constants: list[Any]
    records: dict[str, bytes]
    metadata: bytes

    def state(self) -> dict[str, Tensor]:
        """Return all weights and buffers by name.

        Raises
        ------
        ValueError
            If a tensor does not fit its record.
        """
        return {
            name: self.tensor(value)
            for name, value in walk(self.root)
            if isinstance(value, PickledTensor)
        }

    def tensor(self, stored: PickledTensor, folder: str = "data") -> Tensor:
        """Return a copy of a tensor, after a look at whether its record holds it."""
        kind, record, count = stored.storage
        if kind not in _STORAGES:
            raise ValueError(f"a tensor of {kind}")
        content = self.records.get(f"{folder}/{record}")
        size = np.dtype(_STORAGES[kind]).itemsize
        if content is None or len(content) != count * size:
            found = "none" if content is None else f"{len(content)} bytes"
            raise ValueError(f"a tensor of {count * size} bytes in a record of {found}")
        numbers = int(np.prod(stored.shape, dtype=object)) if stored.shape else 1
        last = stored.offset + sum(
            (n - 1) * step for n, step in zip(stored.shape, stored.stride, strict=True)
        )
        if numbers > count or (numbers and last >= count):
            raise ValueError(f"a tensor of {stored.shape} in a record of {count} numbers")
        flat = np.frombuffer(content, dtype=_STORAGES[kind]).copy()
        if not numbers:
            return torch.from_numpy(flat[:0]).reshape(stored.shape)
        return torch.from_numpy(flat).as_strided(stored.shape, stored.stride, stored.offset).clone()

    def canonical_code(self) -> list[str]:
        """Return the text of every class and function, from the root's on.

        Names of modules, the numbers by which torch tells classes of one name apart, and names of
        local variables are replaced by the order in which the text mentions them: the same code
        gives the same text wherever its modules lie, whatever was compiled before, and when it
        was read and written again.

        Raises
        ------
        ValueError
            If code is missing, or there is some that the root does not lead to.
        """
        numbers: dict[str, str] = {}
        order: list[str] = []

        def numbered(match: re.Match[str]) -> str:
            name = match.group()
            if name not in numbers:
                numbers[name] = f"{name.rpartition('.')[2]}#{len(numbers)}"
                order.append(name)
            return numbers[name]

        _QUALIFIED.sub(numbered, self.root.qualified_name)
        texts: list[str] = []
        while len(texts) < len(order):
            name = order[len(texts)]
            if name not in self.code:
                raise ValueError(f"no code of {name}")
            text = _rename_locals(self.code[name])
            texts.append(_QUALIFIED.sub(numbered, text))
        unused = set(self.code) - set(order)
        if unused:
            raise ValueError(f"code that nothing leads to: {', '.join(sorted(unused))}")
        return texts


def read_torchscript(content: bytes) -> TorchScriptArchive:
    """Return what a TorchScript file holds; nothing of it is run.

    Raises
    ------
    ValueError, KeyError, zipfile.BadZipFile
        If it is damaged or holds what TorchScript does not write.
    """
    entries = _entries(content)
    if entries.get("byteorder", b"little") != b"little":
        raise ValueError("numbers in another byte order")
    root = read_pickle(entries["data.pkl"])
    if not isinstance(root, PickledObject):
        raise ValueError("no module")
    code: dict[str, str] = {}
    for name, value in entries.items():
        if name.startswith("code/") and name.endswith(".py"):
            place = name.removeprefix("code/").removesuffix(".py").replace("/", ".")
            code.update(_blocks(place, value.decode()))
    constants = read_pickle(entries["constants.pkl"]) if "constants.pkl" in entries else ()
    return TorchScriptArchive(
        root=root,
        code=code,
        constants=list(constants),
        records={n: v for n, v in entries.items() if n.startswith(("data/", "constants/"))},
        metadata=entries.get(f"extra/{METADATA_FILE}", b""),
    )


def walk(part: PickledObject, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every attribute of a module and of what is in it, by dotted name.

    Raises
    ------
    ValueError
        If a module holds itself.
    """
    pending: list[tuple[str, PickledObject]] = [(prefix, part)]
    seen = {id(part)}
    while pending:
        prefix, part = pending.pop()
        for name, value in part.attributes.items():
            if isinstance(value, PickledObject):
                if id(value) in seen:
                    raise ValueError(f"a module that occurs twice: {prefix}{name}")
                seen.add(id(value))
                pending.append((f"{prefix}{name}.", value))
            yield f"{prefix}{name}", value


def _entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        infos = files.infolist()
        if sum(info.file_size for info in infos) > MOST_GROWTH * len(content):
            raise ValueError("an archive that unpacks to far more than its size")
        folders = {info.filename.partition("/")[0] for info in infos}
        names = [info.filename.partition("/")[2] for info in infos]
        if len(folders) != 1 or len(set(names)) != len(names):
            raise ValueError("an archive with two files of one name, or of more than one folder")
        # Reading compares the checksums, which torch writes and does not look at.
        return {name: files.read(info) for name, info in zip(names, infos, strict=True)}


def _blocks(place: str, text: str) -> Iterator[tuple[str, str]]:
    """Classes and functions of one file of code, by qualified name."""
    first, *blocks = _BLOCK.split(text)
    if first.strip():
        raise ValueError(f"code before the first class of {place}")
    for block in blocks:
        found = re.match(r"(?:class|def) (\w+)", block)
        if found is None:
            raise ValueError(f"code without a name in {place}")
        yield f"{place}.{found.group(1)}", block


def _rename_locals(text: str) -> str:
    """Number the local variables of each method as it mentions them, and sort constants."""
    head, *methods = _METHOD.split(text)
    lines = head.splitlines(keepends=True)
    # Torch writes constants in no certain order.
    constants = [line for line in lines if " : Final[" in line]
    plain = [line for line in lines if " : Final[" not in line]
    return "".join([*plain, *sorted(constants), *(_numbered(method) for method in methods)])


def _numbered(method: str) -> str:
    found = [name for group in _ASSIGNED.findall(method) for name in group.split(", ")]
    names = {*found, *_PARAMETER.findall(method)} - {"self"}
    numbers: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        name = match.group()
        return numbers.setdefault(name, f"v{len(numbers)}") if name in names else name

    return _WORD.sub(replaced, method)
