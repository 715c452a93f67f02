"""The command `hpsearch recheck`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.leaders import leaders_table
from hpsearch.cli.options import Json, SweepPath
from hpsearch.location import Location

if TYPE_CHECKING:
    from hpsearch.confirmation import Leader
    from hpsearch.recheck import Recheck


def recheck(
    sweep: SweepPath,
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="NEW",
            help="The new data: a name or file as in a config's data.source, or a block as its data, in braces.",
            show_default=False,
        ),
    ],
    top: Annotated[int, typer.Option("--top", min=2, metavar="N", help="How many leaders are trained.")] = 5,
    seeds: Annotated[
        int, typer.Option("--seeds", min=2, metavar="N", help="How many fresh seeds each is trained with.")
    ] = 10,
    json: Json = False,
) -> None:
    """Train the leaders of an old sweep on new data, and say whether the old best still leads or a new sweep is due.

    No test row is looked at.
    """
    import time

    from hpsearch.recheck import recheck as recheck_sweep

    found = recheck_sweep(sweep, data, time.time, top=top, seeds=seeds)
    typer.echo(found.as_json() if json else "\n".join(_text(sweep, found)), nl=not json)


def _text(sweep: Location, found: "Recheck") -> Iterator[str]:
    """The leaders as a table, and what follows from it."""

    def beside(leader: "Leader") -> dict[str, Any]:
        gain = found.gains.get(leader.trial.number)
        return {"better by": gain and gain.mean, "±": gain and gain.half_width}

    yield f"Leaders of {sweep} on {found.data}, each trained with the same {len(found.leaders[0].scores)} fresh seeds:"
    yield from leaders_table(found.leaders, beside)
    yield from _verdict(found)


def _verdict(found: "Recheck") -> Iterator[str]:
    old, first = f"the old best, trial {found.old_best}", found.leaders[0].trial.number
    if found.config is None:
        yield (
            f"T{old[1:]}, still leads."
            if first == found.old_best
            else f"T{old[1:]}, is not overtaken: the mean of trial {first} is better, but within the noise of the seeds. "
            "More --seeds tell more."
        )
        return
    for number in found.better:
        gain = found.gains[number]
        yield f"Trial {number} is better than {old}, by {gain.mean:.4g} ± {gain.half_width:.2g}."
    if not found.better:
        yield f"T{old[1:]}, no longer completes with every seed."
    yield f"A new sweep is due, which begins with these leaders: hpsearch run {found.config}"
