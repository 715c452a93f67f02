"""Rules for settings: a value that breaks one gets a sentence that says which."""

import math
from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import numpy as np

from trainer.errors import TrainerError


def require(holds: bool, name: str, value: object, rule: str) -> None:
    """Raise TrainerError unless the rule holds."""
    if not holds:
        raise TrainerError(f"{name} must be {rule}; it is {value!r}")


def require_one_of(name: str, value: object, known: Collection[str]) -> None:
    """One of the names that a registry knows."""
    require(isinstance(value, str) and value in known, name, value, f"one of {', '.join(known)}")


def require_flag(name: str, value: object) -> None:
    """True or False."""
    require(isinstance(value, bool | np.bool_), name, value, "True or False")


def require_count(name: str, value: Any) -> None:
    """A whole number from 1."""
    require(_is_a(Integral, value) and value >= 1, name, value, "at least 1, a whole number")


def require_positive(name: str, value: Any) -> None:
    """Above 0; infinity is."""
    require(_is_a(Real, value) and value > 0, name, value, "above 0, a number")


def require_not_negative(name: str, value: Any) -> None:
    """0 or more, and finite."""
    require(_is_a(Real, value) and 0 <= value < math.inf, name, value, "at least 0, a number")


def require_fraction(name: str, value: Any) -> None:
    """A probability or a share that is not the whole."""
    require(_is_a(Real, value) and 0 <= value < 1, name, value, "at least 0 and below 1, a number")


def _is_a(kind: type, value: object) -> bool:
    return isinstance(value, kind)
