"""A user's own activations, layers, losses and penalties, from Python files."""

import hashlib
import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import TrainerError
from trainer.layers import ACTIVATIONS, LAYERS, Activation, Layer
from trainer.losses import LOSSES, Loss
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
        for group, part in _parts(plugin):
            if part.kind in taken:
                raise TrainerError(
                    f"the plug-in {plugin.name} calls {part.__name__} {part.kind!r}, a name that {taken[part.kind]} uses; "
                    "take another kind"
                )
            taken[part.kind] = f"the plug-in {plugin.name}"
            found[group][part.kind] = part
    return Kinds(**found)


def _parts(plugin: Plugin) -> Iterator[tuple[str, Any]]:
    """Every part that a plug-in defines, with the group that it belongs to."""
    module = _module(plugin)
    classes = [
        value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__
    ]
    parts = [
        (group, part)
        for part in classes
        if not inspect.isabstract(part)
        for group in [next((group for group, base in BASES.items() if issubclass(part, base)), None)]
        if group is not None
    ]
    if not parts:
        raise TrainerError(
            f"the plug-in {plugin.name} defines no part of a network: no subclass of Activation, Layer, Loss or Penalty "
            "that has all their abstract methods"
        )
    for group, part in parts:
        if not isinstance(getattr(part, "kind", None), str):
            raise TrainerError(f'the plug-in {plugin.name} must give {part.__name__} a name: kind = "…"')
        yield group, part


def _module(plugin: Plugin) -> ModuleType:
    """The plug-in, run as a module."""
    module = ModuleType(f"hpsearch_plugin_{plugin.sha256[:16]}")
    sys.modules[module.__name__] = module  # where dataclasses look for it
    try:
        exec(compile(plugin.source, plugin.name, "exec"), vars(module))  # noqa: S102 - the user asked for this file
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == plugin.name]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        reason = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
        raise TrainerError(f"the plug-in {plugin.name} cannot be loaded: {reason} (line {line})") from error
    return module


def require_shapes(network: "Network") -> None:
    """Raise TrainerError if a layer gives an array of another shape than it should, forward or backward.

    NumPy would often stretch such an array in silence.
    """
    rows = network.rows
    network.keep_all(rows)
    inputs = [np.zeros((rows, network.layers[0].n_in), network.dtype)]
    for layer in network.layers:
        y = layer.forward(inputs[-1], train=True)
        _require_shape(layer, "forward", y, (rows, layer.n_out))
        inputs.append(y)
    dy = np.zeros_like(inputs[-1])
    for layer in reversed(network.layers):
        dy = layer.backward(dy)
        if layer.input_gradient:
            _require_shape(layer, "backward", dy, (rows, layer.n_in))


def _require_shape(layer: Layer, method: str, array: Any, shape: tuple[int, int]) -> None:
    found = getattr(array, "shape", None)
    if found != shape:
        given = f"an array of the shape {found}" if found is not None else f"{type(array).__name__}"
        raise TrainerError(f"the layer {layer.kind!r} gives {given} from {method}; it should be {shape}")
