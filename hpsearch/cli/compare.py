"""The command `hpsearch compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.options import Json, Quiet, file_here
from hpsearch.cli.saying import say
from hpsearch.location import Location, location

if TYPE_CHECKING:
    from hpsearch.compare import Comparison


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
        Path | None,
        typer.Option("--output", parser=file_here, metavar="FILE", help="Write a page with the curves as well."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare sweeps, or configs trained with the same seeds: a table, and a test of the difference.

    Sweeps that differ in their seeds alone are taken together. No test row is looked at.
    """
    import time

    from hpsearch.cli.asked_file import require_place
    from hpsearch.compare import compare as compare_them
    from hpsearch.errors import Interrupted
    from hpsearch.report.comparison import page_of
    from hpsearch.report.page import as_html
    from hpsearch.store.files import write_text

    def tell(text: str) -> None:
        if not quiet:
            say(f"{text[0].upper()}{text[1:]}")

    if output is not None:
        require_place(output)
    try:
        found = compare_them(paths, time.time, tell, seeds=seeds)
    except KeyboardInterrupt as error:
        raise Interrupted("stopped; nothing was written") from error
    if output is not None:
        write_text(output, as_html(page_of(found)))
    _show(found, as_json_text=json)
    if output is not None and not json:
        typer.echo(f"Written to {output}")


def _show(found: "Comparison", *, as_json_text: bool) -> None:
    """Print a row a side, and what follows."""
    from dataclasses import asdict

    from hpsearch.cli.tables import as_text
    from hpsearch.json_text import as_json
    from hpsearch.report.comparison import HEADER, rows, sentences

    if as_json_text:
        typer.echo(as_json(asdict(found)))
        return
    table = [dict(zip(HEADER, row, strict=True)) for row in rows(found)]
    typer.echo("\n".join([as_text(table, HEADER), *sentences(found)]))
