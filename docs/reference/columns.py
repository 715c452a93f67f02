"""The columns of a sweep's tables and their types, from the schema."""

import re
from inspect import Parameter, signature
from typing import Any

from docs.reference.rows import completed
from hpsearch.config import Run
from hpsearch.known import KNOWN
from hpsearch.settings import steered
from hpsearch.space import Space
from hpsearch.store.schema import schemas

ANY = Run.model_validate(
    {
        "name": "any",
        "data": {"source": "any", "validation": {"folds": 2}},
        "model": {"dropout": 0.5},
        "train": {"l2": 1e-3},
        "metrics": ["accuracy"],
        "train_metrics": ["accuracy"],
    },
    context=KNOWN,
)
"""A run with all that gives further columns."""
SEARCHED, SCORES, STEERED = "learning_rate", ANY.recorded, steered(ANY)
UNITS = {"int64": "whole number", "double": "number", "string": "text", "bool": "true or false"}


def types() -> dict[str, dict[str, str]]:
    """The type of each column that a sweep of some kind has, in words, by table."""
    space = Space.of({SEARCHED: {"log": [1e-4, 1.0]}})
    tables = schemas(space, [*SCORES, *ANY.spreads], **_all_kinds())
    return {name: {_title(field.name): _word(str(field.type)) for field in schema} for name, schema in tables.items()}


def columns(text: str) -> str:
    """The page of tables, each with the types of its columns."""
    for name, cells in types().items():
        section = re.search(rf"^## {name}\n.*?(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
        if section is None:
            raise ValueError(f"the page of tables has no section {name}")
        text = text.replace(section.group(0), completed(section.group(0), "type", cells))
    return text


def _all_kinds() -> dict[str, Any]:
    """Everything that gives a sweep further columns, switched on."""
    keywords = [each for each in signature(schemas).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    return {each.name: _more_than(each.name, each.default) for each in keywords}


def _more_than(name: str, default: object) -> int | bool | list[str]:
    if name == "steered":
        return list(STEERED)
    if not isinstance(default, int):
        raise TypeError(
            f"docs/reference/columns.py does not know what is more than {default!r}, the default of {name} in schemas()"
        )
    return True if isinstance(default, bool) else default + 1


def _title(column: str) -> str:
    """A column's name in the reference: what depends on the config is in angle brackets."""
    if column.startswith("param_"):
        return "param_<name>"
    if column in STEERED:
        return "<setting>"
    is_metric = column in SCORES and column not in {"val_loss", "train_loss"}
    return f"{column.partition('_')[0]}_<metric>" if is_metric else column


def _word(kind: str) -> str:
    return "time, UTC" if kind.startswith("timestamp") else UNITS[kind]
