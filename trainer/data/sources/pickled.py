"""Pickles that hold arrays and built-ins, read without unpickling: nothing in them is imported, called or built.

A pickle is a program for a stack machine (the standard library's `pickletools` lists its opcodes). This machine has
the opcodes that make numbers, texts, bytes, lists, tuples and dicts. A name of a module is a text to it; the few
that NumPy writes stand for functions of this file, which check what they are given. Anything else ends the reading.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pickletools import genops
from typing import Any

import numpy as np

from trainer.arrays import Array

BAD_PICKLE = (IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""What reading a damaged pickle, or one that holds something else, raises."""

PLAIN_TYPE = re.compile(r"[bui][1248]|f[248]")
"""The types of arrays: truth values, whole numbers, numbers."""
ORDERS = {"<", ">", "|", "="}
MODULES = ("numpy.core", "numpy._core")  # before and since NumPy 2


def read_pickle(content: bytes) -> Any:
    """What a pickle holds: arrays and built-ins, but for sets; raises one of `BAD_PICKLE` for anything else."""
    machine = _Machine()
    for opcode, argument, _ in genops(content):
        if opcode.name == "STOP":
            return _finished(machine.stack.pop())
        if opcode.name not in OPCODES:
            raise ValueError(f"it holds something other than arrays and built-ins (opcode {opcode.name})")
        OPCODES[opcode.name](machine, argument)
    raise ValueError("it has no end")


@dataclass(frozen=True)
class _Global:
    """A name that was asked for; it is never looked up."""

    name: str


class _Type:
    """A NumPy type on its way."""

    def __init__(self, code: Any, *_: Any) -> None:
        code = _text(code)
        if not PLAIN_TYPE.fullmatch(code):
            raise ValueError(f"it holds an array of the type {code!r}, which is none of plain numbers")
        self.code, self.order = code, "="

    def build(self, state: Any) -> None:
        """`state`: the pickle's version, the order of bytes, and what only compound types have."""
        order = _text(state[1])
        if order not in ORDERS:
            raise ValueError(f"it holds an array with the order of bytes {order!r}, which there is not")
        self.order = order

    def dtype(self) -> np.dtype[Any]:
        found: np.dtype[Any] = np.dtype(self.code).newbyteorder(self.order if self.order != "|" else "=")
        return found


class _Array:
    """An array on its way."""

    value: Array | None = None

    def build(self, state: Any) -> None:
        """`state`: the pickle's version, shape, type, whether columns come first, and the values as bytes."""
        _, shape, kind, columns_first, values = state
        self.value = _array(values, kind, shape, "F" if columns_first else "C")


