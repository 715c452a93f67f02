"""From a data set to rows for a network: split, encoded, scaled."""

import math
from collections.abc import Callable

import numpy as np

from trainer.arrays import Array
from trainer.data.dataset import Dataset, Prepared, Rows
from trainer.data.encoding import TableEncoder, fit_encoder
from trainer.data.preprocessing import Standardizer
from trainer.data.splits import Parts, split, split_in_folds
from trainer.data.table import Columns, take


def prepare(dataset: Dataset, *, validation: float, test: float, seed: np.random.SeedSequence) -> Prepared:
    """Split as `split` does, then encode and scale by the training rows.

    Numbers to be estimated are scaled to mean 0 and deviation 1 as well, so that learning rates and penalties mean
    what they mean elsewhere; losses are of the scaled numbers.
    """
    return _prepared(dataset, split(dataset, validation=validation, test=test, seed=seed))


def prepare_folds(dataset: Dataset, *, folds: int, test: float, seed: np.random.SeedSequence) -> tuple[Prepared, ...]:
    """Split as `split_in_folds` does; each fold is encoded and scaled by its own training rows. None has test rows."""
    pairs, _ = split_in_folds(dataset, folds=folds, test=test, seed=seed)
    nothing = np.empty(0, np.int64)
    return tuple(_prepared(dataset, (train, validation, nothing)) for train, validation in pairs)


def _prepared(dataset: Dataset, parts: Parts) -> Prepared:
    features, encoder, notes = _features(dataset, np.sort(parts[0]))
    standardizer = Standardizer.fitted(features(parts[0]))
    targets, scaling = _targets(dataset, parts[0])
    origins = () if encoder is None else encoder.origins

    def rows(indices: Array) -> Rows:
        x = standardizer(features(indices), names=origins)
        return Rows(x, targets(indices), multilabel=dataset.task == "multilabel", scaling=scaling)

    return Prepared(
        rows(parts[0]),
        rows(parts[1]),
        rows(parts[2]),
        standardizer,
        dataset.classes,
        task=dataset.task,
        target=dataset.target,
        encoder=encoder,
        notes=(*dataset.notes, *notes),
    )


def _features(dataset: Dataset, train: Array) -> tuple[Callable[[Array], Array], TableEncoder | None, list[str]]:
    """What gives rows by their indices as numbers."""
    x = dataset.x
    if isinstance(x, np.ndarray):
        return lambda indices: x[indices], None, []
    table: Columns = x
    encoder, notes = fit_encoder(take(table, train), dataset.unused)
    return lambda indices: encoder(take(table, indices)), encoder, notes


def _targets(dataset: Dataset, train: Array) -> tuple[Callable[[Array], Array], Standardizer | None]:
    """What gives targets (rows, outputs) by the indices of rows, and how they were scaled."""
    y = dataset.y
    if dataset.task == "regression":
        scaling = Standardizer.fitted(y[train], span=math.inf)
        return lambda indices: scaling(y[indices], names=dataset.target), scaling
    targets = y.astype(np.float32) if dataset.task == "multilabel" else None
    one_hot = np.eye(len(dataset.classes), dtype=np.float32)
    return lambda indices: one_hot[y[indices]] if targets is None else targets[indices], None
