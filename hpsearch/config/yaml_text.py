"""YAML in and out: version 1.2, so that `no` is a string and `1e-3` a number; no objects, no duplicate keys."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import RepresenterError
from ruamel.yaml.scalarbool import ScalarBoolean

from hpsearch.errors import UsageError
from hpsearch.location import Location
from hpsearch.space import Path


@dataclass(frozen=True)
class Document:
    """A tree of dicts, lists and scalars, and where each part of it was written."""

    tree: dict[str, Any]
    places: Mapping[Path, str]

    def place(self, path: Path) -> str:
        """Where `path`, or the nearest thing around it, was written."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]


def read_document(file: Location) -> Document:
    """Parse a file that holds one YAML mapping."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"there is no config file {str(file)!r}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as a text file: {error}") from error
    return document_of_text(text, str(file))


def document_of_text(text: str, source: str) -> Document:
    """Parse one YAML mapping; `source` names the text in errors."""
    root = _parse(text, source)
    if not isinstance(root, CommentedMap):
        raise UsageError(f"{source} must hold a mapping of settings such as `name: digits`; it holds {text[:40]!r}")
    places: dict[Path, str] = {(): source}
    tree = _plain(root, (), source, places)
    return Document(tree, places)


def document_of_mapping(mapping: Mapping[str, Any], source: str) -> Document:
    """A mapping made in Python: by way of YAML, so that it means what a file with the same words would."""
    try:
        text = dump(mapping)
    except (RepresenterError, RecursionError) as error:
        raise UsageError(
            f"{source}: settings are numbers, strings, true, false, None, lists and mappings of Python's own types: "
            f"{' '.join(str(error).split())}"
        ) from error
    tree = document_of_text(text, source).tree
    return Document(tree, {(): source})


def parse_value(text: str, source: str) -> Any:
    """Parse one value, as given on the command line."""
    return _plain(_parse(text, source), (), source, {})


def dump(tree: Mapping[str, Any]) -> str:
    """The tree as YAML text, lists on one line."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 110
    stream = io.StringIO()
    yaml.dump(_styled(tree), stream)
    return stream.getvalue()


def _parse(text: str, source: str) -> Any:
    if re.search(r"^%YAML\s+(?!1\.2\s)", text, flags=re.MULTILINE):
        raise UsageError(f"{source}: configs are YAML 1.2, in which `no` is a string; leave the %YAML line out")
    try:
        return YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise UsageError(f"{source}{line}: this is not YAML: {problem}") from error
    except RecursionError as error:
        raise UsageError(f"{source}: this is nested too deeply for a config") from error
    except (YAMLError, ValueError) as error:
        raise UsageError(f"{source}: this is not YAML: {' '.join(str(error).split())}") from error


def _plain(node: Any, path: Path, source: str, places: dict[Path, str]) -> Any:
    """Built-in types in place of the parser's own, noting the line of each part."""
    if isinstance(node, CommentedMap):
        for key in node:
            places[(*path, key)] = f"{source}, line {_line(node, key)}"
        return {
            _plain(key, (*path, key), source, places): _plain(value, (*path, key), source, places)
            for key, value in node.items()
        }
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            places[(*path, index)] = f"{source}, line {_line(node, index)}"
        return [_plain(value, (*path, index), source, places) for index, value in enumerate(node)]
    if node is None:
        return None
    for plain, kinds in ((bool, (bool, ScalarBoolean)), (int, (int,)), (float, (float,)), (str, (str,))):
        if isinstance(node, kinds):
            return plain(node)
    place = places.get(path, source)
    raise UsageError(
        f"{place}: {'.'.join(map(str, path))} is read as a {type(node).__name__}; settings are numbers, strings (in quotes, "
        "if they look like something else), true, false or null"
    )


def _line(node: CommentedMap | CommentedSeq, key: Any) -> int:
    """The line of an entry, from 1; of the whole, for what a merge brought in."""
    entry = (node.lc.data or {}).get(key)
    return int(entry[0] if entry else node.lc.line) + 1


def _styled(tree: Any) -> Any:
    """Blocks for mappings, one line for lists and for what holds no further mapping with several keys."""
    if isinstance(tree, Mapping):
        styled = CommentedMap({key: _styled(value) for key, value in tree.items()})
        if len(tree) <= 1:
            styled.fa.set_flow_style()
        return styled
    if isinstance(tree, np.generic):
        return tree.item()
    if isinstance(tree, list | tuple):
        items = CommentedSeq([_styled(value) for value in tree])
        items.fa.set_flow_style()
        return items
    return tree
