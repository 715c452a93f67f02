"""Trained networks that can be kept in a file and asked for predictions."""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.architecture import Architecture
from trainer.archive import UNREADABLE, read_arrays, write_arrays
from trainer.arrays import Array
from trainer.data import Columns, Expected, Prepared, Rows, Standardizer, TableEncoder, columns_of
from trainer.data.targets import are_numbers
from trainer.errors import TrainerError
from trainer.evaluation import EVALUATION_ROWS, evaluate
from trainer.network import Network
from trainer.plugins import Plugin

if TYPE_CHECKING:
    from pandas import DataFrame

FORMAT = "hpsearch-model-1"
"""Of arrays to classes."""
FORMAT_2 = "hpsearch-model-2"
"""Of tables, or to numbers or labels."""
NUMBERS = "buif"
"""The kinds of NumPy's types that are real numbers."""


class MissingPluginError(TrainerError):
    """A model file is whole, but the plug-in that it needs was not given."""


@dataclass(frozen=True)
class Model:
    """A trained network with all that was fitted for its inputs and targets, and the names of its classes."""

    architecture: Architecture
    parameters: Array  # as in Network.parameters
    statistics: Array  # as in Network.statistics
    standardizer: Standardizer
    classes: tuple[str, ...]  # or the labels' names; of numbers none
    encoder: TableEncoder | None = None  # of a table's columns; None: the model takes arrays
    scaling: Standardizer | None = None  # of the numbers that are predicted
    target: tuple[str, ...] = ()  # the columns that the targets came from
    multilabel: bool = False

    @classmethod
    def of(cls, architecture: Architecture, network: Network, data: Prepared) -> "Model":
        """The model of a network of this architecture that was trained on this data."""
        return cls(
            architecture,
            network.parameters,
            network.statistics,
            data.standardizer,
            data.classes,
            encoder=data.encoder,
            scaling=data.train.scaling,
            target=data.target,
            multilabel=data.train.multilabel,
        )

    def answers(self, x: "Array | DataFrame | Columns") -> Array:
        """Probabilities (rows, classes or labels), or numbers (rows, outputs), for raw features.

        x: (rows, features); of a model of a table a DataFrame with its columns, in any order.
        Raises TrainerError if x does not fit the model.
        """
        features = self._scaled(self._features(x))
        network = self.network()
        chunks = [network.loss.predict(scores) for _, scores in network.chunks(features)]
        found = np.concatenate(chunks) if chunks else np.empty((0, self.architecture.n_out), np.float32)
        if self.scaling is not None:
            return self.scaling.inverse(found.astype(np.float64))
        return np.hstack([1 - found, found]) if self._is_binary else found

    def predict_proba(self, x: "Array | DataFrame | Columns") -> Array:
        """The probability of each class, or of each label (rows, classes) for x as in `answers`."""
        if not self.classes:
            raise TrainerError("the model predicts numbers, which have no probabilities; use predict")
        return self.answers(x)

    def predict(self, x: "Array | DataFrame | Columns") -> Any:
        """For x as in `answers`: the most probable class of each row, a list.

        Where numbers are predicted, these (rows,) or (rows, outputs); of labels, whether each holds (rows, labels).
        """
        answers = self.answers(x)
        if not self.classes:
            return answers[:, 0] if answers.shape[1] == 1 else answers
        if self.multilabel:
            return answers > 0.5
        return [self.classes[index] for index in answers.argmax(axis=1)]

    def evaluate(self, x: "Array | DataFrame | Columns", y: Array, metrics: Sequence[str] = ()) -> dict[str, float]:
        """The mean loss and the metrics for x as in `answers`, and the truth y.

        y: (rows,) index into classes; or (rows, outputs), numbers, or 1 where a label holds.
        Raises TrainerError if x or y do not fit the model.
        """
        features = self._features(x)
        self._require_truth(y, len(features))
        targets = np.eye(len(self.classes), dtype=np.float32)[y] if y.ndim == 1 else y.astype(np.float32)
        if self.scaling is not None:
            targets = self.scaling(y, names=self.target)
        rows = Rows(self._scaled(features), targets, multilabel=self.multilabel, scaling=self.scaling)
        return evaluate(self.network(), rows.as_yes_or_no() if self._is_binary else rows, metrics)

    def _require_truth(self, y: Array, rows: int) -> None:
        """Raise TrainerError for anything but what `evaluate` takes for so many rows."""
        classes = len(self.classes)
        wanted = (rows, classes or self.architecture.n_out)
        if y.shape != wanted and not (classes and not self.multilabel and y.shape == wanted[:1]):
            raise TrainerError(f"the truth must be {wanted}, a value for each row and output; it is {y.shape}")
        if y.ndim == 2:
            if y.dtype.kind not in NUMBERS or not np.isfinite(y).all():
                raise TrainerError("the truth must hold finite numbers alone; it holds something else")
            return
        strange: Any = y[(y < 0) | (y >= classes)] if y.dtype.kind in "iu" else [y.dtype]
        if len(strange):
            raise TrainerError(
                f"the truth must hold whole numbers from 0 to {classes - 1}, the places of classes; it holds {strange[0]}"
            )

    @property
    def expected(self) -> Expected:
        """What the columns of a table hold, its target's as well, by what they held in training."""
        found = Expected() if self.encoder is None else self.encoder.expected
        target = frozenset(self.target)
        if self.classes and not self.multilabel and not are_numbers(self.classes):
            return Expected(found.texts | target, found.numbers)
        return Expected(found.texts, found.numbers | target)

    @property
    def _is_binary(self) -> bool:
        """Whether one output tells two classes apart."""
        return self.architecture.n_out == 1 and len(self.classes) == 2

    def network(self) -> Network:
        """The trained network, in memory of its own."""
        network = self.architecture.build(capacity=EVALUATION_ROWS, dtype=self.parameters.dtype)
        network.parameters[...] = self.parameters
        network.statistics[...] = self.statistics
        return network

    def _scaled(self, features: Array) -> Array:
        return self.standardizer(features, names=() if self.encoder is None else self.encoder.origins)

    def _features(self, x: "Array | DataFrame | Columns") -> Array:
        """(rows, features), before scaling."""
        if self.encoder is not None:
            if isinstance(x, Mapping):
                return self.encoder(x)
            if isinstance(x, np.ndarray) or not hasattr(x, "columns"):
                raise TrainerError(f"the model takes a DataFrame with named columns; it was given {type(x).__name__}")
            table = columns_of(x, self.encoder.expected.texts)
            features = self.encoder(table)
            for note in self.encoder.notes(table):
                warnings.warn(note, stacklevel=4)
            return features
        features = _numbers(x)
        if features.ndim != 2 or features.shape[1] != self.architecture.n_in:
            raise TrainerError(f"the model takes x (rows, {self.architecture.n_in}); it was given {features.shape}")
        return features

    def save(self, path: Path | str) -> None:
        """Write a `.npz` file that holds arrays and JSON only; what stood at `path` stays until it is whole."""
        plugins = [{"name": plugin.name, "sha256": plugin.sha256} for plugin in self.architecture.plugins]
        settings = asdict(self.architecture) | {"plugins": plugins}
        description: dict[str, Any] = {"format": FORMAT, "architecture": settings, "classes": self.classes}
        arrays = {
            "parameters": self.parameters,
            "statistics": self.statistics,
            "mean": self.standardizer.mean,
            "scale": self.standardizer.scale,
        }
        if self.encoder is not None or self.multilabel or not self.classes:
            description |= {
                "format": FORMAT_2,
                "target": self.target,
                "multilabel": self.multilabel,
                "table": None if self.encoder is None else self.encoder.as_json(),
            }
        if self.scaling is not None:
            arrays |= {"target_mean": self.scaling.mean, "target_scale": self.scaling.scale}
        write_arrays(Path(path), {"description": np.array(json.dumps(description, default=_plain)), **arrays})


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
    if description["format"] not in {FORMAT, FORMAT_2}:
        raise ValueError(f"its format is {description['format']!r}, this version reads {FORMAT!r} and {FORMAT_2!r}")
    fields = description["architecture"]
    settings: dict[str, Any] = {name: _tuples(value) for name, value in fields.items() if name != "plugins"}
    architecture = Architecture(**settings, plugins=_plugins(fields["plugins"], plugins))
    classes, multilabel = tuple(description["classes"]), description.get("multilabel", False)
    scaled = "target_mean" in arrays
    _require_shapes(architecture, arrays, scaled=scaled)
    outputs = architecture.n_out if multilabel else max(architecture.n_out, 2)  # one output tells two classes apart
    if (classes and len(classes) != outputs) or (description["format"] == FORMAT and not classes):
        raise ValueError(f"it names {len(classes)} classes for {architecture.n_out} outputs")
    encoder = None if description.get("table") is None else TableEncoder.from_json(description["table"])
    if encoder is not None and encoder.features != architecture.n_in:
        raise ValueError(f"its columns give {encoder.features} features, the network takes {architecture.n_in}")
    return Model(
        architecture,
        arrays["parameters"],
        arrays["statistics"],
        Standardizer(arrays["mean"], arrays["scale"]),
        classes,
        encoder=encoder,
        scaling=Standardizer(arrays["target_mean"], arrays["target_scale"]) if scaled else None,
        target=tuple(description.get("target", ())),
        multilabel=multilabel,
    )


def _require_shapes(architecture: Architecture, arrays: Mapping[str, Array], *, scaled: bool) -> None:
    network = architecture.build(capacity=1)
    wanted: dict[str, tuple[int, ...]] = {
        "parameters": network.parameters.shape,
        "statistics": network.statistics.shape,
        "mean": (architecture.n_in,),
        "scale": (architecture.n_in,),
    }
    if scaled:
        wanted |= dict.fromkeys(("target_mean", "target_scale"), (architecture.n_out,))
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has the shape {arrays[name].shape}, the network needs {shape}")


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


def _numbers(x: Any) -> Array:
    """What was given as an array of numbers, whatever its shape; raises TrainerError if it holds something else."""
    try:
        found = np.asarray(x)
        found = found.astype(np.float64) if found.dtype == object else found
    except (TypeError, ValueError) as error:
        raise TrainerError(f"the model takes numbers, in rows of one length; it was given others: {error}") from error
    if found.dtype.kind not in NUMBERS:
        raise TrainerError(f"the model takes numbers; it was given x of the type {found.dtype}")
    return found


def _plain(number: np.generic) -> Any:
    """A setting that is a number of NumPy's as one of Python's, for JSON."""
    return number.item()


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
