"""Grid search, so that a user can see why not."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import ClassVar

import numpy as np

from hpsearch.errors import UsageError
from hpsearch.samplers.base import Ask, Point, Proposal, Sampler
from hpsearch.space import Choice, Distribution, Path, Scalar, Setting, Space


class Grid(Sampler):
    """Every combination of a few values of each setting, evenly on its scale; the last setting changes fastest.

    A choice takes all its members, a whole number at most all its values. A setting that does not exist under a
    choice is not varied there, so no two points give the same values.
    """

    kind: ClassVar[str] = "grid"
    widens: ClassVar[bool] = False

    def require(self, space: Space, trials: int) -> None:
        there_are = sum(1 for _ in islice(_grid(space.settings, {}, self.settings.points), trials))
        if there_are < trials:
            raise UsageError(
                f"search.trials asks for {trials} configurations, but the grid of {self.settings.points} points a setting ends after "
                f"{there_are}; ask for fewer trials or more search.points, or use another strategy"
            )

    def propose(self, ask: Ask) -> Proposal:
        """The next points; from the first again where the last round, which is cut short, goes past the end."""
        return Proposal(tuple(islice(self._for_ever(ask.space), ask.proposed, ask.proposed + ask.size)))

    def _for_ever(self, space: Space) -> Iterator[Point]:
        while True:
            yield from _grid(space.settings, {}, self.settings.points)


def _grid(settings: tuple[Setting, ...], found: Mapping[Path, Scalar], points: int) -> Iterator[Point]:
    """The points of the settings that are left, where earlier ones have the values found."""
    if not settings:
        yield ()
        return
    first, *rest = settings
    if not first.exists(found):
        yield from ((0.5, *others) for others in _grid(tuple(rest), found, points))
        return
    for value in _values(first.distribution, points):
        u = first.distribution.to_unit(value)
        yield from ((u, *others) for others in _grid(tuple(rest), {**found, first.path: value}, points))


def _values(distribution: Distribution, points: int) -> list[Scalar]:
    if isinstance(distribution, Choice):
        return list(distribution.labels)
    along = np.linspace(0.0, 1.0, points) if points > 1 else [0.5]
    return list(dict.fromkeys(distribution.from_unit(float(u)) for u in along))
