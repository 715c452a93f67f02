"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="A config file in YAML.", show_default=False)]
SweepPath = Annotated[
    Path, typer.Argument(metavar="SWEEP", help="A sweep's folder, such as results/digits.", show_default=False)
]
Results = Annotated[Path, typer.Option("--results", metavar="DIR", help="Where sweeps' folders are.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, as in train.epochs=5; repeatable."),
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, metavar="N", help="How many Ray workers.")]
Serial = Annotated[bool, typer.Option("--serial", help="Run in this process, without Ray; the rows are the same.")]
Address = Annotated[str | None, typer.Option("--address", help="The Ray cluster to run on.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

DEFAULT_RESULTS = Path("results")
