"""Numbers with a decimal comma, as they are written where no comma delimits."""

from typing import TYPE_CHECKING

from trainer.data.table import MOSTLY, Expected

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NUMBER = r"\s*[+-]?\d+(?:,\d+)?\s*"
THOUSANDS = r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*"


def with_decimal_points(frame: "DataFrame", expected: Expected) -> tuple["DataFrame", tuple[str, ...]]:
    """A table of text with points in the columns of numbers, and a sentence about each that may have meant thousands.

    A column is of numbers if it is `expected` so, or else if at least `MOSTLY` of its values are; the others of its
    values stay as they are.
    """
    frame, notes = frame.copy(deep=False), []
    for place, name in enumerate(frame.columns):
        column, key = frame.iloc[:, place], str(name).strip()
        if key in expected.texts:
            continue
        found = column.str.fullmatch(NUMBER, na=False)
        commas = found & column.str.contains(",", regex=False, na=False)
        if not commas.any() or not (key in expected.numbers or _is_mostly(found, column)):
            continue
        frame[name] = column.mask(commas, column.str.replace(",", ".", regex=False))
        if column[commas].str.fullmatch(THOUSANDS).all():
            text = column[commas].iloc[0].strip()
            notes.append(
                f"the column {key!r}: {text} is read as {text.replace(',', '.')}; "
                "if the comma parts off thousands, take it out of the file"
            )
    return frame, tuple(notes)


def _is_mostly(found: "Series", column: "Series") -> bool:
    return bool(found.sum() >= MOSTLY * column.notna().sum())
