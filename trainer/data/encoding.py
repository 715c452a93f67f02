"""A table as numbers for a network: what each column is, found and fitted on training rows alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.arrays import Array
from trainer.data.columns import DATE_FORMATS, Category, Column, Date, Number, days, described, from_description
from trainer.data.table import MOSTLY, Columns, Expected, as_numbers, as_text, finite_numbers, is_missing, rows_in
from trainer.errors import TrainerError

MOST_CATEGORIES = 20
"""A category has at most so many features: beyond, the rarest texts share one."""
LARGEST_GAP = 3.0
"""Numbers of rows are so far apart on average in the training rows: two of three may be in other parts."""
FEW_ROWS = 20
"""In fewer rows, numbers that count up by one may be anything."""


@dataclass(frozen=True)
class TableEncoder:
    """The columns of a table side by side as numbers, none of them missing."""

    columns: tuple[Column, ...]
    unused: tuple[str, ...] = ()  # columns that the table had and the network does not need

    def __call__(self, table: Columns) -> Array:
        """Encode a table as (rows, features), float64, whatever the order of its columns; raises TrainerError if one is missing."""
        missing = [column.name for column in self.columns if column.name not in table]
        if missing:
            raise TrainerError(f"the table lacks {_columns(missing)}, from which the model predicts")
        return np.hstack([column(table[column.name]) for column in self.columns])

    @property
    def features(self) -> int:
        """How many features there are."""
        return len(self.origins)

    @property
    def origins(self) -> tuple[str, ...]:
        """The name of the column behind each feature."""
        nothing = np.empty(0, object)
        return tuple(column.name for column in self.columns for _ in range(column(nothing).shape[1]))

    @property
    def expected(self) -> Expected:
        """Which columns are numbers, and which are something else that is written as text."""
        numbers = frozenset(column.name for column in self.columns if isinstance(column, Number))
        return Expected(frozenset(column.name for column in self.columns) - numbers, numbers)

    def unknown(self, table: Columns) -> list[str]:
        """The columns of a table that there were not in training."""
        known = {*self.unused, *(column.name for column in self.columns)}
        return [name for name in table if name not in known]

    def unreadable(self, table: Columns) -> dict[str, int]:
        """How many values of each column count as missing although something stands there."""
        found = {
            column.name: int((np.isnan(_read(column, table[column.name])) & ~is_missing(table[column.name])).sum())
            for column in self.columns
            if not isinstance(column, Category) and column.name in table
        }
        return {name: count for name, count in found.items() if count}

    def new(self, table: Columns) -> dict[str, int]:
        """How many values of each category there were not in training, as far as the category can tell."""
        found = {
            column.name: int((~np.isin(texts[~is_missing(texts)].astype(str), column.known)).sum())
            for column in self.columns
            if isinstance(column, Category) and not column.others and column.name in table
            for texts in [as_text(table[column.name])]
        }
        return {name: count for name, count in found.items() if count}

    def notes(self, table: Columns) -> tuple[str, ...]:
        """Sentences about the values that mean nothing to the encoder."""
        rows = rows_in(table)
        return (
            *(
                f"the column {name!r}: {count} of {rows} values cannot be read and count as missing"
                for name, count in self.unreadable(table).items()
            ),
            *(
                f"the column {name!r}: {count} of {rows} values were never seen in training"
                for name, count in self.new(table).items()
            ),
        )

    def as_json(self) -> Mapping[str, Any]:
        """As JSON, exact to the last bit."""
        return {"columns": [described(column) for column in self.columns], "unused": list(self.unused)}

    @classmethod
    def from_json(cls, description: Mapping[str, Any]) -> "TableEncoder":
        """What `as_json` gave."""
        return cls(tuple(map(from_description, description["columns"])), tuple(description["unused"]))


def fit_encoder(table: Columns, unused: Sequence[str] = ()) -> tuple[TableEncoder, list[str]]:
    """An encoder for these training rows, in their order in the file, and sentences about what it leaves out.

    Missing numbers become the column's median and rare texts share a feature, by scikit-learn's SimpleImputer and
    OneHotEncoder; what they found is kept as plain numbers and texts. Raises TrainerError if nothing is left to learn
    from.
    """
    table = {name: _settled(values) for name, values in table.items()}
    left_out = {name: reason for name, values in table.items() if (reason := _useless(values))}
    columns = tuple(_fitted(name, values) for name, values in table.items() if name not in left_out)
    notes = _left_out(left_out)
    if not columns:
        raise TrainerError("no column is left to learn from" + "".join(f"; {note}" for note in notes))
    encoder = TableEncoder(columns, (*unused, *left_out))
    for name, count in encoder.unreadable(table).items():
        notes.append(
            f"the column {name!r} holds numbers but for {count} of {rows_in(table)} values, which count as missing"
        )
    return encoder, notes


def _left_out(reasons: Mapping[str, str]) -> list[str]:
    """A sentence for each reason, with the columns that it is about."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(name)
    return [
        f"{_columns(names)} {'is' if len(names) == 1 else 'are'} left out: {reason}"
        for reason, names in by_reason.items()
    ]


