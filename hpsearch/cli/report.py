"""The command `hpsearch report`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import SweepPath, file_here


class Format(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    MD = "md"


def report(
    sweep: SweepPath,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            parser=file_here,
            metavar="FILE",
            help="Where to write it; SWEEP/report.html or .md if not said.",
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="A page with figures, or text alone.")] = Format.HTML,
) -> None:
    """Explain a sweep, also while it runs: what came of it in words, the figures, the best configuration to copy.

    The HTML is one file that needs no network.
    """
    import numpy as np

    from hpsearch.cli.asked_file import require_place
    from hpsearch.report import as_html, as_markdown, page_of
    from hpsearch.results import load
    from hpsearch.store.files import write_text

    results, file = load(sweep), output or sweep / f"report.{format_}"
    require_place(file)
    page = page_of(results, np.random.default_rng(results.config.run.seed))
    write_text(file, as_html(page) if format_ is Format.HTML else as_markdown(page))
    typer.echo(f"Written to {file}")
