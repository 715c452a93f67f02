"""A config file, checked: what is fixed, what is searched, and one run for each point of the space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, get_args

from pydantic import ValidationError

from hpsearch.config.models import BLOCK, WIDTHS, Block, Known, Run, nearest
from hpsearch.config.yaml_text import Document, dump, parse_value, read_document
from hpsearch.errors import UsageError
from hpsearch.space import Path, Scalar, Space, SpaceError, is_distribution

SEARCHABLE = ("model", "train")


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

    def text(self) -> str:
        """The config as YAML, with every default written out and the distributions in their places."""
        return dump(_with_defaults(self.tree, self.run.model_dump(mode="json")))


def load_config(file: FilePath, known: Known, overrides: Sequence[str] = ()) -> Config:
    """Read and check a config, with `overrides` of the form KEY=VALUE; raises UsageError."""
    document = read_document(file)
    for override in overrides:
        document = _override(document, override)
    return check_config(document, known)


def check_config(document: Document, known: Known) -> Config:
    """Check that every point of the config's space is a legal run; raises UsageError."""
    try:
        space = Space.of(document.tree)
    except SpaceError as error:
        raise UsageError(f"{document.place(error.path)}: {_dotted(error.path)}: {error}") from error
    runs = []
    for setting, point in space.trials_of_every_kind():
        if setting is not None and setting.path[0] not in SEARCHABLE:
            raise UsageError(
                f"{document.place(setting.path)}: {_dotted(setting.path)} cannot be searched; "
                f"only settings under {' and '.join(SEARCHABLE)} can"
            )
        try:
            runs.append(Run.model_validate(space.fill(space.values(point)), context=known))
        except ValidationError as error:
            raise UsageError(_sentence(error, document)) from error
    return Config(document.tree, space, runs[0], known)


def _override(document: Document, override: str) -> Document:
    """Replace one value of the document."""
    key, equals, text = override.partition("=")
    path = tuple(key.split("."))
    if not equals or not all(path):
        raise UsageError(f"--set takes KEY=VALUE, as in train.epochs=5, not {override!r}")
    source = f"--set {override}"
    value = parse_value(text, source)

    def replaced(tree: Any, path: Path) -> Any:
        if not path:
            return value
        branch = tree if isinstance(tree, dict) and not is_distribution(tree) else {}
        return {**branch, path[0]: replaced(branch.get(path[0]), path[1:])}

    inside = {old: place for old, place in document.places.items() if old[: len(path)] != path}
    return Document(replaced(document.tree, path), {**inside, path: source})


def _sentence(error: ValidationError, document: Document) -> str:
    """The first of pydantic's complaints: where, which setting, the rule, the value received."""
    first = error.errors()[0]
    path: Path = tuple(part for part in first["loc"] if part not in (WIDTHS, BLOCK))
    place = document.place(path)
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no setting {_dotted(path)!r}; {nearest(str(path[-1]), _siblings(path))}"
    if first["type"] == "missing":
        return f"{place}: the setting {_dotted(path)!r} is missing"
    rule = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if isinstance(first["input"], dict):  # a rule about a whole block says itself what was received
        return f"{place}: {_dotted(path)}: {rule}" if path else f"{place}: {rule}"
    if first["type"] == "value_error":
        return f"{place}: {_dotted(path)}: {first['input']!r} {rule}"
    return f"{place}: {_dotted(path)} {_readable(rule)}; it is {first['input']!r}"


def _readable(rule: str) -> str:
    for technical, plain in (
        ("a valid integer", "a whole number"),
        ("a valid number", "a number"),
        ("a valid string", "a string"),
        ("a valid boolean", "true or false"),
        ("a valid list", "a list, or a block of layers and units"),
        ("a valid dictionary or instance of ", "a block of settings for "),
    ):
        rule = rule.replace(technical, plain)
    return rule


def _siblings(path: Path) -> list[str]:
    """The settings that there are where `path` stands."""
    block: type[Block] = Run
    for key in path[:-1]:
        block = next(_blocks(block.model_fields[str(key)].annotation))
    return list(block.model_fields)


def _blocks(annotation: Any) -> Any:
    """The Block types named in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        yield annotation
    for argument in get_args(annotation):
        yield from _blocks(argument)


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _with_defaults(tree: Any, full: Any) -> Any:
    """`full` with all that `tree` says in place of what it says itself."""
    if isinstance(tree, dict) and isinstance(full, dict) and not is_distribution(tree):
        return {key: _with_defaults(tree[key], value) if key in tree else value for key, value in full.items()}
    return tree
