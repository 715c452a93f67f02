"""What a sweep says of its settings: which of them matter, which act together, and how much is noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import variance
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from hpsearch.records import Status
from hpsearch.results import Results
from hpsearch.samplers.encoding import Encoding
from hpsearch.space import Choice, Distribution, Space
from hpsearch.space.integer import Integer

__all__ = ["Importance", "Noise", "Share", "importance", "noise"]

Array = npt.NDArray[np.float64]

FEWEST_TRIALS = 16  # below, a forest of them says nothing
MOST_TRIALS = 2000  # the best and others spread evenly over the rest; more change nothing but the time
FORESTS, TREES, LEAF = 20, 16, 3  # forests on resampled trials; trees in each; trials in a leaf at least
POINTS = 1024  # base points of the Sobol indices
MOST_PAIRED = 12  # settings whose interactions are looked at; of more, those with the largest main effects
INTERVAL = (5, 95)  # percentiles over the forests: a 90% interval


@dataclass(frozen=True)
class Share:
    """A part of the variance of the forest's predictions over the space, with its interval over resampled trials."""

    name: str  # of a setting, or of two joined by ×
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, name: str, values: Array) -> "Share":
        """From one value a forest; negative ones are the estimate's own noise."""
        clipped = np.clip(values, 0, 1)
        low, high = np.percentile(clipped, INTERVAL)
        return cls(name, float(clipped.mean()), float(low), float(high))


@dataclass(frozen=True)
class Importance:
    """How much of the score's order each setting explains."""

    alone: Sequence[Share]  # main effects, the largest first
    total: Sequence[Share]  # with all interactions, in the same order
    pairs: Sequence[Share]  # what two settings explain together beyond their main effects, the largest first
    explained: float  # R² of the forests on trials that they were not fitted to
    trials: int  # that it was fitted to

    @property
    def settings(self) -> list[str]:
        """The settings, the most important first."""
        return [share.name for share in self.alone]


@dataclass(frozen=True)
class Noise:
    """How much the score of one configuration varies from seed to seed."""

    deviation: float  # standard deviation, pooled over configurations
    configurations: int
    trials: int


def importance(results: Results, rng: np.random.Generator) -> Importance | None:
    """Functional analysis of variance of the score over the space, by random forests; None for too few trials.

    The score is its rank, so that a few terrible losses do not decide; diverged trials have the worst. Forests fitted to
    resampled trials predict points spread evenly over the whole space, not where the search went; shares are the
    Sobol indices of those predictions (F. Hutter et al. 2014, "An Efficient Approach for Assessing Hyperparameter
    Importance"; estimators: A. Saltelli et al. 2010, "Variance based sensitivity analysis of model output", table 2).
    Of many settings, only the twelve with the largest main effects are looked at in pairs.
    """
    trials, scores = scored(results)
    if len(scores) < FEWEST_TRIALS or not results.space.settings or (scores == scores[0]).all():
        return None
    kept = np.argsort(scores, kind="stable")[spread(len(scores), MOST_TRIALS)]
    encoding = Encoding(results.space)
    rows, ranks = encoding(points(results.space, trials.iloc[kept])), rankdata(scores[kept]) / len(kept)
    design = _Design.of(len(results.space.settings), encoding, rng)
    forests, errors, variances = [], [], []
    for _ in range(FORESTS):
        drawn = rng.integers(len(ranks), size=len(ranks))
        left = np.setdiff1d(np.arange(len(ranks)), drawn)
        forest = _forest(rng).fit(rows[drawn], ranks[drawn])
        errors.append(((forest.predict(rows[left]) - ranks[left]) ** 2).sum())
        variances.append(((ranks[left] - ranks[drawn].mean()) ** 2).sum())
        forests.append(forest)
    found = _effects(results.space.titles, design, forests)
    return Importance(*found, explained=float(1 - sum(errors) / sum(variances)), trials=len(kept))


def best_so_far(results: Results) -> pd.Series:
    """The best score by the number of the trial with which it was reached; at the last trial as well."""
    completed = results.trials[results.trials["status"] == Status.COMPLETED]
    repeats = results.summary.repeats
    if repeats > 1:
        grouped = completed.groupby("configuration")
        whole = grouped.size() == repeats
        scores = pd.Series(grouped[results.metric].mean()[whole].to_numpy(), grouped["trial"].max()[whole].to_numpy())
    else:
        scores = pd.Series(completed[results.metric].to_numpy(), completed["trial"].to_numpy())
    best = scores.cummax() if results.maximise else scores.cummin()
    steps = best[best.ne(best.shift())]
    return (
        pd.concat([steps, pd.Series(steps.iloc[-1:].to_numpy(), [results.trials["trial"].max()])])
        if len(best)
        else best
    )


def scored(results: Results) -> tuple[pd.DataFrame, Array]:
    """The trials whose training says something of their settings, and their scores, smaller being better.

    Trials that were stopped count with what they had reached, those that diverged with infinity.
    """
    trials = results.trials
    trials = trials[trials["status"].isin([Status.COMPLETED, Status.STOPPED, Status.DIVERGED])]
    scores = trials[results.metric].to_numpy(float) * (-1 if results.maximise else 1)
    return trials, np.where(np.isfinite(scores), scores, np.inf)


