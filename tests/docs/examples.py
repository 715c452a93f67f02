"""The code blocks of the documentation, and how each kind of them is tried in miniature."""

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ruamel.yaml import YAML
from typer.main import get_command

from hpsearch.cli.app import app
from tests.processes.program import REPOSITORY, program_here

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^# (\S+\.(?:py|yaml))\b")  # a block whose first line names a file is that file
SMALL = {
    "run": ["--serial", "--quiet", "--set=search.trials=6", "--set=train.epochs=2", "--set=model.hidden=[8]"],
    "resume": ["--serial", "--quiet"],
    "train": ["--quiet", "--set=train.epochs=4", "--set=model.hidden=[8]"],
    "recheck": ["--top=2", "--seeds=2"],
    "compare": ["--seeds=2", "--quiet"],
}
"""Options that make a command cheap; they come last, and the last one counts."""
FEWER = {"--trials": "20", "--top": "2", "--seeds": "2"}
"""Values that are replaced by smaller ones."""
ELSEWHERE = {
    "submit": "a cluster's job server",
    "jobs": "a cluster's job server",
    "logs": "a cluster's job server",
    "stop": "a cluster's job server",
    "--address": "a Ray cluster",
    "dashboard": "somebody who ends it",
    "s3:": "a bucket",
    "tracking": "an MLflow server",
}
"""What needs something that is not on this machine: only its arguments and options are checked."""
STANDS_FOR = {"LATER": "later.npz"}
"""What a reader has, where a page has only a name for it."""
ENDS = {"configs/experiments/fault.yaml": 3}
"""Exit codes other than 0 that a page's commands are about, by their first argument."""

REST = {"name": "part", "data": {"source": "digits"}}
"""What a part of a config lacks."""
BEFORE = {
    "docs/export.md": ["init houses.csv --target price", "run houses.yaml", "best results/houses"],
}
"""What a reader of a page has done before, on other pages."""


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    name = str(page.relative_to(REPOSITORY))
    return [Block(name, text[: each.start()].count("\n") + 1, each[1], each[2]) for each in FENCE.finditer(text)]


def prepare(page: Path) -> None:
    """Do what a reader of a page has done before."""
    name = str(page.relative_to(REPOSITORY))
    for line in BEFORE.get(name, []):
        _hpsearch(Block(name, 0, "console", line), line.split())


def attempt(block: Block, names: dict[str, Any]) -> None:
    """Do what a block says, in the current folder; raises AssertionError if that does not work.

    `names` are those that earlier Python blocks of the page have defined.
    """
    named = FILE.match(block.text)
    if named:
        Path(named[1]).write_text(block.text, encoding="utf-8")
    elif block.language == "yaml":
        _check(block)
    elif block.language == "python":
        Path("block.py").write_text(block.text, encoding="utf-8")
        names |= runpy.run_path("block.py", names)
    elif block.language == "console":
        for line in commands(block.text):
            _command(block, line)
    else:
        assert block.language in {"", "text"}, f"{block}: nobody knows how to try {block.language}"


def commands(text: str) -> Iterator[str]:
    """The commands of a console block: behind `$ ` where there is one, as the other lines are output then."""
    lines = text.replace("\\\n", " ").splitlines()
    prompted = [line[2:] for line in lines if line.startswith("$ ")]
    yield from prompted or (line for line in lines if line.strip())


def _check(block: Block) -> None:
    """A config passes its gradient checks; where the block is only a part of one, a small sweep is the rest."""
    part = YAML(typ="safe", pure=True).load(block.text)
    rest = {key: value for key, value in REST.items() if key not in part}
    if "target" in part.get("data", {}):
        rest["metrics"] = ["r2"]  # the world's table has numbers to predict
    Path("block.yaml").write_text(block.text, encoding="utf-8")
    if rest:
        with Path("block.yaml").open("a", encoding="utf-8") as file:
            YAML(typ="safe", pure=True).dump(rest, file)
    run = program_here("check", "block.yaml")
    assert run.returncode == 0, f"{block}: {run.stderr or run.stdout}"


def spans(page: Path) -> list[tuple[str, set[str]]]:
    """The commands that a page's prose names, each with the options that it names there."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = re.findall(r"`hpsearch ([a-z]+)([^`]*)`", prose)
    return [(command, set(re.findall(r"--[a-z-]+", rest))) for command, rest in found]


def _command(block: Block, line: str) -> None:
    for words in _simple_commands(line):
        program, *arguments = words
        if Path(program).name == "hpsearch":
            _hpsearch(block, arguments)
        elif program == "make":
            assert re.search(rf"^{arguments[0]}:", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE), block
        elif program == "python" and arguments[0] == "-m":
            assert find_spec(arguments[1]), f"{block}: there is no module {arguments[1]}"
        elif program == "python":
            subprocess.run(["bash", "-ec", line], check=True)
        elif words[:2] == ["pip", "install"]:
            _extra(block, arguments[-1])
        else:
            assert program in {"export", "source", "ray", "uv", "git", "cd"}, f"{block}: nobody knows how to try {line}"
            subprocess.run(["bash", "-nc", line], check=True)


def _simple_commands(line: str) -> list[list[str]]:
    """The words of each command of a line; `#` begins a comment."""
    words = shlex.split(line, comments=True)
    found: list[list[str]] = [[]]
    for word in words:
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return [each for each in found if each]


def _hpsearch(block: Block, arguments: Sequence[str]) -> None:
    command = arguments[0]
    if any(re.split("[=/]", word)[0] in ELSEWHERE for word in arguments):
        _parse(command, arguments[1:])
        return
    words = [STANDS_FOR.get(word, word) for word in arguments]
    fewer = [FEWER.get(before, word) for before, word in zip(["", *words], words, strict=False)]
    if command == "compare":  # which has no --set
        _shrink([Path(word) for word in words if word.endswith(".yaml")])
    with patch.object(sys, "stdin", TextIOWrapper(BytesIO())):  # nobody is at the keyboard
        run = program_here(*fewer, *SMALL.get(command, []))
    assert run.returncode == ENDS.get(next(iter(words[1:]), ""), 0), (
        f"{block}: hpsearch {' '.join(fewer)}: {run.stderr or run.stdout}"
    )


def _shrink(files: Sequence[Path]) -> None:
    """Make the trainings that configs describe small."""
    yaml = YAML(typ="safe", pure=True)
    for file in files:
        tree = yaml.load(file.read_text(encoding="utf-8"))
        tree["train"] = {**tree.get("train", {}), "epochs": 2}
        tree["model"] = {**tree.get("model", {}), "hidden": [8]}
        with file.open("w", encoding="utf-8") as text:
            yaml.dump(tree, text)


def _parse(command: str, arguments: Sequence[str]) -> None:
    """Read a command's words as Typer would, and do nothing; raises an error of Typer's if they are wrong."""
    group: Any = get_command(app)
    group.commands[command].make_context(command, list(arguments))


def _extra(block: Block, package: str) -> None:
    """The extra in 'hpsearch[extra]' exists."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    found = re.fullmatch(r"hpsearch(?:\[(\w+)\])?", package)
    assert found, f"{block}: nobody knows how to try pip install {package}"
    assert found[1] is None or found[1] in project["optional-dependencies"], block
