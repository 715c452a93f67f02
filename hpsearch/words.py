"""What is told to people: figures as they say them."""

from collections.abc import Callable
from typing import Any

Say = Callable[[str], None]
"""Told, in a sentence, what the user should know."""


def counted(count: int, noun: str) -> str:
    """As in "1 trial", "2,000 trials"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def in_a_cell(value: Any, missing: str) -> str:
    """A value as it stands in a table; `missing` is for None and for what is not a number."""
    if value is None or value != value:  # noqa: PLR0124 - a NaN is the only value that differs from itself
        return missing
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def how_long(seconds: float) -> str:
    """A length of time, rounded so that it is quick to read."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
