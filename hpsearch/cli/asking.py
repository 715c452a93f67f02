"""A person asked what becomes of a segment."""

import sys
from typing import TYPE_CHECKING

import typer

from hpsearch.cli.training import fate, heading
from hpsearch.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from hpsearch.babysitting import Verdict
    from hpsearch.segments import Boundary

HELP = (
    "Enter takes the first. Or: keep, back, same (no change), values such as learning_rate=0.005; Ctrl-D: ask no more"
)


def asked(boundary: "Boundary") -> "Verdict | None":
    """The decision of whoever writes to standard input; None at its end."""
    from hpsearch.answers import read_answer

    segment = boundary.segment
    choices = [segment.better] if segment.failed else [segment.better, not segment.better]
    lines = [heading(boundary), *(f"  {fate(boundary, keep, boundary.proposals[keep])}" for keep in choices)]
    typer.echo("\n".join([*lines, HELP] if segment.number == 1 else lines), err=True)
    while True:
        typer.echo("> ", nl=False, err=True)
        try:
            line = sys.stdin.buffer.readline().decode(errors="replace")
        except Interrupted:
            typer.echo("", err=True)
            raise
        if not line:
            typer.echo("", err=True)
            return None
        try:
            return read_answer(line, boundary)
        except UsageError as error:
            typer.echo(str(error), err=True)
