"""What is searched: nine settings of real networks, on small real data."""

import gzip
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.space import Scalar, Space
from trainer import Architecture, Fitting, Training
from trainer.data import Dataset, Prepared, load, prepare

SPACE = Space.of(
    {
        "learning_rate": {"log": [1e-4, 1.0]},
        "beta": {"one_minus_log": [0.5, 0.999]},
        "l2": {"log": [1e-6, 1e-1]},
        "dropout": {"uniform": [0.0, 0.7]},
        "units": {"log_int": [8, 128]},
        "layers": {"int": [1, 3]},
        "batch_size": {"log_int": [16, 128]},
        "optimizer": {"choice": ["momentum", "rmsprop", "adam"]},
        "batch_norm": {"choice": [True, False]},
    }
)


@dataclass(frozen=True)
class Task:
    """Data and the length of a training on it."""

    name: str
    source: str
    epochs: int
    noise: float = 0.0  # share of the labels that are drawn anew, so that no network is right about all rows
    tuned_on: bool = False  # whether constants of the samplers were chosen on it


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task("digits", "digits", 10, tuned_on=True),
        Task("breast_cancer", "breast_cancer", 15, noise=0.1, tuned_on=True),
        Task("noisy_digits", "digits", 8, noise=0.25, tuned_on=True),
        Task("wine", "wine", 20, noise=0.1),
        Task("letters", "letters", 8),
        Task("mnist", "mnist", 6),
    )
}


@cache
def prepared(name: str) -> Prepared:
    """The split data of a task."""
    task = TASKS[name]
    data, rng = _dataset(task.source), np.random.default_rng(0)
    drawn = rng.integers(len(data.classes), size=len(data.y))
    data = replace(data, y=np.where(rng.random(len(data.y)) < task.noise, drawn, data.y))
    return prepare(data, validation=0.3, test=0.1, seed=np.random.SeedSequence(0))


def train(
    name: str,
    values: Mapping[str, Scalar],
    seed: int,
    ends: Callable[[int, float], bool] = lambda epoch, loss: False,
    epochs: int | None = None,
) -> list[float] | None:
    """The validation loss after each epoch of a real training, which `ends` may cut short; None if it diverged.

    It has the task's number of epochs, or so many.
    """
    data, task, value = prepared(name), TASKS[name], dict[str, Any](values)
    architecture = Architecture(
        data.train.x.shape[1],
        data.train.targets.shape[1],
        (value["units"],) * value["layers"],
        batch_norm=value["batch_norm"],
        dropout=value["dropout"],
        l2=value["l2"],
    )
    training = Training(
        optimizer=value["optimizer"],
        learning_rate=value["learning_rate"],
        beta=value["beta"],
        batch_size=value["batch_size"],
        epochs=epochs or task.epochs,
    )
    network = architecture.build(capacity=256)
    initialise, shuffle, noise = (np.random.default_rng([seed, purpose]) for purpose in range(3))
    network.initialise(initialise)
    fitting = Fitting(network, [training], shuffle=[shuffle], noise=[noise])
    [fit] = fitting.fit(
        data.train, data.validation, on_epoch=[lambda epoch: ends(epoch.epoch, epoch.scores["val_loss"])]
    )
    return None if fit.diverged else [epoch.scores["val_loss"] for epoch in fit.epochs]


def final_loss(name: str, values: Mapping[str, Scalar], seed: int) -> float | None:
    """The validation loss at the end of a whole training; None if it diverged."""
    losses = train(name, values, seed)
    return None if losses is None else losses[-1]


def _dataset(source: str) -> Dataset:
    if source not in ("letters", "mnist"):
        return load(source)
    folder = os.environ.get("HPSEARCH_SHARED_DATA")
    if folder is None:
        raise SystemExit(f"{source} needs HPSEARCH_SHARED_DATA, the folder with its files")
    x, y = (_letters if source == "letters" else _mnist)(Path(folder))
    classes, codes = np.unique(y, return_inverse=True)
    return Dataset(source, x.astype(np.float64), codes, tuple(str(label) for label in classes))


def _letters(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    frame = pd.read_csv(folder / "letter-recognition.tsv", sep="\t").sample(3000, random_state=0)
    return frame.drop(columns="letter").to_numpy(), frame["letter"].to_numpy()


def _mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """2 400 digits at half the resolution."""
    pixels, labels = (
        np.frombuffer(gzip.decompress((folder / f"t10k-{name}-ubyte.gz").read_bytes()), np.uint8, offset=offset)
        for name, offset in (("images-idx3", 16), ("labels-idx1", 8))
    )
    rows = np.random.default_rng(0).choice(len(labels), 2400, replace=False)
    images = pixels.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))[rows].reshape(2400, -1)
    return images, labels[rows]
