"""The command `hpsearch init`."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import DataSource, file_here


def init(
    data: DataSource,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="COLUMN", help="The column of a table to predict; repeatable."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", parser=file_here, metavar="FILE", help="The config to write; else NAME.yaml here."),
    ] = None,
) -> None:
    """Look at data, say what is there, and write a config to begin with."""
    from hpsearch.errors import UsageError
    from hpsearch.first_config import first_config
    from hpsearch.store.files import write_text

    found = first_config(data, target or ())
    file = output or Path(f"{found.name}.yaml")
    if file.exists():
        raise UsageError(f"{file} exists; name another file by --output")
    try:
        write_text(file, found.text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    for sentence in found.seen:
        typer.echo(sentence)
    typer.echo(f"Written to {file}; next: hpsearch run {file}")
