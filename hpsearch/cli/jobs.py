"""The commands `hpsearch submit`, `jobs`, `logs` and `stop`: sweeps on a cluster's job server."""

from typing import Annotated

import typer

from hpsearch.cli.exit_codes import ExitCode
from hpsearch.cli.options import ConfigFile, Json, Set, Workers
from hpsearch.location import Location, location

JobServerAddress = Annotated[
    str,
    typer.Option(
        "--address",
        envvar="RAY_API_SERVER_ADDRESS",
        metavar="URL",
        help="The cluster's job server, as in http://HEAD:8265.",
        show_default=False,
    ),
]
JobId = Annotated[
    str, typer.Argument(metavar="JOB", help="A job's id, as `hpsearch jobs` lists it.", show_default=False)
]
SharedResults = Annotated[
    Location,
    typer.Option(
        "--results",
        parser=location,
        metavar="DIR",
        help="Where sweeps' folders are, on storage of the cluster.",
        show_default=False,
    ),
]


def submit(
    config: ConfigFile,
    address: JobServerAddress,
    results: SharedResults,
    set_: Set = None,
    workers: Workers = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the sweep of that name, which is there already.")
    ] = False,
    json: Json = False,
) -> None:
    """Hand a sweep to a cluster's job server, which runs it while this machine may be switched off."""
    from hpsearch.config import load_config
    from hpsearch.engine.jobs import JobServer
    from hpsearch.errors import UsageError
    from hpsearch.json_text import as_json
    from hpsearch.known import KNOWN

    checked = load_config(config, KNOWN, set_ or ())
    if not results.is_absolute():
        raise UsageError(
            f"--results must be an absolute path, on storage that the cluster's head sees; it is {results}"
        )
    sweep = results / checked.run.name
    options = [] if workers is None else ["--workers", str(workers)]
    job = JobServer(address).submit(checked.text(), checked.known.plugins, sweep, options, resume=resume)
    if json:
        typer.echo(as_json({"job": job, "sweep": str(sweep)}))
    else:
        typer.echo(
            f"{job} {'resumes' if resume else 'runs'} {sweep}; follow it by: hpsearch logs {job} --follow --address {address}"
        )


def jobs(address: JobServerAddress, json: Json = False) -> None:
    """List the sweeps that a cluster's job server runs or has run."""
    from dataclasses import asdict

    from hpsearch.cli.tables import as_text
    from hpsearch.engine.jobs import JobServer
    from hpsearch.json_text import as_json

    rows = [asdict(job) for job in JobServer(address).jobs()]
    if json:
        typer.echo(as_json(rows))
    elif rows:
        shown = [
            {**row, "started": f"{row['started_at']:%Y-%m-%d %H:%M}" if row["started_at"] else None} for row in rows
        ]
        typer.echo(as_text(shown, ["job", "state", "started", "sweep"]))
    else:
        typer.echo("No sweep was handed to this job server.")


def logs(
    job: JobId,
    address: JobServerAddress,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the job ends; exits 1 if it failed.")] = False,
) -> None:
    """Show what a job has printed."""
    from hpsearch.engine.jobs import JobServer

    server = JobServer(address)
    if not follow:
        typer.echo(server.log(job), nl=False)
        return
    for text in server.follow(job):
        typer.echo(text, nl=False)
    if not server.job(job).succeeded:
        raise typer.Exit(ExitCode.FAILED)


def stop(job: JobId, address: JobServerAddress) -> None:
    """Stop a job as Ctrl-C would: trials under way are finished, and `hpsearch resume` goes on."""
    from hpsearch.engine.jobs import JobServer

    found = JobServer(address).stop(job)
    typer.echo(
        f"{found.job} is {found.state if found.ended else 'stopping'}; go on where the results are by: hpsearch resume "
        f"{found.sweep}, or hand its config in again by: hpsearch submit CONFIG --resume"
    )
