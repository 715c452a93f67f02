"""One column of a table as numbers for a network. To add a kind, write its class and list it in `KINDS`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from trainer.arrays import Array
from trainer.data.table import as_text, finite_numbers

DATE_FORMATS = ("ISO8601", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
"""Tried in this order; a column is of dates if all its values fit one."""
YEAR, WEEK = 365.2425, 7.0  # days


class Column(Protocol):
    """How a column is encoded: fitted, immutable, and described completely by its fields, which are JSON."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """The column's name."""

    def __call__(self, values: Array) -> Array:
        """Encode values (rows,) as (rows, features), float64."""


@dataclass(frozen=True)
class Number:
    """The number, `fill` where it is missing, and if `marked` 1 beside it where it was missing, else 0."""

    kind: ClassVar[str] = "number"
    name: str
    fill: float
    marked: bool

    def __call__(self, values: Array) -> Array:
        return _filled(finite_numbers(self.name, values)[:, np.newaxis], self.fill, self.marked)


@dataclass(frozen=True)
class Date:
    """Days since 1970 and, as points on circles, the day of the year and of the week; missing as in `Number`."""

    kind: ClassVar[str] = "date"
    name: str
    format: str
    fill: float  # days since 1970
    marked: bool

    def __call__(self, values: Array) -> Array:
        columns = _filled(days(values, self.format)[:, np.newaxis], self.fill, self.marked)
        turns = 2 * np.pi * columns[:, :1] / (YEAR, WEEK)
        return np.hstack([columns, np.sin(turns), np.cos(turns)])


@dataclass(frozen=True)
class Category:
    """One-hot: a feature for each of `texts` and, if `others`, one for every other text, also for a new one.

    Without `others` a text that was not there in training is 0 in all features. Missing (None) is a text like others.
    """

    kind: ClassVar[str] = "category"
    name: str
    texts: tuple[str | None, ...]
    others: bool

    def __call__(self, values: Array) -> Array:
        place = {text: index for index, text in enumerate(self.texts)}
        width = len(self.texts) + 1
        codes = [place.get(text, width - 1) for text in as_text(values).tolist()]
        one_hot = np.eye(width)[codes]
        return one_hot if self.others else one_hot[:, :-1]

    @property
    def known(self) -> list[str]:
        """The texts that are not missing."""
        return [text for text in self.texts if text is not None]

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", tuple(self.texts))  # which JSON gives as a list


KINDS: Mapping[str, Any] = {kind.kind: kind for kind in (Number, Date, Category)}


def described(column: Column) -> dict[str, Any]:
    """A column as JSON."""
    return {"kind": column.kind, **asdict(column)}  # type: ignore[call-overload]  # a protocol cannot ask for a dataclass


def from_description(description: Mapping[str, Any]) -> Column:
    """The column that `described` gave."""
    fields = dict(description)
    column: Column = KINDS[fields.pop("kind")](**fields)
    return column


def days(values: Array, form: str) -> Array:
    """Dates (rows,) as days since 1970, UTC where nothing else is said; NaN where there is no date in this format."""
    from pandas import Series, Timedelta, Timestamp, to_datetime

    dates = to_datetime(Series(as_text(values), dtype="str"), format=form, errors="coerce", utc=True)
    return ((dates - Timestamp(0, tz="UTC")) / Timedelta(days=1)).to_numpy(np.float64, na_value=np.nan)


def _filled(column: Array, fill: float, marked: bool) -> Array:
    missing = np.isnan(column)
    filled = np.where(missing, fill, column)
    return np.hstack([filled, missing]) if marked else filled
