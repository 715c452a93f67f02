"""The names that Python code may use, from the modules' own lists and docstrings."""

import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from inspect import getdoc, isclass, isfunction, isroutine, signature
from typing import Any

PLACE = re.compile(r"^<!-- names of (?P<module>[\w.]+) -->$", flags=re.MULTILINE)
OURS = ("hpsearch", "trainer")
WIDTH = 80  # beyond, a signature is broken into lines


def names(text: str) -> str:
    """The page of names: where it has a module's place, everything that the module offers."""
    return PLACE.sub(lambda place: "\n\n".join(_module(place["module"])), text)


def _module(name: str) -> Iterator[str]:
    module = import_module(name)
    for each in getattr(module, "__all__", None) or _defined(module):
        value = getattr(module, each)
        if isclass(value) or isfunction(value):
            yield from _described(each, value)


def _defined(module: Any) -> list[str]:
    """The public names that a module without a list of its own defines."""
    own = (name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
    return [name for name in own if not name.startswith("_")]


def _described(name: str, value: Any) -> Iterator[str]:
    yield f"### {name}"
    is_enum = isclass(value) and issubclass(value, Enum)
    used = "\n".join(map(str, value)) if is_enum else f"{name}{_signature(value)}"
    yield f"```python\n{used if len(used) <= WIDTH else _one_a_line(used)}\n```"
    yield _doc(value)
    if isclass(value) and not is_enum:
        yield from _methods(value)


def _one_a_line(signature: str) -> str:
    """A signature with each parameter on a line of its own."""
    head, _, inner = signature.partition("(")
    lines = [f"    {each}," for each in re.split(r", (?![^(\[]*[)\]])", inner.removesuffix(")"))]
    return "\n".join([f"{head}(", *lines, ")"])


def _methods(owner: type) -> Iterator[str]:
    """The public methods and properties that the project itself wrote, also those of base classes."""
    rows = []
    for name in dir(owner):
        member = getattr(owner, name, None)
        is_ours = any(name in vars(base) and base.__module__.split(".")[0] in OURS for base in owner.__mro__)
        if name.startswith("_") or not is_ours or not (isroutine(member) or isinstance(member, property)):
            continue
        head = (getdoc(member) or "").split("\n\n")[0].replace("\n", " ").replace("|", r"\|")
        rows.append(f"| `{name}{_signature(member).replace('|', 'or') if isroutine(member) else ''}` | {head} |")
    if rows:
        yield "\n".join(["| method | what it does |", "|---|---|", *rows])


def _doc(value: Any) -> str:
    """A docstring as Markdown: what it says stays as it is written, but outside of code, stars and bars are no marks."""
    parts = (getdoc(value) or "").split("`")  # every other one is code
    return "`".join(part if place % 2 else re.sub(r"([*|<])", r"\\\1", part) for place, part in enumerate(parts))


def _signature(value: Any) -> str:
    """What a function or class is called with: names and defaults, without types."""
    try:
        found = signature(value)
    except (TypeError, ValueError):
        return "()"
    plain = [each.replace(annotation=each.empty) for each in found.parameters.values() if each.name != "self"]
    return re.sub(r"<\w+ '([\w.]+)'>", r"\1", str(found.replace(parameters=plain, return_annotation=found.empty)))
