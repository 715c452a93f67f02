"""All commands put together, and errors turned into exit codes."""

import sys
from typing import Annotated

import typer

from hpsearch import __version__
from hpsearch.cli import (
    best,
    check,
    compare,
    dashboard,
    evaluate,
    export,
    init,
    jobs,
    predict,
    recheck,
    report,
    resume,
    run,
    status,
    train,
    trials,
)
from hpsearch.cli.exit_codes import ExitCode
from hpsearch.cli.saying import say
from hpsearch.errors import HpsearchError, Interrupted, UsageError

app = typer.Typer(
    name="hpsearch",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (
    init,
    run,
    resume,
    best,
    train,
    recheck,
    check,
    status,
    trials,
    report,
    compare,
    dashboard,
    predict,
    evaluate,
    export,
)
for command in COMMANDS:
    app.command()(getattr(command, command.__name__.rpartition(".")[2]))
for job_command in (jobs.submit, jobs.jobs, jobs.logs, jobs.stop):
    app.command()(job_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hpsearch {__version__}")
        raise typer.Exit


@app.callback()
def hpsearch(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Search hyperparameters of NumPy networks: gated, reproducible, nothing lost, plain Parquet."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except Interrupted as error:
        _end(str(error), ExitCode.INTERRUPTED)
    except SystemExit as end:
        if end.code == ExitCode.INTERRUPTED:  # by Ctrl-C where nothing listens for it
            _end("interrupted; give the same command again", ExitCode.INTERRUPTED)
        raise
    except UsageError as error:
        _end(str(error), ExitCode.USAGE)
    except HpsearchError as error:
        _end(str(error), ExitCode.FAILED)
    except OSError as error:
        _end(f"{error.filename or 'the output'}: {error.strerror or error}", ExitCode.FAILED)


def _end(sentence: str, code: ExitCode) -> None:
    say(f"hpsearch: {sentence}")
    sys.exit(code)
