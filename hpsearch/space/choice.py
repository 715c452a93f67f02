"""One of several members, which may be whole blocks of a config."""

import json
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from hpsearch.space.distribution import Distribution, Scalar
from hpsearch.space.integer import EDGE


@dataclass(frozen=True)
class Choice(Distribution):
    """Every member is as likely. A setting's value is the member's label; a scalar is its own label."""

    labels: tuple[Scalar, ...]
    members: tuple[Any, ...] = field(hash=False)  # which may be blocks

    kind: ClassVar[str] = "choice"
    ordered: ClassVar[bool] = False

    @classmethod
    def parse(cls, argument: Any) -> "Choice":
        """From a list of members, or from a mapping of labels to members."""
        if not isinstance(argument, list | dict) or len(argument) < 2:
            raise ValueError(f"choice takes a list (or a mapping of names) of at least two members, not {argument!r}")
        members = [*argument, *argument.values()] if isinstance(argument, dict) else argument  # labels are values too
        if any(isinstance(member, float) and not math.isfinite(member) for member in members):
            raise ValueError(f"choice takes finite numbers, not {argument!r}")
        if any(isinstance(member, int) and abs(member) >= 2**63 for member in members):
            raise ValueError(f"choice takes whole numbers below 2**63 in size, not {argument!r}")
        if isinstance(argument, dict):
            return cls(tuple(argument), tuple(argument.values()))
        labels = tuple(_label(member) for member in argument)
        if len({(type(label), label) for label in labels}) < len(labels):
            raise ValueError(f"choice takes members that differ, not {argument!r}")
        return cls(labels, tuple(argument))

    def from_unit(self, u: float) -> Scalar:
        return self.labels[int(min(u, EDGE) * len(self.labels))]

    def indices(self, units: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Which member stands at each of these coordinates; as `from_unit`, for many."""
        return (np.minimum(units, EDGE) * len(self.labels)).astype(np.intp)

    def to_unit(self, value: Any) -> float:
        for index, label in enumerate(self.labels):
            if type(label) is type(value) and label == value:
                return (index + 0.5) / len(self.labels)
        raise ValueError(f"{value!r} is not one of {list(self.labels)}")

    def extremes(self) -> tuple[float, ...]:
        return tuple((index + 0.5) / len(self.labels) for index in range(len(self.labels)))

    def __str__(self) -> str:
        return f"choice {', '.join(str(label) for label in self.labels)}"

    def member(self, label: Scalar) -> Any:
        """The member that bears `label`."""
        return self.members[int(self.to_unit(label) * len(self.members))]


def _label(member: Any) -> Scalar:
    return json.dumps(member) if isinstance(member, list | dict) else member
