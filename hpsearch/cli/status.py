"""The command `hpsearch status`."""

import typer

from hpsearch.cli.options import Json, SweepPath


def status(sweep: SweepPath, json: Json = False) -> None:
    """Show how far a sweep is, also while it runs."""
    from hpsearch.cli.outcome import show
    from hpsearch.folders import config_of, summary_of
    from hpsearch.store import SweepFolder, is_being_written

    folder = SweepFolder.existing(sweep)
    summary, running = summary_of(folder, config_of(folder)), is_being_written(folder)
    show(summary, as_json=json, running=running)
    if summary.done < summary.planned and not running and not json:
        typer.echo(f"Go on by: hpsearch resume {sweep}")
