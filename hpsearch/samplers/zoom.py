"""Coarse to fine: candidates ever closer around the leaders, ranked by a small model of what was seen."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

import numpy as np

from hpsearch.records import Observation
from hpsearch.samplers.base import Array, Ask, Proposal, Sampler, as_points
from hpsearch.samplers.encoding import Encoding
from hpsearch.samplers.gaussian_process import Posterior, fit_kernel
from hpsearch.samplers.leaders import leaders, near, region
from hpsearch.samplers.sobol import sobol_points
from hpsearch.samplers.target import targets

START = 8  # completed trials before a model of them is worth anything
ELITE = 8  # leaders around which candidates are drawn
CANDIDATES = 256  # or two for each point of a round, if that is more
GLOBAL_SHARE = 0.1  # of the candidates
WIDEST, NARROWEST = 0.35, 0.03  # standard deviation around a leader at first and at last, as a share of the range
FULL_WIDTH, DECAY = 20, 1.1  # completed trials up to which the width is the widest; how it falls with their number
STRETCH = (0.4, 2.5)  # of the width along a setting that matters much or hardly
CHOICE_RESAMPLED = 0.2  # how often a candidate's choice is drawn anew instead of taken from the leader
CAUTION = (0.5, 1.0, 1.5, 2.0)  # β of the first, second, … pick of a round, and again
PRICE = 0.25  # how far a tenfold cost moves a candidate back, in standard deviations of the targets
MODELLED, FITTED = 256, 100  # trials that the model may know, and of these, those that its length scales are fitted to
PENDING = 64  # trials under way that the model reckons with


class Zoom(Sampler):
    """A contracting pool of candidates, ranked by a Gaussian process.

    It starts with Sobol's points. Then each round draws candidates from normal distributions around the leaders, and
    a share of them anywhere. The width falls with the number n of completed trials as n^-1.1, so no budget need be
    known; along a setting it follows the model's length scale (as in D. Eriksson et al. 2019, "Scalable Global
    Optimization via Local Bayesian Optimization"). Candidates of the lowest μ − β σ are taken one after another
    (N. Srinivas et al. 2010, "Gaussian Process Optimization in the Bandit Setting"). The model reckons with a pick,
    and with a trial under way, as with an observation that comes out as it expects (T. Desautels et al. 2014,
    "Parallelizing Exploration-Exploitation Tradeoffs"); trials that did not complete look as bad as can be. At most a
    few hundred trials are modelled, the best and others spread over the history, so a round's cost stays flat. The
    region that is recorded reaches one standard deviation beyond the leaders.

    Where costs matter, a candidate's promise has a price, proportional to the logarithm of its cost: as dividing an
    improvement by the cost (J. Snoek et al. 2012, "Practical Bayesian Optimization", section 3.2), in logarithms.
    """

    kind: ClassVar[str] = "zoom"
    prices: ClassVar[bool] = True

    def propose(self, ask: Ask) -> Proposal:
        completed = sum(seen.score is not None for seen in ask.history)
        if completed < START or not ask.space.settings:
            return Proposal(as_points(sobol_points(ask)))
        model = _Model(ask)
        elite = leaders(ask.history, ELITE)
        widths = _width(completed) * model.stretch
        candidates = _candidates(ask, elite, widths)
        picks = _picks(ask, model.posterior(np.concatenate([candidates, _pending(ask)])), _prices(ask, candidates))
        return Proposal(as_points(candidates[picks]), GLOBAL_SHARE, region(elite, widths))


def _width(completed: int) -> float:
    return max(WIDEST * float(min(FULL_WIDTH / completed, 1.0) ** DECAY), NARROWEST)


def _candidates(ask: Ask, elite: Sequence[Observation], widths: Array) -> Array:
    """Points (candidates, settings): most around the elite with standard deviations `widths`, the others anywhere."""
    rng = ask.generator()
    count = max(CANDIDATES, 2 * ask.size)
    points = rng.random((count, len(widths)))
    local = round((1 - GLOBAL_SHARE) * count)
    points[:local] = near(ask.space, elite, widths * rng.standard_normal((local, len(widths))), CHOICE_RESAMPLED, rng)
    return points


def _pending(ask: Ask) -> Array:
    """The latest trials under way, (trials, settings)."""
    return np.array([trial.unit for trial in ask.pending[-PENDING:]]).reshape(-1, len(ask.space.settings))


def _prices(ask: Ask, candidates: Array) -> Array:
    """What is added to the promise of each of the candidates (candidates, settings) for its cost; (candidates,)."""
    if ask.cost is None:
        return np.zeros(len(candidates))
    prices: Array = PRICE * np.log10([ask.cost(ask.space.values(point)) for point in candidates.tolist()])
    return prices


def _picks(ask: Ask, posterior: Posterior, prices: Array) -> list[int]:
    """Which of the candidates, which have these `prices`, to try; the posterior's places after them are under way."""
    candidates = len(prices)
    for index in range(candidates, len(posterior.mean)):
        posterior.condition(index)
    left = np.ones(candidates, bool)
    picks = []
    for turn in range(ask.size):
        promise = (posterior.mean - CAUTION[turn % len(CAUTION)] * posterior.deviation)[:candidates] + prices
        pick = int(np.argmin(np.where(left, promise, np.inf)))
        posterior.condition(pick)
        left[pick] = False
        picks.append(pick)
    return picks


class _Model:
    """What the history says of the space."""

    def __init__(self, ask: Ask) -> None:
        known = modelled(ask.history, MODELLED)
        self._encoding = Encoding(ask.space)
        self._x = self._encoding(np.array([seen.unit for seen in known]))
        self._y = targets(np.array([np.nan if seen.score is None else seen.score for seen in known]))
        places = {seen.number: place for place, seen in enumerate(known)}
        fitted = [places[seen.number] for seen in modelled(known, FITTED)]
        self._kernel = fit_kernel(self._encoding.distances(self._x[fitted]), self._y[fitted])

    @property
    def stretch(self) -> Array:
        """How long the length scale of each setting is, against their geometric mean; (settings,).

        Rounded, so that the last bits of linear algebra do not show in the points.
        """
        logs = np.log(self._kernel.scales)
        stretch: Array = np.clip(np.exp(logs - logs.mean()), *STRETCH).round(2)
        return stretch

    def posterior(self, places: Array) -> Posterior:
        """Of places (places, settings)."""
        return Posterior(self._kernel, self._encoding.setting_of_column, self._x, self._y, self._encoding(places))


def modelled(history: Sequence[Observation], count: int) -> list[Observation]:
    """Up to `count` trials of the history: the best, and others spread evenly over it, by turns."""
    if len(history) <= count:
        return list(history)
    best = leaders(history, count // 2)
    numbers = {seen.number for seen in best}
    others = [seen for seen in history if seen.number not in numbers]
    spread = [others[index * len(others) // (count // 2)] for index in range(count // 2)]
    return [seen for pair in zip_longest(best, spread) for seen in pair if seen is not None]
