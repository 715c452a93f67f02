"""Whole numbers."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hpsearch.space.distribution import Distribution, bounds

LARGEST_EXACT = 2**53  # up to here a float is exact
EDGE = math.nextafter(1.0, 0.0)  # u = 1 belongs to the last value, not to one beyond it


@dataclass(frozen=True)
class Integer(Distribution):
    """Every whole number from low to high, both included, is as likely."""

    low: int
    high: int

    kind: ClassVar[str] = "int"

    @classmethod
    def parse(cls, argument: Any) -> "Integer":
        low, high = bounds(cls.kind, argument)
        if not (isinstance(low, int) and isinstance(high, int)):
            raise ValueError(f"{cls.kind} takes two whole numbers, not {argument!r}")
        if max(abs(low), abs(high)) > LARGEST_EXACT:
            raise ValueError(f"{cls.kind} takes bounds of at most 2**53 in size, not {argument!r}")
        return cls(low, high)

    def from_unit(self, u: float) -> int:
        low, high = self._scale(self.low - 0.5), self._scale(self.high + 0.5)
        value = round(self._unscale(low + (high - low) * min(u, EDGE)))
        return min(max(value, self.low), self.high)

    def to_unit(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError(f"{value!r} is not a whole number in [{self.low}, {self.high}]")
        low, high = self._scale(self.low - 0.5), self._scale(self.high + 0.5)
        return (self._scale(value) - low) / (high - low)

    def widened(self, share: float, *, upper: bool) -> Self:
        """One end further out by a share of the range, on its scale, and by 1 at least.

        Raises ValueError or OverflowError if it cannot be.
        """
        low, high = self._scale(self.low - 0.5), self._scale(self.high + 0.5)
        if upper:
            value = max(round(self._unscale(high + share * (high - low)) - 0.5), self.high + 1)
        else:
            value = min(round(self._unscale(low - share * (high - low)) + 0.5), self.low - 1)
        if abs(value) > LARGEST_EXACT:
            raise ValueError(f"{value} is above 2**53 in size")
        return replace(self, high=value) if upper else replace(self, low=value)

    def __str__(self) -> str:
        return f"{self.kind} [{self.low}, {self.high}]"

    def _scale(self, value: float) -> float:
        return value

    def _unscale(self, scaled: float) -> float:
        return scaled


@dataclass(frozen=True)
class LogInteger(Integer):
    """Whole numbers, every factor as likely: n has the share of [n − ½, n + ½] on the log scale. For widths."""

    kind: ClassVar[str] = "log_int"

    def __post_init__(self) -> None:
        if self.low < 1:
            raise ValueError(f"log_int takes bounds of at least 1, not [{self.low}, {self.high}]")

    def _scale(self, value: float) -> float:
        return math.log(value)

    def _unscale(self, scaled: float) -> float:
        return math.exp(scaled)
