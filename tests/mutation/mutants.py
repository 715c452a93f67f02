"""Mutants of every backward pass, penalty gradient and loss gradient, made from their syntax trees."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.mutation.operators import OPERATORS, Context
from trainer.layers import LAYERS
from trainer.losses import LOSSES
from trainer.penalties import PENALTIES

PARTS: tuple[type, ...] = (*LAYERS, *LOSSES.values(), *PENALTIES.values())
GRADIENTS = ("backward", "slope", "gradient", "slopes", "add_gradient")
COSTS = ("forward", "value", "losses")
TYPED = {"x", "y", "dy", "out", "scores", "targets", "weights", "gradient", "work", "residuals"}


@dataclass(frozen=True)
class Mutant:
    """A method of a class, spoiled."""

    owner: type
    method: str
    line: int  # of the source
    operator: str
    change: str
    spoiled: Callable[..., Any]

    @property
    def name(self) -> str:
        """Where and what."""
        return f"{self.owner.__module__}:{self.line} {self.method}: {self.change}"

    @property
    def hosts(self) -> tuple[type, ...]:
        """The parts whose method this is."""
        return tuple(part for part in PARTS if getattr(part, self.method, None) is self.owner.__dict__[self.method])

    @contextmanager
    def alive(self) -> Iterator[None]:
        """In place of the right method, for a while."""
        right = self.owner.__dict__[self.method]
        setattr(self.owner, self.method, self.spoiled)
        try:
            yield
        finally:
            setattr(self.owner, self.method, right)


def mutants() -> list[Mutant]:
    """Every mutant, in the order of the source; those with the same text are one."""
    found = {}
    for owner, method in targets():
        for mutant, text in _mutants(owner, method):
            found.setdefault((owner, method, text), mutant)
    return list(found.values())


def targets() -> list[tuple[type, str]]:
    """The methods that compute gradients and no cost, each with the class that defines it."""
    found: dict[tuple[type, str], None] = {}
    for part in PARTS:
        costs = set(_reached(part, COSTS))
        for name in _reached(part, GRADIENTS):
            owner = next(each for each in part.__mro__ if name in each.__dict__)
            if name not in costs and not getattr(owner.__dict__[name], "__isabstractmethod__", False):
                found[owner, name] = None
    return list(found)


def _reached(part: type, names: tuple[str, ...]) -> list[str]:
    """The methods with these names, and those that they call."""
    reached: list[str] = []
    waiting = [name for name in names if hasattr(part, name)]
    while waiting:
        name = waiting.pop(0)
        if name not in reached and inspect.isfunction(getattr(part, name, None)):
            reached.append(name)
            waiting += [
                node.func.attr
                for node in ast.walk(_tree(getattr(part, name)))
                if isinstance(node, ast.Call) and _own(node)
            ]
    return reached


def _own(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self"


def _tree(function: Callable[..., Any]) -> ast.FunctionDef:
    source = inspect.getsource(function)
    indent = len(source) - len(source.lstrip())
    tree = ast.parse("\n".join(line[indent:] for line in source.splitlines())).body[0]
    ast.increment_lineno(tree, inspect.getsourcelines(function)[1] - 1)
    if not isinstance(tree, ast.FunctionDef):
        raise TypeError(f"{function} is not defined by def")
    return tree


def _context(owner: type, tree: ast.FunctionDef) -> Context:
    names = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    arrays = [name for name in dict.fromkeys(names) if name in TYPED or name.removeprefix("self.") in _arrays(owner)]
    calls = [
        ast.unparse(node)
        for name in _reached(owner, COSTS)
        for node in ast.walk(_tree(getattr(owner, name)))
        if isinstance(node, ast.Call) and _own(node) and "self.new_" in ast.unparse(node)
    ]
    moments = tuple(call.replace("self.new_", "self.") for call in calls if "product" not in call)
    return Context(tuple(arrays), hasattr(owner, "buffers"), moments if tree.name == "backward" else ())


def _arrays(owner: type) -> set[str]:
    return {
        name
        for each in owner.__mro__
        for name, kind in getattr(each, "__annotations__", {}).items()
        if "Array" in str(kind)
    }


def _mutants(owner: type, method: str) -> Iterator[tuple[Mutant, str]]:
    tree = _tree(owner.__dict__[method])
    context = _context(owner, tree)
    for operator in OPERATORS:
        for node in ast.walk(tree):
            for change, wrong in operator(node, context):
                spoiled = _with(tree, node, wrong)
                text = ast.unparse(spoiled)
                line = getattr(node, "lineno", tree.lineno)
                yield Mutant(owner, method, line, operator.__name__, change, _compiled(owner, spoiled)), text


def _with(tree: ast.FunctionDef, node: ast.AST, wrong: ast.AST) -> ast.FunctionDef:
    memo: dict[int, Any] = {}
    copy = deepcopy(tree, memo)
    target = memo[id(node)]

    class Replacing(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return deepcopy(wrong) if node is target else self.generic_visit(node)

    return ast.fix_missing_locations(Replacing().visit(copy))


def _compiled(owner: type, tree: ast.FunctionDef) -> Callable[..., Any]:
    namespace = {"np": np, **vars(sys.modules[owner.__module__])}
    exec(compile(ast.Module([tree], []), f"<mutant of {owner.__name__}.{tree.name}>", "exec"), namespace)  # noqa: S102 - our own source, changed
    spoiled: Callable[..., Any] = namespace[tree.name]
    return spoiled
