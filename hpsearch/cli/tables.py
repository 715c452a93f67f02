"""Tables as aligned text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hpsearch.words import in_a_cell


def as_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """The rows under a header, numbers to the right, everything else to the left."""
    cells = [[in_a_cell(row.get(column), "-") for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[index]) for line in cells), 0) for index, column in enumerate(columns)]
    right = [all(isinstance(row.get(column), int | float | None) for row in rows) for column in columns]

    def line(values: Sequence[str]) -> str:
        padded = (
            f"{value:>{width}}" if to_right else f"{value:{width}}"
            for value, width, to_right in zip(values, widths, right, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(columns), *(line(values) for values in cells)])


def aligned(values: Mapping[str, Any]) -> Iterator[str]:
    """A line each: the name, and the value; what is longer than most names moves the values of all."""
    width = max([16, *map(len, values)])
    for name, value in values.items():
        yield f"  {name:{width}} {f'{value:.6g}' if isinstance(value, float) else value}"
