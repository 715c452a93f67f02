"""The commands and their options, from the command line's own definition."""

import re
from inspect import cleandoc
from typing import Any

from typer.main import get_command

from hpsearch.cli.app import app

PLACE = "<!-- commands -->"


def commands(text: str) -> str:
    """The page of commands, with all of them where the page has their place."""
    group = get_command(app)
    context = group.make_context("hpsearch", [], resilient_parsing=True)
    parts = ["## hpsearch", _options(group, context)]
    for name, command in group.commands.items():
        own = command.make_context(name, [], parent=context, resilient_parsing=True)
        usage = command.get_usage(own).removeprefix("Usage: ").replace("{", "").replace("}", "")
        parts += [f"## {name}", f"`{' '.join(usage.split())}`", cleandoc(command.help or ""), _options(command, own)]
    return text.replace(PLACE, "\n\n".join(parts))


def _options(command: Any, context: Any) -> str:
    """A row for each argument and option, in the words of `--help`."""
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [f"| `{re.sub(' <[a-z]+>$', '', name)}` | {_plain(said)} |" for name, said in filter(None, records)]
    return "\n".join(["| argument or option | what it is |", "|---|---|", *rows])


def _plain(said: str) -> str:
    """Help as Markdown, with Typer's notes behind it, such as a default, in parentheses."""
    said = re.sub(r"\s*\[(required|default: [^]]*|env var: [^]]*|x[<>]=?[^]]*)\]", r" (\1)", " ".join(said.split()))
    return re.sub(r"x>=(\d+)", r"at least \1", said).replace("|", r"\|")
