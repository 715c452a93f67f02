"""A config file, checked: what is fixed, what is searched, and one run for each point of the space."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, get_args

from pydantic import ValidationError

from hpsearch.config.models import FORMS, WIDTHS, WORD, Block, Known, Run, nearest
from hpsearch.config.yaml_text import (
    Document,
    document_of_mapping,
    document_of_text,
    dump,
    parse_value,
    read_document,
)
from hpsearch.errors import UsageError
from hpsearch.location import Location, location
from hpsearch.space import DISTRIBUTIONS, Choice, Path, Scalar, Space, SpaceError, dotted, edges, is_distribution

SEARCHABLE = ("model", "train")
Source = Location | str | Mapping[str, Any]
"""A config: a file's path; its YAML text, which is the string that has a line break in it; or what the YAML says."""
PLUGINS = "plugins"
"""The folder of plug-ins, beside the config of a sweep."""


@dataclass(frozen=True)
class Config:
    """A sweep's settings."""

    tree: Any  # as written, distributions in their places
    space: Space
    run: Run
    """The run in the middle of the space; its settings outside of `SEARCHABLE` hold for every trial."""
    known: Known

    def trial(self, values: Mapping[str, Scalar]) -> Run:
        """The run in which the searched settings have these values."""
        return Run.model_validate(self.space.fill(values), context=self.known)

    def settled(self, values: Mapping[str, Scalar]) -> dict[str, Any]:
        """The settings of that run, as the tree of a config in which nothing is searched."""
        settings = self.trial(values).model_dump(mode="json")
        settings["search"]["start_with"] = []  # it names searched settings, and here there is none
        return settings

    def allows(self, space: Space) -> bool:
        """Whether every point of a space of the same settings is a legal run."""
        return all(self._is_legal(space.values(point)) for point in space.trials_of_every_pair())

    def edges(self, values: Mapping[str, Scalar], space: Space | None = None) -> list[str]:
        """Sentences on the settings whose values lie at an end of their range, where a wider one would be legal.

        The ranges are those of `space`, where some were widened.
        """
        found = edges(space or self.space, values)
        return [str(edge) for edge in found if self._is_legal({**values, edge.name: edge.beyond})]

    def _is_legal(self, values: Mapping[str, Scalar]) -> bool:
        try:
            self.trial(values)
        except ValidationError:
            return False
        return True

    def text(self) -> str:
        """The config as YAML, with every default written out and the distributions in their places."""
        tree = {**self.tree, "plugins": [f"{PLUGINS}/{name}" for name, _ in self.known.plugins]}
        return dump(_with_defaults(tree, Run.defaults()))


def load_config(config: Source, known: Known, overrides: Sequence[str] = ()) -> Config:
    """Read and check a config, with `overrides` of the form KEY=VALUE; raises UsageError."""
    document, folder = _document(config)
    for override in overrides:
        document = _override(document, override)
    if document.tree.get("plugins"):
        known = _known_with(document, folder, known)
    return check_config(_with_absolute_source(document, known.bundled), known)


def _document(config: Source) -> tuple[Document, Location]:
    """What a config says, and the folder from which the paths in it start."""
    if isinstance(config, Mapping):
        return document_of_mapping(config, "the config"), FilePath()
    if isinstance(config, str) and "\n" in config:
        return document_of_text(config, "the config"), FilePath()
    file = location(config) if isinstance(config, str) else config
    return read_document(file), file.parent


def _known_with(document: Document, folder: Location, known: Known) -> Known:
    """The names that configs may use, with those of the plug-ins; their paths start from the config's folder."""
    paths, place = document.tree["plugins"], document.place(("plugins",))
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise UsageError(f"{place}: plugins must be a list of Python files; it is {paths!r}")
    plugins: dict[str, str] = {}
    for path in map(FilePath, paths):
        if path.name in plugins:
            raise UsageError(f"{place}: plugins: two files are called {path.name}; rename one")
        try:
            plugins[path.name] = (folder / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"{place}: plugins: {folder / path} cannot be read: {reason}") from error
    try:
        return known.extended(tuple(plugins.items()))
    except UsageError as error:
        raise UsageError(f"{place}: plugins: {error}") from error


def _with_absolute_source(document: Document, bundled: Sequence[str]) -> Document:
    """A data file or folder by its absolute path, so that the sweep finds it again from any folder."""
    data = document.tree.get("data")
    if not isinstance(data, dict) or not isinstance(source := data.get("source"), str):
        return document
    if source in bundled or not os.path.exists(source):  # noqa: PTH110 - a path too long is no file, not an error
        return document
    return replace(document, tree={**document.tree, "data": {**data, "source": str(FilePath(source).resolve())}})


def check_config(document: Document, known: Known) -> Config:
    """Check that every point of the config's space is a legal run; raises UsageError."""
    try:
        space = Space.of(document.tree)
    except SpaceError as error:
        raise UsageError(f"{document.place(error.path)}: {dotted(error.path)}: {error}") from error
    for setting in space.settings:
        if setting.path[0] not in SEARCHABLE:
            raise UsageError(
                f"{document.place(setting.path)}: {dotted(setting.path)} cannot be searched; "
                f"only settings under {' and '.join(SEARCHABLE)} can"
            )
    runs = []
    for point in space.trials_of_every_pair():
        try:
            runs.append(Run.model_validate(space.fill(space.values(point)), context=known))
        except ValidationError as error:
            raise UsageError(_sentence(error, document)) from error
    metric, recorded = runs[0].search.metric, runs[0].recorded
    if metric not in recorded:
        place = document.place(("search", "metric"))
        rule = "says nothing of how good a trial is" if metric in runs[0].spreads else "is not recorded"
        raise UsageError(f"{place}: search.metric: {metric!r} {rule}; {nearest(metric, recorded)}")
    _check_start(runs[0].search.start_with, space, document)
    return Config(document.tree, space, runs[0], known)


