"""Data in a pickle, read without running anything.

Python's and torch's unpicklers call what a pickle names. Here the few instructions that
TorchScript writes are followed by hand: they make plain values, tensors' descriptions and named
objects with attributes. Whatever else a pickle asks for is refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

#: Of nested objects, and of instructions: beyond, a file is no policy's.
MOST_INSTRUCTIONS = 1_000_000
_CONSTANTS = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
}
_VALUES = {
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
}
_MARK = object()


@dataclass(frozen=True)
class Name:
    """A name that a pickle mentions, such as ``torch FloatStorage``; nothing is looked up."""

    module: str
    name: str


@dataclass(eq=False)
class PickledObject:
    """An object as it was pickled: the name of its class, and its attributes.

    Parameters
    ----------
    qualified_name : such as ``__torch__.elcd_policy.fields.elcd.ElcdField``.
    attributes : by name; objects, tensors, numbers, texts, tuples, lists and dictionaries.
    """

    qualified_name: str
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def original_name(self) -> str:
        """Return the class's own name."""
        return self.qualified_name.rpartition(".")[2]

    def children(self) -> Iterator[PickledObject]:
        """Yield the objects among its attributes, as a module does its submodules."""
        yield from (v for v in self.attributes.values() if isinstance(v, PickledObject))

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["attributes"][name]
        except KeyError:
            raise AttributeError(f"a {self.original_name} without '{name}'") from None


@dataclass(frozen=True)
class PickledTensor:
    """A tensor as it was pickled: where its numbers are.

    Parameters
    ----------
    storage : type of the numbers (``FloatStorage``), name of the record, count of numbers.
    offset : of the first number, in numbers.
    shape, stride : as in torch.
    """

    storage: tuple[str, str, int]
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_pickle(content: bytes) -> Any:
    """Return what a pickle describes: see `PickledObject` and `PickledTensor`.

    Raises
    ------
    ValueError
        If it asks for anything that TorchScript's own data do not.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if count > MOST_INSTRUCTIONS:
            raise ValueError(f"a pickle of more than {MOST_INSTRUCTIONS} instructions")
        try:
            if opcode.name == "STOP":
                (result,) = stack
                return result
            _follow(opcode.name, argument, stack, memo)
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"a pickle whose {opcode.name} has nothing to work on") from error
    raise ValueError("a pickle without an end")


def _follow(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    if name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name in _VALUES:
        stack.append(argument)
    elif name in ("BINPUT", "LONG_BINPUT"):
        memo[argument] = stack[-1]
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name == "PROTO":
        if argument != 2:
            raise ValueError(f"a pickle of protocol {argument}, not 2")
    elif name == "GLOBAL":
        stack.append(Name(*argument.split(" ", 1)))
    elif name == "MARK":
        stack.append(_MARK)
    elif name == "EMPTY_DICT":
        stack.append({})
    elif name == "EMPTY_LIST":
        stack.append([])
    elif name == "APPEND":
        value = stack.pop()
        _container(stack[-1], list).append(value)
    elif name == "APPENDS":
        values = _since_mark(stack)
        _container(stack[-1], list).extend(values)
    elif name == "SETITEM":
        value, key = stack.pop(), stack.pop()
        _container(stack[-1], dict)[key] = value
    elif name == "SETITEMS":
        values = _since_mark(stack)
        _container(stack[-1], dict).update(zip(values[::2], values[1::2], strict=True))
    elif name == "TUPLE":
        stack.append(tuple(_since_mark(stack)))
    elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        size = int(name[-1])
        stack[-size:] = [tuple(stack[-size:])]
    elif name == "BINPERSID":
        stack.append(_storage(stack.pop()))
    elif name == "NEWOBJ":
        arguments, made = stack.pop(), stack.pop()
        stack.append(_new(made, arguments))
    elif name == "REDUCE":
        arguments, made = stack.pop(), stack.pop()
        stack.append(_reduced(made, arguments))
    elif name == "BUILD":
        attributes = stack.pop()
        if not isinstance(stack[-1], PickledObject) or stack[-1].attributes:
            raise ValueError("a pickle that changes what is no new object")
        stack[-1].attributes.update(_texts(attributes))
    else:
        raise ValueError(f"a pickle with the instruction {name}")


def _since_mark(stack: list[Any]) -> list[Any]:
    start = max(index for index, value in enumerate(stack) if value is _MARK)
    values = stack[start + 1 :]
    del stack[start:]
    return values


def _container(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"a pickle that fills a {type(value).__name__} as a {kind.__name__}")
    return value


def _texts(values: Any) -> dict[str, Any]:
    if type(values) is not dict or not all(type(key) is str for key in values):
        raise ValueError("a pickle of an object without named attributes")
    return values


def _new(made: Any, arguments: Any) -> PickledObject:
    if not isinstance(made, Name) or not made.module.startswith("__torch__") or arguments != ():
        raise ValueError(f"a pickle that makes a {made}")
    return PickledObject(f"{made.module}.{made.name}")


def _storage(values: Any) -> tuple[str, str, int]:
    """``("storage", type, record, device, count)``."""
    word, kind, record, device, count = values
    known = isinstance(kind, Name) and kind.module == "torch" and kind.name.endswith("Storage")
    if word != "storage" or not known or type(record) is not str or type(count) is not int:
        raise ValueError(f"a pickle that refers to {values}")
    if not str(device).startswith("cpu"):
        raise ValueError(f"a tensor on {device}, not on the CPU")
    return kind.name, record, count


def _reduced(made: Any, arguments: Any) -> Any:
    if made == Name("collections", "OrderedDict") and arguments == ():
        return {}
    if made == Name("torch._utils", "_rebuild_tensor_v2"):
        storage, offset, size, stride, *_ = arguments
        numbers = (offset, *size, *stride)
        whole = all(type(number) is int and number >= 0 for number in numbers)
        if not isinstance(storage, tuple) or not whole or len(size) != len(stride):
            raise ValueError(f"a tensor of {numbers}")
        return PickledTensor(storage, offset, tuple(size), tuple(stride))
    if isinstance(made, Name) and made.module == "torch.jit._pickle":
        # Lists of one type: (values,).
        (values, *_) = arguments
        return list(values)
    raise ValueError(f"a pickle that calls {made}")
