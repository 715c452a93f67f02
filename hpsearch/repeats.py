"""Configurations that are trained with several seeds: what a search knows of each, its trials taken together."""

from collections.abc import Sequence
from statistics import fmean

from hpsearch.records import Observation


def by_configuration(history: Sequence[Observation], repeats: int) -> list[Observation]:
    """One observation a configuration, from those of its `repeats` trials, which follow one another.

    Its score is the mean of theirs; a trial without one leaves it without. At a rung it stands where the worst of
    them stood, so a limit drawn from it lets each of them pass.
    """
    if repeats == 1:  # which is each as it is, and what a round of a long sweep would spend most of its time on
        return list(history)
    return [_together(history[start : start + repeats]) for start in range(0, len(history), repeats)]


def _together(trials: Sequence[Observation]) -> Observation:
    first, scores = trials[0], [seen.score for seen in trials if seen.score is not None]
    return Observation(
        number=first.number // len(trials),
        round=first.round,
        unit=first.unit,
        score=fmean(scores) if len(scores) == len(trials) else None,
        rungs=tuple(max(reached) for reached in zip(*(seen.rungs for seen in trials), strict=False)),
        extrapolated=any(seen.extrapolated for seen in trials),
    )
