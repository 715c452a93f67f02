"""Cutting a data set into training, validation and test rows."""

import numpy as np

from trainer.arrays import Array
from trainer.data.dataset import Dataset, Prepared, Rows
from trainer.data.preprocessing import Standardizer
from trainer.errors import TrainerError


def prepare(dataset: Dataset, *, validation: float, test: float, seed: np.random.SeedSequence) -> Prepared:
    """Split at random with every class in proportion, then scale by the training rows.

    `validation` and `test` are fractions of all rows. The cut depends on the data and the seed alone.
    """
    for name, fraction in (("validation", validation), ("test", test)):
        if fraction > 0 and round(fraction * len(dataset.y)) == 0:
            raise TrainerError(
                f"{name} {fraction:g} of {len(dataset.y)} rows is no row; use a larger fraction or more rows"
            )
    train_rows, validation_rows, test_rows = _split(dataset.y, validation, test, seed)
    standardizer = Standardizer.fitted(dataset.x[train_rows])
    one_hot = np.eye(len(dataset.classes), dtype=np.float32)

    def rows(indices: Array) -> Rows:
        return Rows(standardizer(dataset.x[indices]), one_hot[dataset.y[indices]])

    return Prepared(rows(train_rows), rows(validation_rows), rows(test_rows), standardizer, dataset.classes)


def _split(y: Array, validation: float, test: float, seed: np.random.SeedSequence) -> tuple[Array, Array, Array]:
    """Row numbers of the three parts."""
    everything = np.arange(len(y))
    first, second = (int(state) for state in seed.generate_state(2))
    rest, test_rows = _cut(everything, y, round(test * len(y)), first)
    train_rows, validation_rows = _cut(rest, y, round(validation * len(y)), second)
    return train_rows, validation_rows, test_rows


def _cut(rows: Array, y: Array, size: int, seed: int) -> tuple[Array, Array]:
    """Cut `size` of the `rows` off, stratified by y."""
    from sklearn.model_selection import train_test_split

    if size == 0:
        return rows, rows[:0]
    try:
        left, right = train_test_split(rows, test_size=size, stratify=y[rows], random_state=seed)
    except ValueError as error:
        raise TrainerError(
            f"the {len(rows)} rows cannot be split with every class in each part: {error}; "
            "use more rows, larger fractions, or leave the rarest classes out"
        ) from error
    return left, right
