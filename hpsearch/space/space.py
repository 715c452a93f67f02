"""A space: a config in which distributions stand where values would."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt

from hpsearch.space.choice import Choice
from hpsearch.space.continuous import Log, OneMinusLog, Uniform
from hpsearch.space.distribution import Distribution, Scalar
from hpsearch.space.integer import Integer, LogInteger

DISTRIBUTIONS: Mapping[str, type[Distribution]] = {
    distribution.kind: distribution for distribution in (Uniform, Log, OneMinusLog, Integer, LogInteger, Choice)
}

Path = tuple[str | int, ...]
"""Where a value stands in a config: keys and list positions."""


Units = npt.NDArray[np.float64]
"""Points of the unit cube, (points, settings)."""


class SpaceError(ValueError):
    """A distribution that cannot be; `path` says where it stands."""

    def __init__(self, path: Path, rule: str) -> None:
        super().__init__(rule)
        self.path = path


@dataclass(frozen=True)
class Setting:
    """A place in a config whose value is searched."""

    path: Path
    distribution: Distribution
    conditions: tuple[tuple[Path, Scalar], ...]
    """The choices, by path and label, that must have been made for the setting to exist."""

    def exists(self, found: Mapping[Path, Scalar]) -> bool:
        """Whether there is such a setting where those that stand before it have the values found."""
        return all(path in found and found[path] == label for path, label in self.conditions)

    def __str__(self) -> str:
        conditions = "".join(f", where {dotted(path)} is {label}" for path, label in self.conditions)
        return f"{dotted(self.path)}: {self.distribution}{conditions}"


@dataclass(frozen=True)
class Space:
    """The settings that vary. A point of the space is a vector in the unit cube, a coordinate a setting.

    Coordinates of settings whose conditions do not hold are there, but without effect.
    """

    template: Any = field(hash=False)  # the config as dicts and lists, with a Setting where a value is searched
    settings: tuple[Setting, ...]

    @classmethod
    def of(cls, tree: Any) -> "Space":
        """Find the distributions in a config's tree; raises SpaceError."""
        if is_distribution(tree):
            raise SpaceError((), "a config as a whole cannot be a distribution")
        template = _parse(tree, (), ())
        return cls(template, tuple(_settings(template)))

    @cached_property
    def names(self) -> Mapping[Path, str]:
        """The column of each setting: its last key, or its whole path where two would be equal."""
        paths = list(dict.fromkeys(setting.path for setting in self.settings))
        short = Counter(_short_name(path) for path in paths)
        return {path: _short_name(path) if short[_short_name(path)] == 1 else _long_name(path) for path in paths}

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """A name for each setting that no other has: those in several members of a choice name theirs."""
        names = [self.names[setting.path] for setting in self.settings]
        return tuple(
            name if names.count(name) == 1 else f"{name} ({', '.join(str(label) for _, label in setting.conditions)})"
            for name, setting in zip(names, self.settings, strict=True)
        )

    def with_distribution(self, index: int, distribution: Distribution) -> "Space":
        """The same space but for the range of one setting."""
        changed = replace(self.settings[index], distribution=distribution)
        return replace(self, settings=(*self.settings[:index], changed, *self.settings[index + 1 :]))

    def values(self, unit: Sequence[float]) -> dict[str, Scalar]:
        """The values at a point, by name, of the settings that exist there."""
        found: dict[Path, Scalar] = {}
        for setting, u in zip(self.settings, unit, strict=True):
            if setting.exists(found):
                found[setting.path] = setting.distribution.from_unit(u)
        return {self.names[path]: value for path, value in found.items()}

    def point(self, values: Mapping[str, Scalar]) -> tuple[float, ...]:
        """A point with these values, which must be just those of the settings that exist there; raises ValueError."""
        found: dict[Path, Scalar] = {}
        unit = [0.5] * len(self.settings)
        for index, setting in enumerate(self.settings):
            name = self.names[setting.path]
            if not setting.exists(found):
                continue
            if name not in values:
                raise ValueError(f"a value of {name!r} is missing")
            try:
                unit[index] = setting.distribution.to_unit(values[name])
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
            found[setting.path] = values[name]
        names = [self.names[path] for path in found]
        for name in values:
            if name not in names:
                raise ValueError(f"there is no searched setting {name!r} here; there are {', '.join(names)}")
        return tuple(unit)

    def presence(self, units: Units) -> npt.NDArray[np.bool_]:
        """Which settings exist at each of the points `units` (points, settings); of the same shape."""
        there = np.ones(units.shape, bool)
        for index, setting in enumerate(self.settings):
            for path, label in setting.conditions:
                there[:, index] &= self._made(path, label, units, there)
        return there

    def _made(self, path: Path, label: Scalar, units: Units, there: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """At which points the choice at `path` fell on `label`; (points,)."""
        made = np.zeros(len(units), bool)
        for index, parent in enumerate(self.settings):
            if parent.path == path and isinstance(parent.distribution, Choice):
                chosen = parent.distribution.indices(units[:, index])
                made |= there[:, index] & np.array([each == label for each in parent.distribution.labels])[chosen]
        return made

    def __str__(self) -> str:
        return "\n".join(str(setting) for setting in self.settings)

    def fill(self, values: Mapping[str, Scalar]) -> Any:
        """The config with these values in place of the distributions."""
        return _fill(self.template, {path: values[name] for path, name in self.names.items() if name in values})

    def trials_of_every_kind(self) -> Iterator[tuple[Setting | None, tuple[float, ...]]]:
        """Points that between them show each setting at its extremes: enough for rules about a single setting.

        With each comes the setting that is at an extreme; None for the point in the middle of everything.
        """
        yield None, tuple([0.5] * len(self.settings))
        for index, setting in enumerate(self.settings):
            point = self._where(setting.conditions)
            for u in setting.distribution.extremes():
                point[index] = u
                yield setting, tuple(point)

    def trials_of_every_pair(self) -> Iterator[tuple[float, ...]]:
        """Those points, and each two settings at their extremes together: if all are legal configs, all points are.

        No rule is about more than two settings that are searched.
        """
        yield from (point for _, point in self.trials_of_every_kind())
        for (i, one), (j, other) in combinations(enumerate(self.settings), 2):
            needed = {**dict(one.conditions), **dict(other.conditions)}
            together = {*needed.items()} == {*one.conditions, *other.conditions}
            if not together or one.path in needed or other.path in needed:  # a choice's own members were seen alone
                continue
            point = self._where(tuple(needed.items()))
            for u, v in product(one.distribution.extremes(), other.distribution.extremes()):
                point[i], point[j] = u, v
                yield tuple(point)

    def _where(self, conditions: Sequence[tuple[Path, Scalar]]) -> list[float]:
        """The point in the middle of everything, but for choices that are made so."""
        point = [0.5] * len(self.settings)
        for path, label in conditions:
            for index, parent in enumerate(self.settings):
                choice = parent.distribution
                if parent.path == path and isinstance(choice, Choice) and label in choice.labels:
                    point[index] = choice.to_unit(label)
        return point


def is_distribution(tree: Any) -> bool:
    """Whether this part of a config is a distribution: a mapping with just its kind as key."""
    return isinstance(tree, dict) and len(tree) == 1 and next(iter(tree)) in DISTRIBUTIONS


def _parse(tree: Any, path: Path, conditions: tuple[tuple[Path, Scalar], ...]) -> Any:
    if is_distribution(tree):
        [(kind, argument)] = tree.items()
        try:
            distribution = DISTRIBUTIONS[kind].parse(argument)
        except ValueError as error:
            raise SpaceError(path, str(error)) from error
        if isinstance(distribution, Choice):
            members = zip(distribution.labels, distribution.members, strict=True)
            parsed = tuple(
                _parse(member, _member_path(path, member), (*conditions, (path, label))) for label, member in members
            )
            distribution = Choice(distribution.labels, parsed)
        return Setting(path, distribution, conditions)
    if isinstance(tree, dict):
        return {key: _parse(value, (*path, key), conditions) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_parse(value, (*path, index), conditions) for index, value in enumerate(tree)]
    return tree


def _member_path(path: Path, member: Any) -> Path:
    """A distribution that is itself a member (`l2: {choice: [0, {log: …}]}`) is a setting beside the choice: `l2_log`."""
    return (*path, next(iter(member))) if is_distribution(member) else path


def _settings(template: Any) -> Iterator[Setting]:
    """The settings of a template, parents before what depends on them."""
    if isinstance(template, Setting):
        yield template
        if isinstance(template.distribution, Choice):
            for member in template.distribution.members:
                yield from _settings(member)
    elif isinstance(template, dict | list):
        for value in template.values() if isinstance(template, dict) else template:
            yield from _settings(value)


def _fill(template: Any, values: Mapping[Path, Scalar]) -> Any:
    if isinstance(template, Setting):
        value = values[template.path]
        if isinstance(template.distribution, Choice):
            return _fill(template.distribution.member(value), values)
        return value
    if isinstance(template, dict):
        return {key: _fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_fill(value, values) for value in template]
    return template


def _short_name(path: Path) -> str:
    """The last key, and what follows it: an element's number in a list, the kind of a distribution in a choice."""
    keys = [index for index, part in enumerate(path) if isinstance(part, str) and part not in DISTRIBUTIONS]
    return _long_name(path[keys[-1] :])


def dotted(path: Path) -> str:
    """A path as it is written in overrides."""
    return ".".join(str(part) for part in path)


def _long_name(path: Path) -> str:
    return "_".join(str(part + 1 if isinstance(part, int) else part) for part in path)
