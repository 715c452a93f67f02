"""The command `hpsearch predict`."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import DataSource, ModelPath


def predict(
    model: ModelPath,
    data: DataSource,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A .csv or .parquet file; else CSV is printed.")
    ] = None,
) -> None:
    """Predict for every row of a file, with the probability of each class."""
    import sys

    from hpsearch.predictions import predict as predict_rows
    from hpsearch.predictions import write

    found = predict_rows(model, data)
    for note in found.notes:
        typer.echo(note, err=True)
    if output is None:
        found.frame.to_csv(sys.stdout, index=False)
        return
    write(found.frame, output)
    typer.echo(f"Written to {output}: {len(found.frame)} rows", err=True)
