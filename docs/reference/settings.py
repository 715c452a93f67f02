"""The settings of a config, and what values each may have, from the models that check them."""

from collections.abc import Iterator, Mapping
from typing import Any

from docs.reference.rows import completed
from hpsearch.config import Run

BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
TYPES = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "null": "`null`",
    "object": "block",
}


def values() -> dict[str, str]:
    """What each setting may be, in words; a setting is named by its path, as in train.epochs."""
    schema = Run.model_json_schema()
    return dict(_leaves(schema, schema["$defs"]))


def settings(text: str) -> str:
    """The page of settings, with what each may be."""
    return completed(text, "values", {key: said for key, said in values().items() if "." not in key or _own(key, text)})


def _own(key: str, text: str) -> bool:
    """Whether a setting has a row of its own: the parts of one that may also be a single value stand in its row."""
    return f"| `{key.rpartition('.')[0]}` |" not in text or f"| `{key}` |" in text


def _leaves(block: Mapping[str, Any], blocks: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, field in block["properties"].items():
        key = f"{path}{name}"
        forms = list(_forms(field))
        inner = [blocks[form["$ref"].rpartition("/")[2]] for form in forms if "$ref" in form]
        if len(inner) < len(forms):
            yield key, " or ".join(_form(form, blocks) for form in forms)
        for each in inner:
            yield from _leaves(each, blocks, f"{key}.")


def _forms(field: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All forms that a value may have, one by one."""
    several = field.get("anyOf") or field.get("oneOf")
    if not several:
        yield field
    for each in several or ():
        yield from _forms(each)


def _form(form: Mapping[str, Any], blocks: Mapping[str, Any]) -> str:
    """One of the forms that a value may have, in words."""
    if "$ref" in form:
        keys = blocks[form["$ref"].rpartition("/")[2]]["properties"]
        return f"a block of {', '.join(f'`{key}`' for key in keys)}"
    if choice := form.get("enum") or ([form["const"]] if "const" in form else []):
        return ", ".join(f"`{each}`" for each in choice)
    if form.get("type") == "array":
        return f"list of: {' or '.join(_form(item, blocks) for item in _forms(form['items']))}"
    if isinstance(each := form.get("additionalProperties"), dict):
        return f"block of names, each with a {_form(each, blocks)}"
    if "type" not in form:
        return "anything"
    limits = [f"{sign}\N{NO-BREAK SPACE}{form[bound]:g}" for bound, sign in BOUNDS.items() if bound in form]
    return " ".join([TYPES[form["type"]], ", ".join(limits)]).strip()