def _settled(values: Array) -> Array:
    """As numbers if all these rows have numbers, whatever stands in others of the file."""
    numbers = as_numbers(values)
    return numbers if np.array_equal(np.isnan(numbers), is_missing(values)) else values


def _useless(values: Array) -> str | None:
    """Why nothing can be learned from a column; None if something can."""
    present = values[~is_missing(values)]
    if not len(present):
        return "no values"
    different = len(set(present.tolist()))
    if different == 1 and len(present) == len(values):
        return "a single value"
    if _counts_rows(values):
        return "row numbers"
    if _is_text(present) and different > 2 and 2 * different > len(present):
        return "most of the texts differ from row to row, and say nothing about a new one"
    return None


def _counts_rows(values: Array) -> bool:
    """Whether the values grow like the numbers of rows of which some are in other parts."""
    if values.dtype.kind != "f" or len(values) < FEW_ROWS:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(values)
        return bool((steps >= 1).all() and (steps % 1 == 0).all() and steps.mean() <= LARGEST_GAP)


def _is_text(present: Array) -> bool:
    return not _is_mostly_numbers(present) and _date_format(present) is None


def _is_mostly_numbers(present: Array) -> bool:
    return bool(np.isfinite(as_numbers(present)).mean() >= MOSTLY)


def _date_format(present: Array) -> str | None:
    if present.dtype.kind == "f":
        return None
    sample = present[:100]  # most columns are no dates, and that is soon seen
    return next(
        (
            form
            for form in DATE_FORMATS
            if not np.isnan(days(sample, form)).any() and not np.isnan(days(present, form)).any()
        ),
        None,
    )


def _fitted(name: str, values: Array) -> Column:
    present = values[~is_missing(values)]
    if _is_mostly_numbers(present):
        return Number(name, *_imputed(finite_numbers(name, values)))
    form = _date_format(present)
    if form is not None:
        return Date(name, form, *_imputed(days(values, form)))
    return Category(name, *_encoded(as_text(values)))


def _imputed(numbers: Array) -> tuple[float, bool]:
    """What is put in place of a missing number, and whether one is missing."""
    from sklearn.impute import SimpleImputer

    with np.errstate(over="ignore", invalid="ignore"):  # of scikit-learn's check, which adds all numbers up
        imputer = SimpleImputer(strategy="median", add_indicator=True).fit(numbers[:, np.newaxis])
    return float(imputer.statistics_[0]), bool(len(imputer.indicator_.features_))


def _encoded(texts: Array) -> tuple[tuple[str | None, ...], bool]:
    """The texts that have a feature of their own, and whether there are others."""
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(max_categories=MOST_CATEGORIES, handle_unknown="infrequent_if_exist")
    encoder.fit(texts[:, np.newaxis])
    rare = encoder.infrequent_categories_[0]
    others = set() if rare is None else set(rare.tolist())
    return tuple(text for text in encoder.categories_[0].tolist() if text not in others), bool(others)


def _read(column: Column, values: Array) -> Array:
    return days(values, column.format) if isinstance(column, Date) else as_numbers(values)


def _columns(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"the column{'s' if len(names) > 1 else ''} {shown}{more}"
