"""Text with a delimiter: CSV, TSV."""

import csv
import gzip
import warnings
import zlib
from pathlib import Path

from trainer.data.sources.base import Frame, Source
from trainer.data.table import require_different
from trainer.errors import TrainerError

DELIMITERS = (",", "\t", ";", "|")
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
MOST_COLUMNS = 10_000
"""Reading more takes minutes; such data is numbers, for which there is NPZ."""
_LONGEST_HEADER = 2**24  # characters


def read_delimited(path: Path) -> Frame:
    """Read a table whose first line names its columns; the delimiter is the one of `DELIMITERS` that is most often there.

    Empty fields, NA, NaN, null and None (all that pandas takes for it) are missing values.
    """
    from pandas import read_csv
    from pandas.errors import EmptyDataError, ParserError, ParserWarning

    delimiter = _delimiter(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ParserWarning)  # of rows that are too long
            frame = read_csv(
                path, sep=delimiter, dtype=str, index_col=False, encoding="utf-8-sig", skipinitialspace=True
            )
    except ParserWarning as error:
        raise TrainerError(
            f"{path}: rows have more fields, cut by {delimiter!r}, than the first line has names"
        ) from error
    except (EmptyDataError, ParserError, EOFError, OSError) as error:
        reason = " ".join(str(error).removeprefix("Error tokenizing data. ").removeprefix("C error: ").split())
        raise TrainerError(f"{path} cannot be read as text delimited by {delimiter!r}: {reason}") from error
    return Frame(frame, decimal_commas=delimiter != ",")


def _delimiter(path: Path) -> str:
    """The one that cuts the header into the most names without cutting through quotes; the names are checked."""
    header = _header(path)
    cut = {each: _cut(header, each) for each in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda each: ('"' not in "".join(cut[each]), len(cut[each])))
    names = cut[delimiter]
    if len(names) > MOST_COLUMNS:
        raise TrainerError(
            f"{path} has {len(names)} columns, and at most {MOST_COLUMNS} can be read as text; "
            "leave some out, or write the numbers to a .npz file with X and y"
        )
    try:
        require_different(name for name in names if name)  # pandas would rename one in silence
    except TrainerError as error:
        raise TrainerError(f"{path}: {error}") from error
    return delimiter


def _cut(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:  # a name of more than 131 072 characters is none
        return []


def _header(path: Path) -> str:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            header = file.readline(_LONGEST_HEADER)
            while file.read(_LONGEST_HEADER):  # to the end, so that a wrong encoding is found here
                pass
    except UnicodeDecodeError as error:
        raise TrainerError(
            f"{path} is not UTF-8 text: its byte {error.object[error.start]:#04x} has no meaning there; "
            "save it in the encoding UTF-8"
        ) from error
    except (EOFError, OSError, zlib.error) as error:
        raise TrainerError(f"{path} cannot be read: {error}") from error
    if not header.strip():
        raise TrainerError(f"{path} is empty, or its first line is; the first line must name the columns")
    return header


DELIMITED = Source(".csv, .tsv (also .gz)", lambda path: path.name.lower().endswith(SUFFIXES), read_delimited)
