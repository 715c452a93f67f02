"""The leaders of a sweep, trained with fresh seeds, as a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpsearch.cli.tables import as_text

if TYPE_CHECKING:
    from hpsearch.confirmation import Leader


def leaders_table(
    leaders: "Sequence[Leader]", more: "Callable[[Leader], Mapping[str, Any]]" = lambda leader: {}
) -> Iterator[str]:
    """A line each, with their means and what `more` says of them."""
    rows = [
        {
            "trial": leader.trial.number,
            "recorded": leader.recorded,
            "mean": leader.estimate and leader.estimate.mean,
            "± 95%": leader.estimate and leader.estimate.half_width,
            "completed": len(leader.scores) - leader.scores.count(None),
            **more(leader),
        }
        for leader in leaders
    ]
    yield from ("  " + line for line in as_text(rows, list(rows[0])).splitlines())
