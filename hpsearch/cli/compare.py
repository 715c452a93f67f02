"""The command `hpsearch compare`."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import Json, Quiet
from hpsearch.location import Location, location


def compare(
    paths: Annotated[
        list[Location],
        typer.Argument(
            parser=location, metavar="A B", help="Sweeps' folders, or config files; two or more.", show_default=False
        ),
    ],
    seeds: Annotated[
        int, typer.Option("--seeds", min=2, metavar="N", help="How many seeds each config is trained with.")
    ] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write a page with the curves as well.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare sweeps, or configs trained with the same seeds: a table, and a test of the difference.

    Sweeps that differ in their seeds alone are taken together. No test row is looked at.
    """
    import time
    from dataclasses import asdict

    from hpsearch.cli.output import require_place
    from hpsearch.cli.tables import as_text
    from hpsearch.compare import compare as compare_them
    from hpsearch.errors import Interrupted
    from hpsearch.json_text import as_json
    from hpsearch.report.comparison import HEADER, page_of, rows, sentences
    from hpsearch.report.page import as_html
    from hpsearch.store.files import write_text

    def say(text: str) -> None:
        if not quiet:
            typer.echo(f"{text[0].upper()}{text[1:]}", err=True)

    if output is not None:
        require_place(output)
    try:
        found = compare_them(paths, time.time, say, seeds=seeds)
    except KeyboardInterrupt as error:
        raise Interrupted("stopped; nothing was written") from error
    if output is not None:
        write_text(output, as_html(page_of(found)))
    if json:
        typer.echo(as_json(asdict(found)))
        return
    table = [dict(zip(HEADER, row, strict=True)) for row in rows(found)]
    typer.echo("\n".join([as_text(table, HEADER), *sentences(found)]))
    if output is not None:
        typer.echo(f"Written to {output}")
