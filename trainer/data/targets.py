"""What is to be predicted: classes, numbers, or labels that are each yes or no."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trainer.arrays import Array
from trainer.data.layout import Kind
from trainer.data.table import MOSTLY, Columns, as_numbers, as_text, text_of
from trainer.errors import TrainerError

FEW = 20
"""Up to so many different numbers can be labels, if at most half of the rows differ."""


@dataclass(frozen=True)
class Targets:
    """The targets of a data set."""

    task: Kind
    y: Array  # (rows,) index into classes, int64; or (rows, outputs), float64: numbers, or 1 where a label holds
    classes: tuple[str, ...]  # of numbers none
    reason: str = ""  # why it is this task, where nobody said so


def targets_of_columns(columns: Columns, task: Literal["auto"] | Kind) -> Targets:
    """The targets in these columns, which have no missing values; raises TrainerError if the task does not fit them."""
    (name, values), *others = columns.items()
    if task == "multilabel" or (task == "auto" and others and all(map(_is_yes_or_no, columns.values()))):
        return _labels(columns)
    if others and task == "classification":
        raise TrainerError(f"classification has one target; {len(columns)} are given, so take multilabel or regression")
    if task == "regression" or (task == "auto" and (others or _are_amounts(values))):
        reason = f"the target {name!r} has {len(np.unique(as_numbers(values)))} different numbers" if not others else ""
        y = np.column_stack([_varying(_numbers(*column), f"the target {column[0]!r}") for column in columns.items()])
        return Targets("regression", y, (), reason)
    where = f"the target {name!r}"
    if values.dtype.kind == "f":
        codes, classes = _classes_of(values, text_of, where)
        return Targets("classification", codes, classes, f"{where} has {len(classes)} different numbers")
    if task == "auto":
        _require_text(values, where)
    codes, classes = _classes_of(values.astype(str), str, where)
    return Targets("classification", codes, classes, f"{where} has {len(classes)} different texts")


def targets_of_array(y: Array, task: Literal["auto"] | Kind, classes: tuple[str, ...] | None, where: str) -> Targets:
    """The targets in an array (rows,) or (rows, outputs); whole numbers of an integer type are labels.

    `classes`: the names of the labels 0, 1, …; `where` begins the sentence of a TrainerError.
    """
    if task == "auto" and y.ndim == 1:
        task = "regression" if _are_amounts(y) else "classification"
    if y.ndim == 2 and task in {"auto", "classification"}:
        raise TrainerError(f"{where}: y has {y.shape[1]} columns; say by task that they are regression or multilabel")
    if task == "classification":
        codes, names = _classes_of(y, str, f"{where}: y")
        if classes is not None:
            names = tuple(classes[int(label)] for label in np.unique(y))
        return Targets(task, codes, names)
    if y.dtype.kind not in "buif":
        raise TrainerError(f"{where}: y must hold numbers for {task}")
    columns = y.reshape(len(y), -1).astype(np.float64)
    if task == "regression":
        return Targets(task, _varying(columns, f"{where}: y"), ())
    return _labels({str(place): column for place, column in enumerate(columns.T)})


def codes_of(labels: Sequence[str], classes: Sequence[str]) -> Array:
    """Labels (rows,) as indices (rows,) into the classes of a model; raises TrainerError for one that it does not know."""
    places = {name: place for place, name in enumerate(classes)}
    strange = sorted({label for label in labels if label not in places})
    if strange:
        raise TrainerError(f"the model knows no class {strange[0]!r}; its classes are {', '.join(classes)}")
    return np.array([places[label] for label in labels], np.int64)


def are_numbers(classes: Sequence[str]) -> bool:
    """Whether classes are named as those of a column of numbers are; "01" is a text."""
    numbers = as_numbers(np.array(classes, object)).tolist()
    return all(text == text_of(number) for text, number in zip(classes, numbers, strict=True))


def truth_of_columns(columns: Columns, classes: Sequence[str], *, multilabel: bool) -> Array:
    """The targets in these columns, as those that a model was trained on: y as in `Targets`; raises TrainerError."""
    if multilabel:
        return _labels(columns).y
    if not classes:
        return np.column_stack([_numbers(*column) for column in columns.items()])
    [values] = columns.values()
    texts = as_text(values).tolist()
    if are_numbers(classes):
        numbers = as_numbers(values).tolist()
        texts = [text if math.isnan(number) else text_of(number) for text, number in zip(texts, numbers, strict=True)]
    return codes_of(texts, classes)


def truth_of_array(
    y: Array, classes: Sequence[str], names: tuple[str, ...] | None, *, outputs: int, multilabel: bool
) -> Array:
    """The targets in an array, as `targets_of_array` reads them, for a model; `names`: of the labels 0, 1 and so on.

    `outputs`: how many numbers or labels the model predicts. Raises TrainerError if y holds something else.
    """
    if not classes or multilabel:
        what = "labels" if multilabel else "numbers"
        if y.dtype.kind not in "buif":
            raise TrainerError(f"y must hold numbers, as the model predicts {what}; it holds {str(y.flat[0])!r}")
        columns = y.reshape(len(y), -1).astype(np.float64)
        if columns.shape[1] != outputs:
            raise TrainerError(f"the model predicts {outputs} {what} a row; y has {columns.shape[1]}")
        strange = columns[~np.isin(columns, (0, 1))]
        if multilabel and len(strange):
            raise TrainerError(f"y must hold 0 and 1 alone, as the model predicts labels; it holds {strange[0]:g}")
        return columns
    if y.ndim != 1:
        raise TrainerError(f"the model predicts one class a row; y has {y.shape[1]} columns")
    return codes_of([str(label) if names is None else names[int(label)] for label in y], classes)


def _are_amounts(values: Array) -> bool:
    """Whether these are numbers to be estimated, and no labels that look like numbers."""
    if values.dtype.kind != "f":
        return False
    different = len(np.unique(values))
    return different > FEW or (different > 2 and 2 * different > len(values))


def _classes_of(values: Array, name_of: Callable[..., str], where: str) -> tuple[Array, tuple[str, ...]]:
    labels, codes = np.unique(values, return_inverse=True)
    if len(labels) < 2:
        raise TrainerError(f"{where} must hold at least two classes; it has {len(labels)}")
    return codes.astype(np.int64), tuple(name_of(label) for label in labels)


def _require_text(values: Array, where: str) -> None:
    """Raise TrainerError for text that is numbers but for a few words."""
    words = values[np.isnan(as_numbers(values))]
    if len(words) <= (1 - MOSTLY) * len(values):
        raise TrainerError(
            f"{where} has numbers but for {len(words)} values, {words[0]!r} first; leave those empty, or say the task"
        )


def _numbers(name: str, values: Array) -> Array:
    numbers = as_numbers(values)
    if np.isnan(numbers).any():
        word = values[int(np.isnan(numbers).argmax())]
        raise TrainerError(f"the target {name!r} must hold numbers for regression; {word!r} is none")
    return numbers[:, np.newaxis]


def _varying(columns: Array, where: str) -> Array:
    if not len(columns) or (columns == columns[0]).all(axis=0).any():
        raise TrainerError(f"{where} must have different numbers to learn from; it has {min(1, len(columns))}")
    return columns


def _is_yes_or_no(values: Array) -> bool:
    return set(as_text(values).tolist()) <= {"0", "1", "true", "false"}


def _labels(columns: Columns) -> Targets:
    for name, values in columns.items():
        if not _is_yes_or_no(values):
            raise TrainerError(f"the label {name!r} must hold 0 and 1, or true and false, and nothing else")
    held = [np.isin(as_text(values).astype(str), ("1", "true")) for values in columns.values()]
    return Targets("multilabel", np.column_stack(held).astype(np.float64), tuple(columns))
