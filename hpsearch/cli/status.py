"""The command `hpsearch status`."""

from hpsearch.cli.options import Json, SweepPath


def status(sweep: SweepPath, json: Json = False) -> None:
    """Show how far a sweep is, also while it runs."""
    from hpsearch.cli.outcome import show
    from hpsearch.folders import config_of
    from hpsearch.running import summary_of
    from hpsearch.store import SweepFolder, is_being_written

    folder = SweepFolder.existing(sweep)
    show(summary_of(folder, config_of(folder)), as_json=json, running=is_being_written(folder))
