"""Trained networks that can be kept in a file and asked for predictions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.architecture import Architecture
from trainer.archive import UNREADABLE, read_arrays, write_arrays
from trainer.arrays import Array
from trainer.data import Standardizer
from trainer.errors import TrainerError
from trainer.plugins import Plugin

FORMAT = "hpsearch-model-1"
CAPACITY = 256


class MissingPluginError(TrainerError):
    """A model file is whole, but the plug-in that it needs was not given."""


@dataclass(frozen=True)
class Model:
    """A trained network with the scaling of its inputs and the names of its classes."""

    architecture: Architecture
    parameters: Array  # as in Network.parameters
    statistics: Array  # as in Network.statistics
    standardizer: Standardizer
    classes: tuple[str, ...]

    def predict_proba(self, x: Array) -> Array:
        """Class probabilities (rows, classes) of raw features x (rows, features)."""
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.architecture.n_in:
            raise TrainerError(f"the model takes x (rows, {self.architecture.n_in}); it was given {x.shape}")
        network = self.architecture.build(capacity=CAPACITY, dtype=self.parameters.dtype)
        network.parameters[...] = self.parameters
        network.statistics[...] = self.statistics
        chunks = [network.loss.predict(scores) for _, scores in network.chunks(self.standardizer(x))]
        answers = np.concatenate(chunks) if chunks else np.empty((0, self.architecture.n_out), np.float32)
        return np.hstack([1 - answers, answers]) if self.architecture.n_out == 1 else answers  # (rows, classes)

    def predict(self, x: Array) -> list[str]:
        """The most probable class of each row of raw features x (rows, features)."""
        return [self.classes[index] for index in self.predict_proba(x).argmax(axis=1)]

    def save(self, path: Path | str) -> None:
        """Write a `.npz` file that holds arrays and JSON only; what stood at `path` stays until it is whole."""
        plugins = [{"name": plugin.name, "sha256": plugin.sha256} for plugin in self.architecture.plugins]
        settings = asdict(self.architecture) | {"plugins": plugins}
        description = {"format": FORMAT, "architecture": settings, "classes": self.classes}
        arrays = {
            "description": np.array(json.dumps(description)),
            "parameters": self.parameters,
            "statistics": self.statistics,
            "mean": self.standardizer.mean,
            "scale": self.standardizer.scale,
        }
        write_arrays(Path(path), arrays)


def load(path: Path | str, plugins: Sequence[Plugin] = ()) -> Model:
    """Read what `Model.save` wrote; raises TrainerError for any other or damaged file.

    `plugins`: those that the network is built from. A model file names them, but holds no code.
    """
    try:
        return _model(read_arrays(Path(path)), plugins)
    except MissingPluginError:
        raise
    except FileNotFoundError as error:
        raise TrainerError(f"there is no model file {str(path)!r}") from error
    except UNREADABLE as error:
        raise TrainerError(f"{path} is not a model file, or it is damaged: {error}") from error


def _model(arrays: dict[str, Array], plugins: Sequence[Plugin]) -> Model:
    """Put together and checked; raises one of `UNREADABLE`."""
    description = json.loads(str(arrays["description"]))
    if description["format"] != FORMAT:
        raise ValueError(f"its format is {description['format']!r}, this version reads {FORMAT!r}")
    fields = description["architecture"]
    settings: dict[str, Any] = {name: _tuples(value) for name, value in fields.items() if name != "plugins"}
    architecture = Architecture(**settings, plugins=_plugins(fields["plugins"], plugins))
    network = architecture.build(capacity=1)
    wanted = {
        "parameters": network.parameters.shape,
        "statistics": network.statistics.shape,
        "mean": (architecture.n_in,),
        "scale": (architecture.n_in,),
    }
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has the shape {arrays[name].shape}, the network needs {shape}")
    if len(description["classes"]) != max(architecture.n_out, 2):  # one output tells two classes apart
        raise ValueError(f"it names {len(description['classes'])} classes for {architecture.n_out} outputs")
    standardizer = Standardizer(arrays["mean"], arrays["scale"])
    return Model(architecture, arrays["parameters"], arrays["statistics"], standardizer, tuple(description["classes"]))


def _plugins(wanted: Sequence[Mapping[str, str]], given: Sequence[Plugin]) -> tuple[Plugin, ...]:
    """Those of the given plug-ins that a model needs."""
    found = {plugin.sha256: plugin for plugin in given}
    for plugin in wanted:
        if plugin["sha256"] not in found:
            raise MissingPluginError(
                f"the model was trained with the plug-in {plugin['name']} (sha256 {plugin['sha256'][:12]}…), which load "
                "was not given, or not in that version: plugins=[Plugin(name, source)]"
            )
    return tuple(found[plugin["sha256"]] for plugin in wanted)


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
