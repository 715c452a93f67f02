"""The command `hpsearch export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.options import SweepPath, file_here


class Format(StrEnum):
    """What a sweep can be exported as; each is in `hpsearch.export.FORMS`, which would take long to import."""

    NPZ = "npz"
    ONNX = "onnx"
    SKLEARN = "sklearn"
    OPTUNA = "optuna"


def export(
    sweep: SweepPath,
    form: Annotated[Format, typer.Option("--format", help="The model as npz, onnx or sklearn; or a study for optuna.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", parser=file_here, metavar="FILE", help="The file to write; else the sweep's name here."
        ),
    ] = None,
) -> None:
    """Write a sweep's best model, or its trials, in a form that other programs read."""
    from hpsearch.export import export as export_sweep

    file, use = export_sweep(sweep, form.value, output)
    typer.echo(f"Written to {file}; in Python: {use}")
