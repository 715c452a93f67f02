"""Cutting a data set into training, validation and test rows."""

import warnings

import numpy as np

from trainer.arrays import Array
from trainer.data.dataset import Dataset
from trainer.errors import TrainerError

Parts = tuple[Array, Array, Array]
"""Row numbers of the training, validation and test rows."""


def split(dataset: Dataset, *, validation: float, test: float, seed: np.random.SeedSequence) -> Parts:
    """Cut by time or by group where the data set has one, else at random with every class in proportion.

    `validation` and `test` are fractions of all rows. The cut depends on the data and the seed alone.
    """
    count = len(dataset.y)
    sizes = round(validation * count), round(test * count)
    for name, fraction, size in zip(("validation", "test"), (validation, test), sizes, strict=True):
        if fraction > 0 and size == 0:
            raise TrainerError(f"{name} {fraction:g} of {count} rows is no row; use a larger fraction or more rows")
    if dataset.times is not None:
        parts = _by_time(dataset.times, *sizes)
    elif dataset.groups is not None:
        parts = _by_group(dataset.groups, *sizes, seed)
    else:
        return at_random(count, dataset.y if dataset.task == "classification" else None, *sizes, seed)
    _require_classes(dataset, parts[0])
    return parts


def split_in_folds(
    dataset: Dataset, *, folds: int, test: float, seed: np.random.SeedSequence
) -> tuple[list[tuple[Array, Array]], Array]:
    """Training and validation rows of each fold, and the test rows, which are those of `split`.

    At random, with every class in proportion, and by group, each row that is no test row is a validation row in one
    fold and a training row in all others. By time, the validation rows of a fold are the next after its training rows:
    of folds + 1 parts of one size, fold i trains on the first i and is validated on the one that follows.
    """
    rest, _, test_rows = split(dataset, validation=0.0, test=test, seed=seed)
    if dataset.times is not None:
        _require_rows(len(rest), folds + 1)
        parts = np.array_split(rest, folds + 1)
        pairs = [(np.concatenate(parts[:last]), parts[last]) for last in range(1, folds + 1)]
    else:
        _require_rows(len(rest), folds)
        fold_of = _folds(dataset, rest, folds, int(seed.generate_state(3)[2]))
        pairs = [(rest[fold_of != fold], rest[fold_of == fold]) for fold in range(folds)]
    for train, _ in pairs:
        _require_classes(dataset, train)
    return pairs, test_rows


def _require_rows(count: int, wanted: int) -> None:
    if count < wanted:
        raise TrainerError(
            f"the {count} rows that are no test rows cannot be cut into {wanted} parts; take fewer folds"
        )


def _folds(dataset: Dataset, rows: Array, folds: int, seed: int) -> Array:
    """The fold of each row, (rows,)."""
    from sklearn.model_selection import KFold, StratifiedKFold

    if dataset.groups is not None:
        return _folds_of_groups(dataset.groups[rows], folds, seed)
    cutter = StratifiedKFold if dataset.task == "classification" else KFold
    fold_of = np.empty(len(rows), np.int64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes with fewer rows than folds: validation can do without them
            cut = list(cutter(folds, shuffle=True, random_state=seed).split(rows, dataset.y[rows]))
    except ValueError as error:
        raise TrainerError(f"no class has a row for each of {folds} folds; take fewer") from error
    for fold, (_, validation) in enumerate(cut):
        fold_of[validation] = fold
    return fold_of


def _folds_of_groups(groups: Array, folds: int, seed: int) -> Array:
    """Groups in random order, each into the fold that has the fewest rows so far."""
    _, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(counts) < folds:
        raise TrainerError(f"{len(counts)} groups cannot be cut into {folds} folds; take fewer")
    sizes, fold_of = np.zeros(folds, np.int64), np.zeros(len(counts), np.int64)
    for group in np.random.default_rng(seed).permutation(len(counts)):
        fold_of[group] = sizes.argmin()
        sizes[fold_of[group]] += counts[group]
    found: Array = fold_of[codes]
    return found


def at_random(count: int, y: Array | None, validation: int, test: int, seed: np.random.SeedSequence) -> Parts:
    """So many validation and test rows of `count`; with every class in proportion if there are some in `y` (rows,)."""
    first, second = (int(state) for state in seed.generate_state(2))
    rest, test_rows = _cut(np.arange(count), y, test, first)
    train_rows, validation_rows = _cut(rest, y, validation, second)
    return train_rows, validation_rows, test_rows


def _cut(rows: Array, y: Array | None, size: int, seed: int) -> tuple[Array, Array]:
    """Cut `size` of the `rows` off, stratified by y."""
    from sklearn.model_selection import train_test_split

    if size == 0:
        return rows, rows[:0]
    try:
        left, right = train_test_split(rows, test_size=size, stratify=None if y is None else y[rows], random_state=seed)
    except ValueError as error:
        every = "" if y is None else " with every class in each part"
        counts = np.zeros(0) if y is None else np.unique(y[rows], return_counts=True)[1]
        single = int((counts == 1).sum())  # scikit-learn would list them all
        reason = f"{single} of {len(counts)} classes have a single row" if single else str(error)
        raise TrainerError(
            f"the {len(rows)} rows cannot be split{every}: {reason}; "
            "use more rows, larger fractions, or leave the rarest classes out"
        ) from error
    return left, right


def _by_time(times: Array, validation: int, test: int) -> Parts:
    """The latest rows are for the test, those before them for validation."""
    order = np.argsort(times, kind="stable")
    first, second = len(times) - validation - test, len(times) - test
    if first <= 0:
        raise TrainerError(f"the {len(times)} rows leave none to train on; use more rows, or smaller fractions")
    return order[:first], order[first:second], order[second:]


def _by_group(groups: Array, validation: int, test: int, seed: np.random.SeedSequence) -> Parts:
    """Groups in random order: each goes to the test or to validation if it fits there whole, else to training."""
    _, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    room, part_of = {2: test, 1: validation}, np.zeros(len(counts), np.int64)
    for group in np.random.default_rng(seed).permutation(len(counts)):
        part = next((part for part, left in room.items() if counts[group] <= left), 0)
        part_of[group] = part
        if part:
            room[part] -= counts[group]
    train, validation_rows, test_rows = (np.flatnonzero(part_of[codes] == part) for part in range(3))
    for name, wanted, rows in (("validation", validation, validation_rows), ("test", test, test_rows)):
        if wanted and not len(rows):
            raise TrainerError(
                f"no group of the {len(counts)} is as small as the {wanted} rows of {name}; use a larger fraction"
            )
    if not len(train):
        raise TrainerError(f"the {len(counts)} groups leave no row to train on; use more groups, or smaller fractions")
    return train, validation_rows, test_rows


def _require_classes(dataset: Dataset, train: Array) -> None:
    """Raise TrainerError if a class has no training row."""
    if dataset.task != "classification":
        return
    absent = np.setdiff1d(np.arange(len(dataset.classes)), dataset.y[train])
    if len(absent):
        raise TrainerError(
            f"no training row is of the class {dataset.classes[absent[0]]!r}; use smaller fractions, or a random split"
        )
