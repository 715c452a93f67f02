"""The command `hpsearch best`."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.exit_codes import ExitCode
from hpsearch.cli.leaders import leaders_table
from hpsearch.cli.options import Json, SweepPath
from hpsearch.cli.saying import say
from hpsearch.cli.tables import aligned
from hpsearch.location import Location
from hpsearch.words import counted

if TYPE_CHECKING:
    from hpsearch.confirmation import Leader
    from hpsearch.rerun import Best, Look, Rerun

SHOWN = 10
TOP, SEEDS = 5, 10  # where only one of the two is given


def best(
    sweep: SweepPath,
    top: Annotated[
        int | None, typer.Option("--top", min=1, metavar="N", help="Confirm the N best trials with fresh seeds (5).")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=2, metavar="N", help="How many fresh seeds each is trained with (10).")
    ] = None,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit", help="Save a second model, trained on training and validation rows together; with folds, always."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Train the best configuration again, compare every recorded number, then look at the test rows.

    With --top or --seeds, the leaders are first trained with fresh seeds, and the best mean decides: the winner of
    many trials looks better than it is.
    """
    import time

    from hpsearch.rerun import Verdict, rerun_best

    confirms = top is not None or seeds is not None
    top, seeds = ((top or TOP), (seeds or SEEDS)) if confirms else (1, 0)
    found = rerun_best(sweep, time.time, top=top, seeds=seeds, refitted=refit, say=say)
    if json:
        typer.echo(found.as_json(), nl=False)
    else:
        typer.echo("\n".join([*_confirmation(found.leaders), *_text(sweep, found)]))
    if found.rerun.verdict is Verdict.NOT_REPRODUCED:
        raise typer.Exit(ExitCode.NOT_REPRODUCED)


def _confirmation(leaders: "Sequence[Leader]") -> Iterator[str]:
    """What confirming the leaders has shown."""
    if not leaders:
        return
    yield f"Leaders, each trained with {len(leaders[0].scores)} fresh seeds:"
    yield from leaders_table(leaders)


def _text(sweep: Location, found: "Best") -> Iterator[str]:
    """What the re-run showed, in words."""
    from hpsearch.rerun import Verdict

    yield from _rerun(sweep, found.rerun)
    if found.look is not None:
        yield from look_at_test_rows(found.look)
    if found.rerun.verdict is Verdict.NOT_REPRODUCED:
        yield f"No model was written and no test row looked at; all differences: {sweep / 'best' / 'report.json'}"
        return
    if found.refit is not None:
        yield f"Refitted for {counted(found.refit.epochs, 'epoch')} on all {found.refit.rows} training and validation rows: {found.saved[-1]}"
    yield f"Written to {sweep / 'best'}: {', '.join(['config.yaml', *found.saved, 'report.json'])}"


def _rerun(sweep: Location, rerun: "Rerun") -> Iterator[str]:
    from hpsearch.rerun import Verdict

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
    yield from aligned({**rerun.trial.values, **rerun.scores})


def look_at_test_rows(look: "Look") -> Iterator[str]:
    """What it showed, in words."""
    over = f", mean of {look.seeds} seeds with its 95% interval over these" if look.half_widths else ""
    yield f"Test rows (look {look.number}{over}):"
    widths = {name: f" ± {width:.2g}" for name, width in look.half_widths.items()}
    yield from aligned({name: f"{value:.6g}{widths.get(name, '')}" for name, value in look.scores.items()})
