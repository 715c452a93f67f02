"""The command `hpsearch predict`."""

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import DataSource, ModelPath, file_here
from hpsearch.cli.saying import say
from hpsearch.words import counted


def predict(
    model: ModelPath,
    data: DataSource,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", parser=file_here, metavar="FILE", help="A .csv or .parquet file; else CSV is printed."
        ),
    ] = None,
) -> None:
    """Predict for every row of a file, with the probability of each class."""
    import sys

    from hpsearch.predictions import predict as predict_rows
    from hpsearch.predictions import write

    found = predict_rows(model, data)
    for note in found.notes:
        say(note)
    if output is None:
        found.frame.to_csv(sys.stdout, index=False)
        return
    write(found.frame, output)
    say(f"Written to {output}: {counted(len(found.frame), 'row')}")
