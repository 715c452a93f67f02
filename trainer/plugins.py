"""A user's own activations, layers, losses and penalties, from Python files."""

import hashlib
import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from trainer.errors import TrainerError
from trainer.layers import ACTIVATIONS, LAYERS, Activation, Layer
from trainer.losses import LOSSES, Loss, Task
from trainer.penalties import PENALTIES, Penalty

if TYPE_CHECKING:
    from trainer.network import Network


@dataclass(frozen=True)
class Plugin:
    """A Python file that defines parts of networks: subclasses of Activation, Layer, Loss or Penalty.

    What is kept is its text, so that a worker needs no file, and no two workers can differ.
    """

    name: str  # of the file
    source: str

    @property
    def sha256(self) -> str:
        """The digest of its text."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class Kinds:
    """What networks can be built from, by name: our own parts, and those of plug-ins."""

    activations: Mapping[str, type[Activation]]
    layers: Mapping[str, type[Layer]]  # of plug-ins alone: where ours stand is settled
    losses: Mapping[str, type[Loss]]
    penalties: Mapping[str, type[Penalty]]  # of plug-ins alone: ours have settings of their own


BASES: Mapping[str, type] = MappingProxyType(
    {"activations": Activation, "layers": Layer, "losses": Loss, "penalties": Penalty}  # an Activation is a Layer too
)
TASKS = get_args(Task)
OURS = tuple(part.kind for part in LAYERS) + tuple(LOSSES) + tuple(PENALTIES)
"""The names that are taken."""


@cache
def kinds_with(plugins: tuple[Plugin, ...]) -> Kinds:
    """Our parts and those of plug-ins; raises TrainerError for a plug-in that cannot be used."""
    found: dict[str, dict[str, Any]] = {
        "activations": dict(ACTIVATIONS),
        "layers": {},
        "losses": dict(LOSSES),
        "penalties": {},
    }
    taken: dict[str, str] = dict.fromkeys(OURS, "the trainer itself")
    for plugin in plugins:
        parts = list(_parts(plugin))
        if not parts:
            raise TrainerError(
                f"the plug-in {plugin.name} defines no part of a network: no subclass of Activation, Layer, Loss or Penalty"
            )
        for group, part in parts:
            if part.kind in taken:
                raise TrainerError(
                    f"the plug-in {plugin.name} calls {part.__name__} {part.kind!r}, a name that {taken[part.kind]} uses; "
                    "take another kind"
                )
            taken[part.kind] = f"the plug-in {plugin.name}"
            found[group][part.kind] = part
    return Kinds(**found)


def _parts(plugin: Plugin) -> Iterator[tuple[str, Any]]:
    """Every part that a plug-in defines, with the group that it belongs to; what others derive from may be abstract."""
    module = _module(plugin)
    own = dict.fromkeys(  # each once, whatever names it has
        part
        for part in vars(module).values()
        if inspect.isclass(part) and part.__module__ == module.__name__ and issubclass(part, tuple(BASES.values()))
    )
    for part in own:
        if inspect.isabstract(part) and any(other is not part and issubclass(other, part) for other in own):
            continue
        _require_whole(plugin, part)
        yield next(group for group, base in BASES.items() if issubclass(part, base)), part


def _require_whole(plugin: Plugin, part: Any) -> None:
    """Raise TrainerError for a part that lacks something."""
    name = part.__name__
    if inspect.isabstract(part):
        missing = ", ".join(sorted(part.__abstractmethods__))
        raise TrainerError(f"the plug-in {plugin.name} must define {missing} in {name}")
    if not isinstance(getattr(part, "kind", None), str):
        raise TrainerError(f'the plug-in {plugin.name} must give {name} a name: kind = "…"')
    if issubclass(part, Loss) and getattr(part, "task", None) not in TASKS:
        raise TrainerError(
            f"the plug-in {plugin.name} must say what {name} is for: task = {' or '.join(map(repr, TASKS))}"
        )


def _module(plugin: Plugin) -> ModuleType:
    """The plug-in, run as a module."""
    module = ModuleType(f"hpsearch_plugin_{plugin.sha256[:16]}")
    sys.modules[module.__name__] = module  # where dataclasses look for it
    try:
        exec(compile(plugin.source, plugin.name, "exec"), vars(module))  # noqa: S102 - the user asked for this file
    except (Exception, SystemExit) as error:
        line = error.lineno if isinstance(error, SyntaxError) else _line(plugin, error)
        reason = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
        raise TrainerError(f"the plug-in {plugin.name} cannot be loaded: {reason} (line {line})") from error
    return module


def place_in_plugins(plugins: Sequence[Plugin], error: BaseException) -> str:
    """Where in a plug-in an error arose, as " (my_layers.py, line 12)"; nothing if it arose elsewhere."""
    for plugin in plugins:
        line = _line(plugin, error)
        if line is not None:
            return f" ({plugin.name}, line {line})"
    return ""


def _line(plugin: Plugin, error: BaseException) -> int | None:
    """The innermost line of a plug-in that an error went through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == plugin.name]
    return lines[-1] if lines else None


def require_shapes(network: "Network") -> None:
    """Raise TrainerError if a layer gives an array of another shape or type than it should, forward or backward.

    NumPy would often stretch or convert such an array in silence.
    """
    rows = network.rows
    network.keep_all(rows)
    inputs = [np.zeros((rows, network.layers[0].n_in), network.dtype)]
    for layer in network.layers:
        y = layer.forward(inputs[-1], train=True)
        _require_shape(layer, "forward", y, (rows, layer.n_out), network.dtype)
        inputs.append(y)
    dy = np.zeros_like(inputs[-1])
    for layer in reversed(network.layers):
        dy = layer.backward(dy)
        if layer.input_gradient:
            _require_shape(layer, "backward", dy, (rows, layer.n_in), network.dtype)


def _require_shape(layer: Layer, method: str, array: Any, shape: tuple[int, int], dtype: Any) -> None:
    if not isinstance(array, np.ndarray):
        raise TrainerError(
            f"the layer {layer.kind!r} gives {type(array).__name__} from {method}; it should be an array"
        )
    if (array.shape, array.dtype) != (shape, dtype):
        raise TrainerError(
            f"the layer {layer.kind!r} gives an array of the shape {array.shape} and type {array.dtype} from {method}; "
            f"it should be {shape} and {dtype}"
        )
