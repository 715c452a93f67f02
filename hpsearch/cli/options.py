"""Arguments and options that several commands share."""

import math
from pathlib import Path
from typing import Annotated

import typer

from hpsearch.location import Location, location

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """A length of time in seconds, from text such as 90s, 10m or 1.5h."""
    number, unit = (text[:-1], text[-1:]) if text[-1:] in UNITS else (text, "s")
    try:
        length = float(number) * UNITS[unit]
    except ValueError:
        length = 0.0
    if not 0 < length < math.inf:
        raise typer.BadParameter(f"a length of time is a number above 0 and s, m or h, as in 10m, not {text!r}")
    return length


def file_here(text: str) -> Path:
    """A file that is to be written, which is on this machine."""
    if "://" in text:
        raise typer.BadParameter(f"it must be a file of this machine, not {text}")
    return Path(text)


ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="A config file in YAML.", show_default=False)]
SweepPath = Annotated[
    Location,
    typer.Argument(
        parser=location, metavar="SWEEP", help="A sweep's folder, such as results/digits.", show_default=False
    ),
]
ModelPath = Annotated[
    Location,
    typer.Argument(
        parser=location,
        metavar="MODEL",
        help="A model file, or a sweep's folder for its best model.",
        show_default=False,
    ),
]
DataSource = Annotated[
    str, typer.Argument(metavar="DATA", help="A file or folder of data, or a bundled name.", show_default=False)
]
Results = Annotated[
    Location,
    typer.Option("--results", parser=location, metavar="DIR", help="Where sweeps' folders are, or s3://BUCKET/PATH."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, as in train.epochs=5; repeatable."),
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, metavar="N", help="How many Ray workers.")]
Serial = Annotated[bool, typer.Option("--serial", help="Run in this process, without Ray; the rows are the same.")]
Address = Annotated[str | None, typer.Option("--address", help="The Ray cluster to run on.")]
TimeBudget = Annotated[
    float | None,
    typer.Option(
        "--time-budget",
        parser=seconds,
        metavar="TIME",
        help="Begin no trial after this long, start-up included, as in 90s, 10m or 1.5h; resume goes on.",
    ),
]
Trials = Annotated[
    int | None, typer.Option("--trials", min=1, metavar="N", help="Extend the sweep to N trials in all.")
]
Repair = Annotated[bool, typer.Option("--repair", help="Set parts that are damaged aside, and run their trials again.")]
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", help="Run trials that the machine failed again, in a new sweep beside this one."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

DEFAULT_RESULTS = Path("results")
