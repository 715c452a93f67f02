"""A comparison in words, as a table, and as a page."""

from collections.abc import Iterator, Sequence
from typing import Any

from hpsearch.compare import Comparison, Contrast
from hpsearch.report.page import Figures, Page, Section, Table, Words

HEADER = ("", "seeds", "mean", "± 95%", "best", "seconds")


def rows(comparison: Comparison) -> list[Sequence[Any]]:
    """A row a side, under `HEADER`."""
    pick = max if comparison.maximise else min
    return [
        (
            side.name,
            len(side.scores),
            sum(side.scores) / len(side.scores) if side.scores else None,
            side.estimate and side.estimate.half_width,
            pick(side.scores, default=None),
            sum(member.seconds for member in side.members),
        )
        for side in comparison.sides
    ]


def sentences(comparison: Comparison) -> Iterator[str]:
    """What follows, and what to mind."""
    first = comparison.sides[0].name
    yield from (_verdict(comparison, each, first) for each in comparison.contrasts)
    if len(comparison.contrasts) > 1:
        yield f"Intervals and p-values allow for the {len(comparison.contrasts)} comparisons (Bonferroni)."
    yield from (f"{note[0].upper()}{note[1:]}." for note in comparison.notes)


def page_of(comparison: Comparison) -> Page:
    """The same with the curves."""
    from hpsearch import plots

    names = [side.name for side in comparison.sides]
    what = "the best trial of each sweep" if comparison.along == "trial" else "each training"
    return Page(
        title=" against ".join(names),
        subtitle=f"{comparison.metric} of {what}",
        sections=[
            Section("In words", [Words(list(sentences(comparison)))]),
            Section("Side by side", [Table(HEADER, rows(comparison)), Figures([plots.comparison(comparison)])]),
        ],
    )


def _verdict(comparison: Comparison, found: Contrast, first: str) -> str:
    if found.gain is None or found.p is None:
        return f"{found.name} against {first}: {found.test}, so nothing tells a difference from luck"
    gain, width = found.gain.mean, found.gain.half_width
    figures = f"{comparison.metric} {'better' if gain >= 0 else 'worse'} by {abs(gain):.4g} ± {width:.2g}, {found.test}, p = {found.p:.2g}"
    if found.p >= 0.05:
        return f"{found.name} and {first} cannot be told apart: {figures}."
    return f"{found.name} is {'better' if gain > 0 else 'worse'} than {first}: {figures}."
