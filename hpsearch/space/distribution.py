"""What a distribution is: a scale between the unit interval and the values of a setting."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

Scalar = bool | int | float | str | None
"""A value that a setting can take, as it stands in a config and in a Parquet column."""


LARGEST = 1e300  # so that the difference of two bounds is a number


class Distribution(ABC):
    """Maps u in [0, 1], uniformly distributed, to values of the setting, and back."""

    kind: ClassVar[str]
    """The key by which a config asks for it."""
    ordered: ClassVar[bool] = True
    """Whether neighbours in u are neighbours in value."""

    @abstractmethod
    def from_unit(self, u: float) -> Scalar:
        """The value at u; never outside the bounds."""

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Some u at which `from_unit` gives `value`; raises ValueError for a value it never gives."""

    @classmethod
    @abstractmethod
    def parse(cls, argument: Any) -> "Distribution":
        """From what stands behind the key in a config; raises ValueError with the rule that is broken."""

    def extremes(self) -> Sequence[float]:
        """Coordinates that between them show every kind of value; enough to try whether all are legal."""
        return (0.0, 1.0)


def bounds(kind: str, argument: Any) -> tuple[Any, Any]:
    """The two numbers of `kind: [low, high]`, in order."""
    if not isinstance(argument, list | tuple) or len(argument) != 2:
        raise ValueError(f"{kind} takes [low, high], not {argument!r}")
    if any(isinstance(bound, bool) or not isinstance(bound, int | float) for bound in argument):
        raise ValueError(f"{kind} takes two numbers, not {argument!r}")
    low, high = argument
    if max(abs(low), abs(high)) > LARGEST:
        raise ValueError(f"{kind} takes bounds of at most {LARGEST:g} in size, not {argument!r}")
    if not low < high:
        raise ValueError(f"{kind} takes [low, high] with low < high, not {argument!r}")
    return low, high
