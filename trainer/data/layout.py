"""What a user says about the columns of a table."""

from dataclasses import dataclass
from typing import Literal

from trainer.errors import TrainerError

Kind = Literal["classification", "regression", "multilabel"]
"""What is to be predicted: one class of several; numbers; or for each of some labels yes or no."""


@dataclass(frozen=True)
class Layout:
    """Which columns of a table are what. Data without named columns can be told its task alone."""

    target: tuple[str, ...] = ()  # what to predict: one column, or several numbers or labels
    drop: tuple[str, ...] = ()  # what to leave out
    task: Literal["auto"] | Kind = "auto"
    group: str | None = None  # rows that are equal here come into one part
    time: str | None = None  # the latest rows are for the test, those before them for validation

    def __post_init__(self) -> None:
        if self.group is not None and self.time is not None:
            raise TrainerError("group and time cannot both order the split; take one of them")
        uses = self.no_features
        twice = sorted({name for name in uses if uses.count(name) > 1})
        if twice:
            raise TrainerError(f"the column {twice[0]!r} is given two uses among target, drop, group and time")

    @property
    def no_features(self) -> tuple[str, ...]:
        """The columns that are used otherwise, or not at all."""
        return (*self.target, *self.drop, *filter(None, (self.group, self.time)))
