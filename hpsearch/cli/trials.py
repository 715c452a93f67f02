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
    from hpsearch.run import config_of, ranked_trials
    from hpsearch.store import SweepFolder

    frame = ranked_trials(SweepFolder.existing(sweep), config_of(sweep)).to_pandas()
    shown = frame if all_ else frame.head(SHOWN)
    if json:
        typer.echo(shown.to_json(orient="records", date_format="iso", double_precision=15))
        return
    columns = ["trial", "round", "status", *(name for name in frame if name.startswith(("val_", "param_")))]
    table = shown[columns].rename(columns=lambda name: name.removeprefix("param_"))
    typer.echo(as_text(table.to_dict("records"), list(table.columns)))
    for number, error in zip(shown["trial"], shown["error"], strict=True):
        if isinstance(error, str):
            typer.echo(f"trial {number}: {error}")
    if len(shown) < len(frame):
        typer.echo(f"{len(frame) - len(shown)} more: --all")
