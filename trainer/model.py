"""Trained networks that can be kept in a file and asked for predictions."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.architecture import Architecture
from trainer.arrays import Array
from trainer.data import Standardizer
from trainer.errors import TrainerError

FORMAT = "hpsearch-model-1"
CAPACITY = 256


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
        if x.ndim != 2 or x.shape[1] != self.architecture.n_in:
            raise TrainerError(f"the model takes x (rows, {self.architecture.n_in}); it was given {x.shape}")
        network = self.architecture.build(capacity=CAPACITY, dtype=self.parameters.dtype)
        network.parameters[...] = self.parameters
        network.statistics[...] = self.statistics
        chunks = [network.loss.predict(scores) for _, scores in network.chunks(self.standardizer(x))]
        return np.concatenate(chunks) if chunks else np.empty((0, self.architecture.n_out), np.float32)

    def predict(self, x: Array) -> list[str]:
        """The most probable class of each row of raw features x (rows, features)."""
        return [self.classes[index] for index in self.predict_proba(x).argmax(axis=1)]

    def save(self, path: Path) -> None:
        """Write a `.npz` file that holds arrays and JSON only."""
        description = {"format": FORMAT, "architecture": asdict(self.architecture), "classes": self.classes}
        with path.open("wb") as file:
            np.savez(
                file,
                description=np.array(json.dumps(description)),
                parameters=self.parameters,
                statistics=self.statistics,
                mean=self.standardizer.mean,
                scale=self.standardizer.scale,
            )


def load(path: Path) -> Model:
    """Read what `Model.save` wrote; raises TrainerError for any other or damaged file."""
    with _reading(path), np.load(path) as archive:
        description = json.loads(str(archive["description"]))
        if description["format"] != FORMAT:
            raise TrainerError(f"{path} has the format {description['format']!r}; this version reads {FORMAT!r}")
        return Model(
            _architecture(description["architecture"]),
            archive["parameters"],
            archive["statistics"],
            Standardizer(archive["mean"], archive["scale"]),
            tuple(description["classes"]),
        )


def _architecture(fields: dict[str, Any]) -> Architecture:
    """From JSON, which knows no tuples."""
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return Architecture(**settings)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except TrainerError:
        raise
    except FileNotFoundError as error:
        raise TrainerError(f"there is no model file {str(path)!r}") from error
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise TrainerError(f"{path} is not a model file, or it is damaged: {error}") from error
