"""What a source of data is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.arrays import Array

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Arrays:
    """Numbers without names, as a source gives them."""

    x: Array  # (rows, features), finite real numbers
    y: Array | None  # (rows,) or (rows, outputs); None: there are none, so these rows are for prediction alone
    classes: tuple[str, ...] | None = None  # the names of the labels 0, 1, … in y, where the format has some


@dataclass(frozen=True)
class Frame:
    """A table as its source gives it."""

    frame: "DataFrame"
    decimal_commas: bool = False  # whether numbers in its texts may have a comma for a point


@dataclass(frozen=True)
class Source:
    """A format of files or folders."""

    known_as: str  # in words, for a sentence about what can be read
    recognises: Callable[[Path], bool]
    """Whether a path is of this format, by its name or by what is in the folder."""
    read: Callable[[Path], Frame | Arrays]
    """A table or arrays; raises TrainerError, in a sentence, for what is damaged or of another kind."""