def spread(count: int, most: int) -> npt.NDArray[np.intp]:
    """Positions of at most so many of `count` things, evenly spread, the first and the last included."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(np.intp)


def points(space: Space, trials: pd.DataFrame) -> Array:
    """Where trials stand in the unit cube, (trials, settings); a setting that a trial lacks stands in the middle."""
    columns = [
        [_unit(setting.distribution, value) for value in trials[f"param_{space.names[setting.path]}"].tolist()]
        for setting in space.settings
    ]
    return np.array(columns, float).reshape(len(columns), len(trials)).T


def _unit(distribution: Distribution, value: Any) -> float:
    """The coordinate of a value as a frame has it: whole numbers beside missing ones are floats."""
    if isinstance(distribution, Choice):
        index = member_index(distribution, value)
        return 0.5 if index is None else (index + 0.5) / len(distribution.labels)
    try:
        return distribution.to_unit(int(value) if isinstance(distribution, Integer) else float(value))
    except (TypeError, ValueError):  # missing, or of another member of a choice
        return 0.5


def member_index(choice: Choice, value: Any) -> int | None:
    """Which member a frame's value stands for: labels of several types are text there, whole numbers may be floats.

    A missing value stands for the label null. None if no member fits.
    """
    if value is None or value != value:  # noqa: PLR0124 - a NaN is the only value that differs from itself
        return choice.labels.index(None) if None in choice.labels else None
    fits = (index for index, label in enumerate(choice.labels) if label == value or str(label) == str(value))
    return next(fits, None)


@dataclass(frozen=True)
class _Design:
    """The points at which forests are asked: two independent samples, and the first with columns of the second."""

    encoding: Encoding
    a: Array  # (points, settings)
    b: Array

    @classmethod
    def of(cls, settings: int, encoding: Encoding, rng: np.random.Generator) -> "_Design":
        from scipy.stats.qmc import Sobol

        sample = Sobol(2 * settings, rng=rng).random(POINTS)
        return cls(encoding, sample[:, :settings], sample[:, settings:])

    def shares(self, forests: Sequence[Any], sets: Sequence[Sequence[int]]) -> tuple[Array, Array]:
        """By forest, the closed and total shares of the variance of each of these sets of settings; (forests, sets)."""
        rows = self.encoding(np.concatenate([self.a, self.b, *(_with_columns(self.a, self.b, each) for each in sets)]))
        found = [_indices(forest.predict(rows)) for forest in forests]
        return np.array([closed for closed, _ in found]), np.array([total for _, total in found])


def _indices(predicted: Array) -> tuple[Array, Array]:
    """Closed and total shares, from predictions at the points of a design."""
    a, b, *mixed = (predicted - predicted[: 2 * POINTS].mean()).reshape(-1, POINTS)
    variance = np.concatenate([a, b]).var() or 1.0  # a forest that predicts the same everywhere: all shares are 0
    closed = np.array([(b * (each - a)).mean() for each in mixed]) / variance
    total = np.array([((a - each) ** 2).mean() / 2 for each in mixed]) / variance
    return closed, total


def _with_columns(a: Array, b: Array, columns: Sequence[int]) -> Array:
    mixed = a.copy()
    mixed[:, columns] = b[:, columns]
    return mixed


def _forest(rng: np.random.Generator) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(TREES, min_samples_leaf=LEAF, max_features=0.7, random_state=int(rng.integers(2**31)))


def _effects(
    titles: Sequence[str], design: _Design, forests: Sequence[Any]
) -> tuple[list[Share], list[Share], list[Share]]:
    """Of each setting alone and in total, by their effects alone; and of pairs; the largest first."""
    mains, totals = design.shares(forests, [(index,) for index in range(len(titles))])
    alone = [Share.of(title, values) for title, values in zip(titles, mains.T, strict=True)]
    total = [Share.of(title, values) for title, values in zip(titles, totals.T, strict=True)]
    order = sorted(range(len(titles)), key=lambda index: -alone[index].mean)
    pairs = list(combinations(sorted(order[:MOST_PAIRED]), 2))
    closed = design.shares(forests, pairs)[0] if pairs else np.empty((len(forests), 0))
    together = [
        Share.of(f"{titles[i]} × {titles[j]}", closed[:, index] - mains[:, i] - mains[:, j])
        for index, (i, j) in enumerate(pairs)
    ]
    return (
        [alone[index] for index in order],
        [total[index] for index in order],
        sorted(together, key=lambda share: -share.mean),
    )


def noise(results: Results) -> Noise | None:
    """The spread over seeds, of configurations that were trained with several: by the sweep, or by `hpsearch best --seeds`.

    The pooled standard deviation, √(Σ (nᵢ − 1) sᵢ² / Σ (nᵢ − 1)). None where each was trained once.
    """
    groups = [scores for scores in _repeated(results) if len(scores) > 1]
    if not groups:
        return None
    freedom = sum(len(scores) - 1 for scores in groups)
    pooled = sum((len(scores) - 1) * variance(scores) for scores in groups) / freedom
    return Noise(sqrt(pooled), len(groups), sum(map(len, groups)))


def _repeated(results: Results) -> Iterator[Sequence[float]]:
    """The scores of each configuration, seed by seed."""
    yield from results.summary.scores.values()
    for leader in (results.rerun or {}).get("confirmation", []):
        yield [score for score in leader["scores"] if score is not None]