class _Machine:
    """A stack, marks on it, and what was memorised."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    def pop(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise IndexError("it takes more from its stack than there is")
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found

    def top(self, kind: type[Any]) -> Any:
        if type(self.stack[-1]) is not kind:
            raise TypeError(f"it takes something else for a {kind.__name__}")
        return self.stack[-1]

    def extend(self, values: list[Any]) -> None:
        self.top(list).extend(values)

    def update(self, pairs: list[Any]) -> None:
        found = self.top(dict)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if type(key) not in {str, bytes, int}:  # the hash of others may go deeper than Python can
                raise TypeError(f"it has a {type(key).__name__} for a key")
            found[key] = value

    def reduce(self) -> None:
        function, arguments = self.pop(2)
        if type(function) is not _Global or function.name not in FUNCTIONS or type(arguments) is not tuple:
            name = getattr(function, "name", type(function).__name__)
            raise ValueError(f"it asks to call {name}, and nothing in a pickle is called here")
        self.stack.append(FUNCTIONS[function.name](*arguments))

    def build(self) -> None:
        thing, state = self.pop(2)
        if type(thing) not in {_Array, _Type} or type(state) is not tuple:
            raise ValueError(f"it asks to set up a {type(thing).__name__}, and only arrays are set up here")
        thing.build(state)
        self.stack.append(thing)

    def stack_global(self) -> None:
        module, name = self.pop(2)
        self.stack.append(_Global(f"{_text(module)} {_text(name)}"))


def _array(values: Any, kind: Any, shape: Any, order: Any) -> Array:
    if type(kind) is not _Type or type(values) not in {bytes, bytearray, str} or type(shape) is not tuple:
        raise TypeError("it holds an array that is not one of plain numbers")
    if any(type(length) is not int or length < 0 for length in shape):
        raise ValueError("it holds an array of a shape that is none")  # not shown: its text may be larger than memory
    content = values.encode("latin-1") if isinstance(values, str) else values  # text, as Python 2 has it
    if _text(order) not in {"C", "F"}:
        raise ValueError(f"it holds an array in the order {order!r}, which there is not")
    found: Array = np.frombuffer(content, kind.dtype()).reshape(shape, order="F" if _text(order) == "F" else "C")
    return found


def _encoded(text: Any, encoding: Any) -> bytes:
    """How Python 3 writes bytes for Python 2."""
    if type(text) is not str or encoding != "latin1":
        raise ValueError("it holds bytes in an encoding other than latin1")
    return text.encode("latin-1")


def _text(value: Any) -> str:
    if type(value) not in {str, bytes}:
        raise TypeError(f"it has a {type(value).__name__} where a name should be")
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


def _finished(value: Any) -> Any:
    """The value, if it is a whole one; the values of a dict as well, for which the files here are made."""
    if isinstance(value, dict):
        return {key: _finished(each) if isinstance(each, _Array) else each for key, each in value.items()}
    return value.value if isinstance(value, _Array) else value


def _push(value: Callable[[Any], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, argument: machine.stack.append(value(argument))


def _take(count: int) -> Callable[[_Machine, Any], None]:
    return lambda machine, argument: machine.stack.append(tuple(machine.pop(count)))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{f"{module}.multiarray _reconstruct": lambda kind, shape, code: _Array() for module in MODULES},
    **{f"{module}.numeric _frombuffer": _array for module in MODULES},
    "numpy dtype": _Type,
    "_codecs encode": _encoded,
}
"""What stands for the names that NumPy and Python write."""

TAKEN_AS_THEY_ARE = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
)
OPCODES: Mapping[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, argument: None),
    **dict.fromkeys(TAKEN_AS_THEY_ARE, _push(lambda argument: argument)),
    **dict.fromkeys(("GLOBAL",), _push(_Global)),
    "NONE": _push(lambda argument: None),
    "NEWTRUE": _push(lambda argument: True),
    "NEWFALSE": _push(lambda argument: False),
    "EMPTY_LIST": _push(lambda argument: []),
    "EMPTY_DICT": _push(lambda argument: {}),
    "EMPTY_TUPLE": _take(0),
    "TUPLE1": _take(1),
    "TUPLE2": _take(2),
    "TUPLE3": _take(3),
    "MARK": lambda machine, argument: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, argument: machine.stack.append(tuple(machine.since_mark())),
    "LIST": lambda machine, argument: machine.stack.append(machine.since_mark()),
    "APPEND": lambda machine, argument: machine.extend(machine.pop(1)),
    "APPENDS": lambda machine, argument: machine.extend(machine.since_mark()),
    "SETITEM": lambda machine, argument: machine.update(machine.pop(2)),
    "SETITEMS": lambda machine, argument: machine.update(machine.since_mark()),
    "MEMOIZE": lambda machine, argument: machine.memo.__setitem__(len(machine.memo), machine.stack[-1]),
    **dict.fromkeys(
        ("PUT", "BINPUT", "LONG_BINPUT"),
        lambda machine, argument: machine.memo.__setitem__(argument, machine.stack[-1]),
    ),
    **dict.fromkeys(
        ("GET", "BINGET", "LONG_BINGET"), lambda machine, argument: machine.stack.append(machine.memo[argument])
    ),
    "STACK_GLOBAL": lambda machine, argument: machine.stack_global(),
    "REDUCE": lambda machine, argument: machine.reduce(),
    "BUILD": lambda machine, argument: machine.build(),
}
"""What each opcode does. The others make objects of classes, or ask for what stands outside of the file."""