def _check_start(configurations: Sequence[Mapping[str, Any]], space: Space, document: Document) -> None:
    """Check that each known configuration is a point of the space; raises UsageError."""
    names = list(space.names.values())
    for index, values in enumerate(configurations):
        place = f"{document.place(('search', 'start_with', index))}: search.start_with.{index}"
        for name in values:
            if name not in names:
                raise UsageError(f"{place}: no setting {name!r} is searched; {nearest(name, names)}")
        try:
            space.point(values)
        except ValueError as error:
            raise UsageError(f"{place}: {error}") from error


def _override(document: Document, override: str) -> Document:
    """Replace one value of the document."""
    key, equals, text = override.partition("=")
    path = tuple(key.split("."))
    if not equals or not all(path):
        raise UsageError(f"--set takes KEY=VALUE, as in train.epochs=5, not {override!r}")
    if any(part.isdigit() for part in path):
        raise UsageError(f"--set {override}: a list is set as a whole, as in model.hidden=[64,64]")
    source = f"--set {override}"
    value = parse_value(text, source)

    def replaced(tree: Any, path: Path) -> Any:
        if not path:
            return value
        if is_distribution(tree):
            raise UsageError(
                f"--set {override}: above it there is a distribution; replace that as a whole, or edit the file"
            )
        branch = tree if isinstance(tree, dict) else {}
        return {**branch, path[0]: replaced(branch.get(path[0]), path[1:])}

    inside = {old: place for old, place in document.places.items() if old[: len(path)] != path}
    return Document(replaced(document.tree, path), {**inside, path: source})


def _sentence(error: ValidationError, document: Document) -> str:
    """The first of pydantic's complaints: where, which setting, the rule, the value received."""
    first = error.errors()[0]
    path: Path = tuple(part for part in first["loc"] if part not in (*FORMS, "[key]"))
    key, value = dotted(path), first["input"]
    rule = _readable(first["msg"].removeprefix("Value error, ").replace("Input should be", "must be"))
    match first["type"]:
        case "extra_forbidden":
            text = f"there is no setting {key!r}; {nearest(str(path[-1]), _siblings(path))}"
        case "missing":
            text = f"the setting {key!r} is missing"
        case "invalid_key":
            text = f"{key}: the names of settings are strings, not {path[-1]!r}"
        case "string_type" if first["loc"][-1] == "[key]":
            text = f"{dotted(path[:-1])}: a label is a string; write {path[-1]} in quotes"
        case "list_type" if WIDTHS in first["loc"]:
            text = f"{key} {rule}, or a block of layers and units; it is {value!r}"
        case "literal_error" if WORD in first["loc"]:
            text = f"{key} {rule}, a list of one number a class, or a block of labels and numbers; it is {value!r}"
        case "string_pattern_mismatch":
            text = f"{key} must begin with a letter or digit, and go on with these and . _ -; it is {value!r}"
        case "value_error":  # a rule about a whole block says itself what was received
            text = f"{key}: {rule}" if isinstance(value, dict) else f"{key}: {value!r} {rule}"
        case kind if isinstance(value, dict) and len(value) == 1 and kind != "model_type":
            [word] = value
            text = f"{key}: there is no distribution {word!r}; {nearest(str(word), list(DISTRIBUTIONS))}"
        case _:
            text = f"{key} {rule}; it is {value!r}"
    return f"{document.place(path)}: {text}"


def _readable(rule: str) -> str:
    for technical, plain in (
        ("a valid integer", "a whole number"),
        ("a valid number", "a number"),
        ("a valid string", "a string"),
        ("a valid boolean", "true or false"),
        ("a valid list", "a list"),
        ("a valid dictionary or instance of ", "a block of settings for "),
    ):
        rule = rule.replace(technical, plain)
    return rule


def _siblings(path: Path) -> list[str]:
    """The settings that there are where `path` stands."""
    block: type[Block] = Run
    for key in path[:-1]:
        if isinstance(key, str):  # no place in a list
            block = next(_blocks(block.model_fields[key].annotation))
    return list(block.model_fields)


def _blocks(annotation: Any) -> Any:
    """The Block types named in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        yield annotation
    for argument in get_args(annotation):
        yield from _blocks(argument)


def _with_defaults(tree: Any, defaults: Any) -> Any:
    """`tree`, and all of `defaults` that it does not say; also within the members of choices."""
    if not isinstance(tree, dict) or not isinstance(defaults, dict):
        return tree
    if is_distribution(tree):
        choice = Choice.parse(tree[Choice.kind])  # no other distribution stands in place of a block
        members = zip(choice.labels, choice.members, strict=True)
        return {Choice.kind: {label: _with_defaults(member, defaults) for label, member in members}}
    return {**tree, **{key: _with_defaults(tree.get(key, value), value) for key, value in defaults.items()}}
