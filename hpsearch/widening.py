"""Ranges that grow from round to round where the best trial lies at their end.

A round writes its ranges down, so those of the next follow from the rounds before it alone, as all of the search does.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from hpsearch.records import Observation, Round, Trial
from hpsearch.space import Distribution, Edge, Scalar, Space, edges
from hpsearch.space.continuous import Continuous
from hpsearch.space.integer import Integer

STEP = 0.25  # by which an end moves out at once: a share of the range at first, on its scale
MOST = 4  # steps of each end
FEWEST = 8  # completed configurations before the best says anything about a range

Range = tuple[Scalar, Scalar]
"""The ends of a setting's range; None for a choice."""

Allows = Callable[[Space], bool]
"""Whether every point of a space is a legal run."""

Seen = TypeVar("Seen", Observation, Trial)


def range_of(distribution: Distribution) -> Range:
    """The ends of a distribution."""
    return (distribution.low, distribution.high) if isinstance(distribution, Continuous | Integer) else (None, None)


def space_of(first: Space, planned: Round) -> Space:
    """The space of a round; `first` is that of the config."""
    return _with_ranges(first, _ranges(planned))


def next_space(first: Space, earlier: Sequence[Round], history: Sequence[Observation], allows: Allows) -> Space:
    """The space of the round after the `earlier` ones, given all that it may know.

    It is that of the last round; but where the best completed configuration lies at an end of its range, that end
    moves out, if the wider range is legal.
    """
    space = space_of(first, earlier[-1]) if earlier else first
    completed = [seen for seen in history if seen.score is not None and not seen.extrapolated]
    if len(completed) < FEWEST:
        return space
    best = min(completed, key=lambda seen: (seen.score, seen.number))
    for edge in edges(space, space_of(first, earlier[best.round]).values(best.unit)):
        wider = _wider(first.settings[edge.index].distribution, edge)
        if wider is not None and allows(candidate := space.with_distribution(edge.index, wider)):
            space = candidate
    return space


def widenings(first: Space, space: Space) -> list[str]:
    """Sentences on the settings whose range is wider than at first."""
    return [
        f"the range of {title} was widened from {before.distribution} to {after.distribution}"
        for title, before, after in zip(first.titles, first.settings, space.settings, strict=True)
        if before != after
    ]


def placed(seen: Sequence[Seen], first: Space, earlier: Sequence[Round], space: Space) -> list[Seen]:
    """Trials of the `earlier` rounds, or what is known of them, with their points as those of `space`."""
    now = tuple(range_of(setting.distribution) for setting in space.settings)
    before = {ranges: _with_ranges(first, ranges) for ranges in map(_ranges, earlier) if ranges != now}
    spaces = [before.get(_ranges(planned)) for planned in earlier]
    return [
        each if (old := spaces[each.round]) is None else replace(each, unit=_moved(each.unit, old, space))
        for each in seen
    ]


def _moved(unit: Sequence[float], old: Space, new: Space) -> tuple[float, ...]:
    """The point of `new` with the values of a point of `old`."""
    pairs = [(each.distribution, other.distribution) for each, other in zip(old.settings, new.settings, strict=True)]
    return tuple(u if a == b else b.to_unit(a.from_unit(u)) for u, (a, b) in zip(unit, pairs, strict=True))


def _ranges(planned: Round) -> tuple[Range, ...]:
    return tuple((place.range_low, place.range_high) for place in planned.region)


def _with_ranges(first: Space, ranges: Sequence[Range]) -> Space:
    space = first
    for index, ((low, high), setting) in enumerate(zip(ranges, first.settings, strict=True)):
        distribution = setting.distribution
        if (low, high) != range_of(distribution):
            space = space.with_distribution(index, distribution.parse([low, high]))
    return space


def _wider(first: Distribution, edge: Edge) -> Continuous | Integer | None:
    """The range of an edge with its end a step further out; None if there is no such range."""
    if not isinstance(first, Continuous | Integer):
        return None
    now, upper = edge.distribution, edge.end == "upper"
    for step in range(1, MOST + 1):
        try:
            wider = first.widened(step * STEP, upper=upper)
            if (wider.high > now.high) if upper else (wider.low < now.low):
                return type(now).parse([now.low, wider.high] if upper else [wider.low, now.high])
        except (ValueError, OverflowError):  # beyond what the scale or a float can hold, or a config may say
            return None
    return None
