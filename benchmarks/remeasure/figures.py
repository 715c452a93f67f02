"""What is compared: a figure as it was recorded, the interval it may lie in, and what it is now."""

import re
from dataclasses import dataclass

import numpy as np

from benchmarks.pages import RESULTS

TIME, RATIO = 2.0, 1.6
"""How much longer something may take on another day or machine, and how much a ratio of times of one run may differ."""
SAME, BAR = "the same", "a bar"
A_TIME, A_RATIO = f"a time: up to {TIME:g}×", f"a ratio of one run: within {RATIO:g}×"
SEEDS = "two standard errors of other seeds"
"""Why an interval is what it is."""


@dataclass(frozen=True)
class Figure:
    """A figure, measured again."""

    benchmark: str
    what: str
    sample: str  # what was measured now, of what there is
    recorded: float | None  # None where only a bar is set
    low: float
    high: float
    measured: float
    why: str  # the interval is what it is

    @property
    def holds(self) -> bool:
        """Whether it lies in its interval."""
        return self.low <= self.measured <= self.high

    def row(self) -> str:
        """As a row of the page."""
        values = ["" if value is None else f"{value:.4g}" for value in (self.recorded, self.measured)]
        interval = f"{self.low:.4g} … {self.high:.4g} ({self.why})"
        cells = [
            self.benchmark,
            self.what,
            self.sample,
            values[0],
            interval,
            values[1],
            "yes" if self.holds else "**no**",
        ]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Sample:
    """What is measured: a share of everything, drawn by a seed."""

    seed: int
    size: float = 1.0  # 1 is what `make bench` takes, less than an hour in all

    def rng(self, benchmark: str) -> np.random.Generator:
        """For what is drawn in a benchmark; none depends on which others are measured."""
        return np.random.default_rng([self.seed, *benchmark.encode()])

    def count(self, usual: int, most: int) -> int:
        """How many of `most` to take, where `usual` are taken at size 1; at least one."""
        return min(most, max(1, round(self.size * usual)))

    def draw(self, benchmark: str, usual: int, most: int) -> list[int]:
        """Which of `most` things to take, in order."""
        return sorted(self.rng(benchmark).choice(most, self.count(usual, most), replace=False).tolist())


def recorded(page: str, pattern: str) -> float:
    """The figure that a page of results has at the pattern's group; raises LookupError."""
    found = re.findall(pattern, (RESULTS / page).read_text(encoding="utf-8"))
    if len(found) != 1:
        raise LookupError(f"{page} has {len(found)} places like {pattern!r}, where one was to be found")
    return number(found[0])


def number(text: str) -> float:
    """A number as people write it: 10 000, 76%."""
    plain = text.replace(" ", "").replace(",", "")
    return float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
