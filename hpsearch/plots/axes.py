"""Settings as axes, each on the scale on which it was searched."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.analysis import member_index, points
from hpsearch.plots.style import log_ticks, plain, short
from hpsearch.results import Results
from hpsearch.space import Choice, Distribution
from hpsearch.space.continuous import Continuous, Log, OneMinusLog
from hpsearch.space.integer import Integer, LogInteger

JITTER = 0.5  # of the distance between two members or whole numbers: marks at one place are spread so far
GOLDEN = (math.sqrt(5) - 1) / 2  # multiples of it fill the unit interval evenly
FEW = 12  # whole numbers that are drawn with a tick each
PAD = 0.03  # of the range, beyond both ends


@dataclass(frozen=True)
class Axis:
    """How a setting's axis is drawn, and where its values stand on it."""

    layout: Mapping[str, Any]
    place: Callable[[Any], float]
    stands_in_rows: bool = False  # whether many values stand at one place

    def positions(self, values: Sequence[Any]) -> list[float]:
        """Where values stand; those that would hide one another, side by side."""
        places = np.array([self.place(value) for value in values], float)
        jitter = JITTER * (np.arange(len(places)) * GOLDEN % 1 - 0.5)
        found: list[float] = (places + jitter if self.stands_in_rows else places).tolist()
        return found


def having(results: Results, trials: pd.DataFrame, place: int) -> pd.DataFrame:
    """Those of these trials that have the setting at this place of the space."""
    space, searched = results.space, results.space.settings[place]
    if not (isinstance(searched.distribution, Choice) and None in searched.distribution.labels):
        trials = trials.dropna(subset=[f"param_{space.names[searched.path]}"])
        if sum(setting.path == searched.path for setting in space.settings) == 1:
            return trials
    return trials[space.presence(points(space, trials))[:, place]]  # several members of a choice may have one


def axis_of(title: str, distribution: Distribution) -> Axis:
    """The axis of a setting, on the scale on which it was searched."""
    named = {"title": {"text": plain(title)}}
    if isinstance(distribution, Choice):
        return _of_choice(named, distribution)
    if not isinstance(distribution, Continuous | Integer):
        raise TypeError(f"there is no axis for {distribution}")
    if isinstance(distribution, Integer) and distribution.high - distribution.low < FEW:
        whole = list(range(distribution.low, distribution.high + 1))
        rows = {"tickvals": whole, "range": [distribution.low - 0.5, distribution.high + 0.5], "showgrid": False}
        return Axis(named | rows, float, stands_in_rows=True)
    low, high = float(distribution.low), float(distribution.high)
    if isinstance(distribution, OneMinusLog):
        ticks = one_minus_ticks(low, high)
        texts = {"tickvals": [1 - tick for tick in ticks], "ticktext": [f"{tick:.6g}" for tick in ticks]}
        return Axis(named | _logarithmic(1 - low, 1 - high) | texts, lambda value: 1 - float(value))
    if isinstance(distribution, Log | LogInteger):
        return Axis(named | _logarithmic(low, high) | log_ticks(math.log10(low), math.log10(high)), float)
    return Axis(named | {"range": _padded(low, high)}, float)


def _of_choice(named: Mapping[str, Any], choice: Choice) -> Axis:
    count = len(choice.labels)
    ticks = {"tickvals": list(range(count)), "ticktext": [short(label) for label in choice.labels]}
    layout = {**named, **ticks, "range": [-0.5, count - 0.5], "showgrid": False}

    def place(value: Any) -> float:
        index = member_index(choice, value)
        return math.nan if index is None else index

    return Axis(layout, place, stands_in_rows=True)


def _logarithmic(low: float, high: float) -> dict[str, Any]:
    ends = math.log10(low), math.log10(high)
    return {"type": "log", "range": _padded(*ends)}


def one_minus_ticks(low: float, high: float) -> list[float]:
    """Round numbers on a scale that is logarithmic in 1 − β: 0.9, 0.95, 0.98, 0.99, …; the ends where there is no room."""
    decades = range(math.floor(math.log10(1 - high)), math.ceil(math.log10(1 - low)) + 1)
    rounded = sorted({round(1 - step * 10.0**decade, 12) for decade in decades for step in (1, 2, 5)})
    inside = [tick for tick in rounded if low <= tick <= high]
    nines = [tick for tick in inside if round(math.log10(1 - tick), 6).is_integer()]
    return nines if len(nines) > 2 else inside if len(inside) > 1 else [low, high]


def _padded(low: float, high: float) -> list[float]:
    return [low - PAD * (high - low), high + PAD * (high - low)]
