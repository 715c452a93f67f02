"""Tables: columns of numbers and of text, whatever they were read from."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.arrays import Array
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Columns = Mapping[str, Array]
"""Each column (rows,) by its name: float64, where missing is NaN, or objects, which are str or None where missing."""

TRUTH = {"true", "false"}
MOSTLY = 0.8
"""From this share of numbers on, a column is of numbers, and other texts in it are slips."""


@dataclass(frozen=True)
class Expected:
    """What a model knows of columns, so that a value means the same whatever else stands in a file."""

    texts: frozenset[str] = frozenset()  # stay as they are written, also if all are numbers
    numbers: frozenset[str] = frozenset()  # are numbers, however few of the values are


@dataclass(frozen=True)
class Table:
    """What was read, and sentences about what may have been meant otherwise."""

    columns: Columns
    notes: tuple[str, ...] = ()


def columns_of(frame: "DataFrame", texts: Collection[str] = ()) -> Columns:
    """The columns of a DataFrame: numbers as float64; truth values, dates and everything else as text.

    Text that is a number throughout is numbers, but not in the columns named by `texts`. Raises TrainerError for two
    columns of one name and for infinity.
    """
    names = [str(name).strip() for name in frame.columns]
    require_different(names)
    return {name: _finite(name, _values(frame.iloc[:, place], stays=name in texts)) for place, name in enumerate(names)}


def require_different(names: Iterable[str]) -> None:
    """Raise TrainerError if two columns have one name."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise TrainerError(f"{len(repeated)} names stand over several columns, {repeated[0]!r} first; rename those")


def take(columns: Columns, rows: Array) -> Columns:
    """These rows of every column."""
    return {name: values[rows] for name, values in columns.items()}


def rows_in(columns: Columns) -> int:
    """How many rows a table has; none if it has no columns."""
    return len(next(iter(columns.values()), ()))


def is_missing(values: Array) -> Array:
    """Where (rows,) a column has no value."""
    return (
        np.isnan(values) if values.dtype.kind == "f" else np.array([value is None for value in values.tolist()], bool)
    )


def as_numbers(values: Array) -> Array:
    """A column as float64; NaN where there is no number."""
    if values.dtype.kind == "f":
        return values
    from pandas import Series, to_numeric

    return to_numeric(Series(values, dtype="str"), errors="coerce").to_numpy(np.float64, na_value=np.nan)


def as_text(values: Array) -> Array:
    """A column as text, whole numbers without a point; None where missing."""
    if values.dtype.kind != "f":
        return values
    return _objects([None if number != number else text_of(number) for number in values.tolist()])  # noqa: PLR0124 - NaN


def text_of(number: float) -> str:
    """A number as people write it: 3, 2.5."""
    return str(int(number)) if number.is_integer() else str(number)


def _values(series: "Series", *, stays: bool) -> Array:
    from pandas import to_numeric

    if series.dtype.kind in "iuf":
        return series.to_numpy(np.float64, na_value=np.nan)
    missing = series.isna().to_numpy()
    if series.dtype == "str" and not stays:
        numbers = to_numeric(series, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        if np.array_equal(np.isnan(numbers), missing) and not missing.all():
            return numbers  # as they are most often, and found fast
    texts = [None if none else _clean(value) for value, none in zip(series, missing, strict=True)]
    values = _objects(texts)
    if stays:
        return values
    numbers = as_numbers(values)
    return numbers if np.array_equal(np.isnan(numbers), is_missing(values)) and not missing.all() else values


def _clean(value: object) -> str | None:
    """Without spaces around it; truth values in one spelling, whether they came as text or not."""
    text = str(value).strip()
    return text.lower() if text.lower() in TRUTH else text or None


def _objects(values: Sequence[str | None]) -> Array:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def finite_numbers(name: str, values: Array) -> Array:
    """As `as_numbers`; raises TrainerError for infinity, as of text that is numbers but for some words."""
    numbers = as_numbers(values)
    if np.isinf(numbers).any():
        raise TrainerError(f"the column {name!r} holds an infinite number; put a number there, or leave it empty")
    return numbers


def _finite(name: str, values: Array) -> Array:
    if values.dtype.kind == "f" and np.isinf(values).any():
        row = int(np.isinf(values).argmax())
        raise TrainerError(
            f"the column {name!r} holds an infinite number in row {row + 1}; put a number there, or leave it empty"
        )
    return values
