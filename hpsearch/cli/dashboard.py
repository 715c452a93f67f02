"""The command `hpsearch dashboard`."""

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import DEFAULT_RESULTS
from hpsearch.cli.stopping import answering_signals
from hpsearch.location import Location, location


def dashboard(
    results: Annotated[
        Location,
        typer.Argument(parser=location, metavar="RESULTS", help="Where sweeps' folders are, or one sweep's folder."),
    ] = DEFAULT_RESULTS,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen at; any but this machine's own asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 is any that is free.")] = 8266,
) -> None:
    """Show sweeps in a browser while they run: how far they are, and the report's figures. Ctrl-C ends it.

    Prints the address to open. It only reads, and needs no network.
    """
    from hpsearch.errors import UsageError

    if not isinstance(results, Path):
        raise UsageError(
            f"the dashboard shows a folder of this machine, not {results}; of a sweep there, hpsearch status and "
            "hpsearch report tell"
        )
    if not results.is_dir():
        raise UsageError(
            f"there is no folder {str(results)!r}: run a sweep first, or name the folder that sweeps are in"
        )
    with suppress(KeyboardInterrupt), answering_signals(signal.default_int_handler):  # is how it is ended
        from hpsearch.dashboard import DashboardServer, Sweeps

        with DashboardServer(Sweeps(results), host, port) as server:
            typer.echo(server.url)
            server.serve_forever()
