"""The command `hpsearch evaluate`."""

from typing import Annotated

import typer

from hpsearch.cli.options import DataSource, Json, ModelPath
from hpsearch.cli.saying import say


def evaluate(
    model: ModelPath,
    data: DataSource,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="A metric by scikit-learn's name, as in f1_macro; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Compare a model's predictions with the truth in a file."""
    from hpsearch.json_text import as_json
    from hpsearch.predictions import evaluate as evaluate_rows
    from hpsearch.words import counted

    found = evaluate_rows(model, data, metric or ())
    for note in found.notes:
        say(note)
    if json:
        typer.echo(as_json({"rows": found.rows, **found.scores}))
        return
    typer.echo(f"{model} on {counted(found.rows, 'row')} of {data}:")
    width = max(map(len, found.scores))
    for name, value in found.scores.items():
        typer.echo(f"  {name:{width}} {value:.6g}")
