"""The reference knows the program: every setting, command, option, column and name, found by another way than its own."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.main import get_command

import trainer
from docs.reference import commands, names, settings
from docs.reference.rows import completed
from hpsearch.cli.app import app
from hpsearch.config import Run
from tests.processes.program import program_here

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| `([^`]+)` \| (.*?) \| (.*) \|$", flags=re.MULTILINE)
COMMANDS = sorted(get_command(app).commands)


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def keys(model: type[BaseModel], path: str = "") -> set[str]:
    """The settings below a model, by walking over annotations instead of over the schema."""
    found = set()
    for name, field in model.model_fields.items():
        blocks = [each for each in _types(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
        found |= {key for block in blocks for key in keys(block, f"{path}{name}.")} or {f"{path}{name}"}
    return found


def _types(annotation: Any) -> list[Any]:
    inner = getattr(annotation, "__args__", ())
    return [annotation, *(each for argument in inner for each in _types(argument))]


def test_every_setting_has_its_values_and_a_sentence() -> None:
    rows = {key: (values, said) for key, values, said in ROW.findall(settings(page("config")))}
    for key in keys(Run):
        owner, _, name = key.rpartition(".")
        values, said = rows.get(key) or rows[owner]
        assert values, f"{key} has no values in the reference"
        assert said.strip(" |"), f"docs/config.md says nothing of {key}"
        assert key in rows or name in said, f"docs/config.md does not name {key}"


def test_a_setting_without_a_sentence_is_listed_all_the_same() -> None:
    table = "| setting | what |\n|---|---|\n| `a` | known |\n\nMore."
    found = completed(table, "values", {"a": "number", "b": "text"})
    assert found == "| setting | values | what |\n|---|---|---|\n| `a` | number | known |\n| `b` | text | |\n\nMore."


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_help_shows_is_there_with_a_sentence(command: str) -> None:
    whole = commands(page("commands"))
    section = re.split(r"^## ", whole, flags=re.MULTILINE)
    [own] = [each for each in section if each.startswith(f"{command}\n")]
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", own, flags=re.MULTILINE))
    shown = program_here(command, "--help").stdout
    options = set(re.findall(r"^ +(?:-h, )?(--[a-z-]+)", shown, flags=re.MULTILINE))
    assert options == {word for name in rows for word in name.split() if word.startswith("--")}
    assert all(said.strip() for said in rows.values()), rows


def test_every_name_of_the_python_interface_is_there_with_a_docstring() -> None:
    text = names(page("api"))
    section = text.split("\n## trainer\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^### (\w+)$", section, flags=re.MULTILINE)) == set(trainer.__all__)
    assert re.findall(r"^### (\w+)\n\n```python\n.*\n```\n\n(?:\n|#)", text, flags=re.MULTILINE) == [], (
        "without a docstring"
    )
