"""The command `hpsearch best`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hpsearch.cli.options import Json, SweepPath

if TYPE_CHECKING:
    from hpsearch.models import Look, Rerun

NOT_REPRODUCED = 4
SHOWN = 10


def best(sweep: SweepPath, json: Json = False) -> None:
    """Train the best configuration again, compare every recorded number, then look at the test rows."""
    import time

    from hpsearch.models import Verdict, report_json, rerun_best

    rerun, look = rerun_best(sweep, time.time)
    if json:
        typer.echo(report_json(rerun, look), nl=False)
    else:
        typer.echo("\n".join(_text(sweep, rerun, look)))
    if rerun.verdict is Verdict.NOT_REPRODUCED:
        raise typer.Exit(NOT_REPRODUCED)


def _text(sweep: Path, rerun: "Rerun", look: "Look | None") -> Iterator[str]:
    """What the re-run showed, in words."""
    from hpsearch.models import Verdict

    yield f"Trial {rerun.trial.number} of {sweep}, trained again: {rerun.verdict}"
    if rerun.verdict is Verdict.IDENTICAL:
        yield f"  all {rerun.compared} recorded values came back bit for bit"
    if rerun.verdict is Verdict.OTHER_PLATFORM:
        yield f"  recorded on {rerun.recorded_platform}, re-run on {rerun.platform}: the last bits cannot be compared"
    for difference in rerun.differences[:SHOWN]:
        where = f"{difference.table}, {difference.row}: {difference.column}"
        yield f"  {where} was {difference.recorded!r}, is {difference.again!r}"
    if len(rerun.differences) > SHOWN:
        yield f"  and {len(rerun.differences) - SHOWN} more"
    for name, value in {**rerun.trial.values, **rerun.scores}.items():
        yield f"  {name:16} {f'{value:.6g}' if isinstance(value, float) else value}"
    if look is not None:
        yield f"Test rows (look {look.number}):"
        yield from (f"  {name:16} {value:.6g}" for name, value in look.scores.items())
    if rerun.verdict is Verdict.NOT_REPRODUCED:
        yield f"No model was written and no test row looked at; all differences: {sweep / 'best' / 'report.json'}"
    else:
        yield f"Written to {sweep / 'best'}: config.yaml, model.npz, report.json"
