"""Whether the best values lie where the user's ranges end, so that better ones may lie beyond."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hpsearch.space.continuous import Continuous
from hpsearch.space.distribution import Scalar
from hpsearch.space.integer import Integer
from hpsearch.space.space import Path, Space

NEAR = 0.04  # of a continuous range, on its scale


@dataclass(frozen=True)
class Edge:
    """A setting whose value lies at an end of its range."""

    index: int  # of the setting in its space
    name: str
    value: Scalar
    end: str  # lower or upper
    distribution: Continuous | Integer
    beyond: float  # a value a little further out

    def __str__(self) -> str:
        value = f"{self.value:.4g}" if isinstance(self.value, float) else self.value
        return (
            f"the best {self.name}, {value}, lies at the {self.end} end of its range, {self.distribution}: "
            "better values may lie beyond it"
        )


def edges(space: Space, values: Mapping[str, Any]) -> Iterator[Edge]:
    """The settings at an end of their ranges, for the values of a trial by name."""
    found: dict[Path, Scalar] = {}
    for index, setting in enumerate(space.settings):
        name, distribution = space.names[setting.path], setting.distribution
        if not setting.exists(found) or name not in values:
            continue
        value = found[setting.path] = values[name]
        if isinstance(distribution, Integer) and value in (distribution.low, distribution.high):
            upper = value == distribution.high
            yield Edge(index, name, value, _end(upper), distribution, value + (1 if upper else -1))
        elif isinstance(distribution, Continuous) and not NEAR < distribution.to_unit(value) < 1 - NEAR:
            upper = distribution.to_unit(value) > 0.5
            with suppress(OverflowError):  # where no float lies beyond, the range cannot be wider
                yield Edge(index, name, value, _end(upper), distribution, distribution.beyond(upper=upper))


def _end(upper: bool) -> str:
    return "upper" if upper else "lower"
