"""From the name of a source to a data set."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainer.arrays import Array
from trainer.data.bundled import BUNDLED
from trainer.data.columns import DATE_FORMATS, days
from trainer.data.dataset import Dataset
from trainer.data.decimals import with_decimal_points
from trainer.data.layout import Layout
from trainer.data.sources import SOURCES, Arrays, Frame, Source
from trainer.data.table import Columns, Expected, Table, as_numbers, as_text, columns_of, is_missing, rows_in, take
from trainer.data.targets import targets_of_array, targets_of_columns
from trainer.errors import SourceError, TrainerError


def load(source: str, layout: Layout | None = None) -> Dataset:
    """The data set named `source`: a bundled one, or a file or folder; raises TrainerError, in a sentence."""
    layout = layout or Layout()
    if source in BUNDLED:
        dataset = BUNDLED[source]()
        _require_no_columns(layout, source)
        if layout.task not in {"auto", dataset.task}:
            raise TrainerError(f"{source!r} is a data set for {dataset.task}; leave task out")
        return dataset
    return dataset_of(read(source), Path(source).name.partition(".")[0], layout, source)


def dataset_of(content: Table | Arrays, name: str, layout: Layout, where: str) -> Dataset:
    """The data set in what was read, or given; `where` begins the sentence of a TrainerError."""
    if not isinstance(content, Arrays):
        dataset = dataset_of_table(content.columns, name, layout, where)
        return replace(dataset, notes=(*dataset.notes, *content.notes))
    _require_no_columns(layout, where)
    if content.y is None:
        raise TrainerError(f"{where} needs an array named 'y'; it has X alone")
    targets = targets_of_array(content.y, layout.task, content.classes, where)
    return Dataset(name, content.x, targets.y, targets.classes, task=targets.task)


def require_there(source: str) -> None:
    """Raise SourceError unless `source` is a bundled data set, or something that can be read; it is not read yet."""
    if source not in BUNDLED:
        _kind_of(source)


def read(source: str, expected: Expected | None = None) -> Table | Arrays:
    """What is in a file or folder, for a model that expects these columns; raises SourceError."""
    kind = _kind_of(source)
    try:
        content = kind.read(Path(source))
        return content if isinstance(content, Arrays) else _table(content, expected or Expected())
    except TrainerError as error:
        sentence = str(error)
        named = sentence.startswith((source, str(Path(source))))  # which has no "./" at its beginning
        raise SourceError(sentence if named else f"{source}: {sentence}") from error


def _kind_of(source: str) -> Source:
    """What reads a file or folder; raises SourceError if there is none, or nothing reads it."""
    path = Path(source)
    found = next((known for known in SOURCES if known.recognises(path)), None)
    if found is None:
        raise SourceError(
            f"{source!r} is neither a bundled data set ({', '.join(BUNDLED)}) "
            f"nor a file that can be read ({'; '.join(known.known_as for known in SOURCES)})"
        )
    if not os.path.exists(path):  # noqa: PTH110 - a path too long is no file, not an error
        raise SourceError(f"there is no file {source!r}")
    return found


def _table(content: Frame, expected: Expected) -> Table:
    frame, notes = with_decimal_points(content.frame, expected) if content.decimal_commas else (content.frame, ())
    return Table(columns_of(frame, expected.texts), notes)


def dataset_of_table(table: Columns, name: str, layout: Layout, where: str) -> Dataset:
    """A table with the uses of its columns that a user gave; rows without a target are left out."""
    _require_columns(table, layout, where)
    table, notes = with_targets(table, layout.target)
    if rows_in(table) < 2:
        raise TrainerError(f"{where} has fewer than two rows with a target; there must be more to learn from")
    try:
        targets = targets_of_columns({column: table[column] for column in layout.target}, layout.task)
    except TrainerError as error:
        raise TrainerError(f"{where}: {error}") from error
    if layout.task == "auto":
        notes.append(
            f"{targets.reason}: {targets.task}" if targets.reason else f"the targets are taken for {targets.task}"
        )
    features = {column: values for column, values in table.items() if column not in layout.no_features}
    if not features:
        raise TrainerError(f"{where} has no columns to learn from beside {', '.join(layout.no_features)}")
    return Dataset(
        name,
        features,
        targets.y,
        targets.classes,
        task=targets.task,
        target=layout.target,
        unused=layout.no_features,
        groups=None if layout.group is None else _groups(layout.group, table[layout.group]),
        times=None if layout.time is None else _times(layout.time, table[layout.time]),
        notes=tuple(notes),
    )


def with_targets(table: Columns, target: Sequence[str]) -> tuple[Columns, list[str]]:
    """The rows that have a value in each of these columns, and a sentence about the others if there are some."""
    present = ~np.any([is_missing(table[column]) for column in target], axis=0)
    if present.all():
        return table, []
    note = f"{int((~present).sum())} of {len(present)} rows have no target and are left out"
    return take(table, np.flatnonzero(present)), [note]


def _require_columns(table: Columns, layout: Layout, where: str) -> None:
    known = ", ".join(list(table)[:20]) + (", …" if len(table) > 20 else "")
    if not layout.target:
        raise TrainerError(f"{where} is a table: name the column to predict by target; there are {known}")
    for column in layout.no_features:
        if column not in table:
            raise TrainerError(f"{where} has no column {column!r}; there are {known}")


def _require_no_columns(layout: Layout, where: str) -> None:
    if layout.no_features:
        raise TrainerError(f"{where} has no named columns; leave target, drop, group and time out")


def _groups(name: str, values: Array) -> Array:
    if is_missing(values).any():
        raise TrainerError(f"the column {name!r} must say the group of every row; some are missing")
    return as_text(values).astype(str)


def _times(name: str, values: Array) -> Array:
    """Numbers by which rows can be ordered: as they are, or of dates."""
    candidates = [as_numbers(values), *(days(values, form) for form in DATE_FORMATS)]
    found = next((times for times in candidates if not np.isnan(times).any()), None)
    if found is None:
        raise TrainerError(f"the column {name!r} must hold a date or a number in every row, all of one format")
    return found
