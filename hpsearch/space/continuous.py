"""Real numbers, on the scale on which they matter."""

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hpsearch.space.distribution import Distribution, bounds


@dataclass(frozen=True)
class Continuous(Distribution):
    """Uniform on [low, high] after a monotone change of scale."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueError(f"{self.kind} takes finite bounds, not [{self.low}, {self.high}]")

    @classmethod
    def parse(cls, argument: Any) -> "Continuous":
        low, high = bounds(cls.kind, argument)
        return cls(float(low), float(high))

    def from_unit(self, u: float) -> float:
        low, high = self._scale(self.low), self._scale(self.high)
        value = self._unscale(low * (1 - u) + high * u)
        return min(max(value, self.low), self.high)

    def to_unit(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise ValueError(f"{value!r} is not a number in [{self.low}, {self.high}]")
        low, high = self._scale(self.low), self._scale(self.high)
        return min(max((self._scale(value) - low) / (high - low), 0.0), 1.0)

    def beyond(self, *, upper: bool) -> float:
        """A value a twentieth of the range outside of it, on its scale."""
        low, high = self._scale(self.low), self._scale(self.high)
        return self._unscale(high + (high - low) / 20 if upper else low - (high - low) / 20)

    def widened(self, share: float, *, upper: bool) -> Self:
        """One end further out by a share of the range, on its scale; raises ValueError or OverflowError if it cannot be.

        Rounded, so that the last bits of a logarithm do not show.
        """
        low, high = self._scale(self.low), self._scale(self.high)
        value = self._unscale(high + share * (high - low) if upper else low - share * (high - low))
        end = float(f"{value:.12g}")
        return replace(self, high=end) if upper else replace(self, low=end)

    def __str__(self) -> str:
        return f"{self.kind} [{self.low:g}, {self.high:g}]"

    @abstractmethod
    def _scale(self, value: float) -> float: ...

    @abstractmethod
    def _unscale(self, scaled: float) -> float: ...


@dataclass(frozen=True)
class Uniform(Continuous):
    """Every interval of the same width is as likely."""

    kind: ClassVar[str] = "uniform"

    def _scale(self, value: float) -> float:
        return value

    def _unscale(self, scaled: float) -> float:
        return scaled


@dataclass(frozen=True)
class Log(Continuous):
    """Every factor is as likely: uniform in log(value). For learning rates and penalties."""

    kind: ClassVar[str] = "log"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise ValueError(f"log takes bounds above 0, not [{self.low}, {self.high}]")

    def _scale(self, value: float) -> float:
        return math.log(value)

    def _unscale(self, scaled: float) -> float:
        return math.exp(scaled)


@dataclass(frozen=True)
class OneMinusLog(Continuous):
    """Uniform in log(1 − value): for β, whose average reaches back over 1 / (1 − β) steps.

    From A. Ng, Improving Deep Neural Networks (2017), "Using an appropriate scale to pick hyperparameters".
    """

    kind: ClassVar[str] = "one_minus_log"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.high >= 1:
            raise ValueError(f"one_minus_log takes bounds below 1, not [{self.low}, {self.high}]")

    def _scale(self, value: float) -> float:
        return -math.log1p(-value)

    def _unscale(self, scaled: float) -> float:
        return -math.expm1(-scaled)
