"""What every experiment has: a config or two, what is measured from one seed, and the effect that it is about."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpsearch.config import Config, load_config
from hpsearch.known import KNOWN
from hpsearch.running import Execution, Hooks, run
from hpsearch.store import SweepFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONFIGS = Path(__file__).parents[2] / "configs" / "experiments"
FEWEST_SEEDS = 5


class Size(StrEnum):
    """How large an experiment is made."""

    MINIATURE = "miniature"  # seconds a seed, to see that it works
    SMALL = "small"  # minutes in all
    FULL = "full"  # the config as it stands


@dataclass(frozen=True)
class Conditions:
    """With what an experiment is made."""

    size: Size
    images: str | None = None  # a data.source of images, where the user has some


@dataclass(frozen=True)
class Effect:
    """Something claimed, and by how much each seed bears it out: above 0 where it does."""

    claim: str
    by_seed: Iterable[float]

    @property
    def shows(self) -> bool:
        """Whether the mean and at least four of five seeds, of no fewer than five, bear it out."""
        found = np.array(list(self.by_seed), float)
        return bool(len(found) >= FEWEST_SEEDS and found.mean() > 0 and (found > 0).mean() >= 0.8)

    def __str__(self) -> str:
        found = np.array(list(self.by_seed), float)
        seeds = f"{(found > 0).sum()} of {len(found)} seeds"
        return f"{self.claim}: {seeds}" if self.shows else f"{self.claim}: only {seeds}, so it does not show here"


class Experiment(ABC):
    """One thing that can be learned about tuning a network."""

    name: ClassVar[str]
    title: ClassVar[str]
    teaches: ClassVar[str]
    """What there is to see, in a sentence or two."""
    on_images: ClassVar[bool] = False
    """Whether it is about images, and so goes by those that the user has."""
    data: ClassVar[str] = "{source}"
    """On what it is measured, for the page."""
    command: ClassVar[str]
    """How a user sees it without this module."""
    changes: ClassVar[Mapping[Size, Sequence[str]]] = {}
    """What each size changes of its configs."""

    @abstractmethod
    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        """What is measured from one seed."""

    @abstractmethod
    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        """What the measurements of all seeds, told apart by the column `seed`, say."""

    @abstractmethod
    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        """The measurements in a table that is read at a glance."""

    @abstractmethod
    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        """Draw them."""

    def overrides(self, conditions: Conditions, seed: int) -> list[str]:
        """What is changed of a config for a size, for a seed, and for the images that there are."""
        return [*self.changes.get(conditions.size, ()), f"seed={seed}", f"data.source={self.source(conditions)}"]

    def source(self, conditions: Conditions) -> str:
        """Its data: the user's images, or else scikit-learn's digits."""
        return conditions.images if self.on_images and conditions.images is not None else "digits"


def loaded(config: str, changes: Sequence[str] = ()) -> Config:
    """One of the experiments' configs, by its file's name."""
    return load_config(CONFIGS / f"{config}.yaml", KNOWN, changes)


def swept(config: str, changes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables of a sweep over one of the configs."""
    changed = loaded(config, changes)
    with TemporaryDirectory() as folder:
        run(changed, Path(folder), Execution(serial=True), Hooks())
        tables = SweepFolder(Path(folder) / changed.run.name).read_tables()
    return {name: table.to_pandas() for name, table in tables.items()}
