"""The command `hpsearch trials`."""

from typing import Annotated

import typer

from hpsearch.cli.options import Json, SweepPath

SHOWN = 20


def trials(
    sweep: SweepPath,
    all_: Annotated[bool, typer.Option("--all", help="Every trial, not just the best 20.")] = False,
    json: Json = False,
) -> None:
    """List trials, the best first; those that did not complete come last, with the reason."""
    from hpsearch.cli.tables import as_text
    from hpsearch.folders import config_of, ranked_trials
    from hpsearch.json_text import as_json
    from hpsearch.store import SweepFolder

    folder = SweepFolder.existing(sweep)
    table = ranked_trials(folder, config_of(folder))
    rows = (table if all_ else table.slice(0, SHOWN)).to_pylist()
    if json:
        typer.echo(as_json(rows))
        return
    columns = [
        "trial",
        "round",
        *(name for name in table.column_names if name == "configuration"),
        "status",
        *(name for name in table.column_names if name.startswith(("val_", "param_"))),
    ]
    shown = [{name.removeprefix("param_"): row[name] for name in columns} for row in rows]
    typer.echo(as_text(shown, [name.removeprefix("param_") for name in columns]))
    for row in rows:
        if row["error"] is not None:
            typer.echo(f"trial {row['trial']}: {row['error']}")
    if len(rows) < len(table):
        typer.echo(f"{len(table) - len(rows)} more: --all")
