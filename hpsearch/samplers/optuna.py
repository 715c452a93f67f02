"""Optuna's samplers by ask and tell, for those who have it installed (`pip install 'hpsearch[optuna]'`).

A round asks for its points one by one, after telling what the rounds that it may see came to. Settings keep their
scale: a continuous one is its coordinate in [0, 1], a whole number itself, a choice the number of its member.
"""

import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain, groupby
from typing import Any, ClassVar

import numpy as np

from hpsearch.errors import UsageError
from hpsearch.records import Observation, Trial
from hpsearch.samplers.base import Ask, Point, Proposal, Sampler
from hpsearch.space import Choice, Distribution, Path, Scalar, Space
from hpsearch.space.integer import EDGE, Integer, LogInteger


class OptunaSampler(Sampler):
    """What Optuna's samplers have in common."""

    needs: ClassVar[Mapping[str, str]] = {"optuna": "Optuna"}
    """The packages without which it does not work, by the name to import."""

    def require(self, space: Space, trials: int) -> None:
        missing = [name for package, name in self.needs.items() if find_spec(package) is None]
        if missing:
            raise UsageError(
                f"search.strategy {self.kind} needs {' and '.join(missing)}, which this environment lacks: "
                "pip install 'hpsearch[optuna]', or use another strategy"
            )

    def propose(self, ask: Ask) -> Proposal:
        with quietly():
            study = self._study(ask)
            return Proposal(tuple(suggested(study.ask(), ask.space) for _ in range(ask.size)))

    @abstractmethod
    def _study(self, ask: Ask) -> Any:
        """A study that knows what this round may know."""


class _FromHistory(OptunaSampler):
    """One to which the earlier trials are enough, whoever proposed them."""

    def _study(self, ask: Ask) -> Any:
        study = _new_study(self._sampler(int(ask.generator().integers(2**31))))
        study.add_trials([_frozen(ask.space, seen) for seen in ask.earlier])
        return study

    @abstractmethod
    def _sampler(self, seed: int) -> Any: ...


class Tpe(_FromHistory):
    """Tree-structured Parzen estimator (J. Bergstra et al. 2011), as Optuna sets it by default."""

    kind: ClassVar[str] = "optuna.tpe"

    def _sampler(self, seed: int) -> Any:
        from optuna.samplers import TPESampler

        return TPESampler(seed=seed)


class Gp(_FromHistory):
    """Optuna's Gaussian process; it takes a quarter of a second a trial."""

    kind: ClassVar[str] = "optuna.gp"
    needs: ClassVar[Mapping[str, str]] = {"optuna": "Optuna", "torch": "PyTorch"}

    def _sampler(self, seed: int) -> Any:
        from optuna.samplers import GPSampler

        return GPSampler(seed=seed, deterministic_objective=False)


class CmaEs(OptunaSampler):
    """Covariance matrix adaptation (N. Hansen 2016); choices are drawn at random.

    Its state is in the order in which it was asked and told, so all rounds are asked and told again.
    """

    kind: ClassVar[str] = "optuna.cmaes"
    needs: ClassVar[Mapping[str, str]] = {"optuna": "Optuna", "cmaes": "cmaes"}

    def _study(self, ask: Ask) -> Any:
        from optuna.samplers import CmaEsSampler, RandomSampler

        seed, independent = (int(seed) for seed in ask.sweep_generator().integers(2**31, size=2))
        sampler = CmaEsSampler(
            seed=seed, independent_sampler=RandomSampler(seed=independent), warn_independent_sampling=False
        )
        study = _new_study(sampler)
        finished = [list(seen) for _, seen in groupby(ask.history, key=lambda seen: seen.round)]
        lookahead = ask.round - len(finished)
        asked: dict[int, Any] = {}
        rounds = groupby(ask.earlier, key=lambda seen: seen.round)
        for number, trials in rounds:
            self._tell(study, asked, finished[max(0, number - lookahead - 1) : max(0, number - lookahead)])
            for trial in trials:
                if trial.number >= ask.given:
                    asked[trial.number] = study.ask()
                    suggested(asked[trial.number], ask.space)
        self._tell(study, asked, finished[max(0, ask.round - lookahead - 1) :])
        return study

    def _tell(self, study: Any, asked: Mapping[int, Any], rounds: Sequence[Sequence[Observation]]) -> None:
        from optuna.trial import TrialState

        for seen in chain.from_iterable(rounds):
            if seen.number in asked:
                failed = seen.score is None
                study.tell(asked[seen.number], seen.score, state=TrialState.FAIL if failed else TrialState.COMPLETE)


def _new_study(sampler: Any) -> Any:
    import optuna

    return optuna.create_study(sampler=sampler)


def _frozen(space: Space, seen: Observation | Trial) -> Any:
    """A trial of the history, or one whose end is not to be known, in Optuna's form."""
    from optuna.trial import TrialState, create_trial

    [there] = space.presence(np.array([seen.unit]))
    settings = [
        (title, setting.distribution, u)
        for title, setting, u, exists in zip(space.titles, space.settings, seen.unit, there, strict=True)
        if exists
    ]
    score = seen.score if isinstance(seen, Observation) else None
    pending, failed = isinstance(seen, Trial), score is None
    return create_trial(
        state=TrialState.RUNNING if pending else TrialState.FAIL if failed else TrialState.COMPLETE,
        value=score,
        params={title: _inner(distribution, u) for title, distribution, u in settings},
        distributions={title: _optunas(distribution) for title, distribution, _ in settings},
    )


def suggested(trial: Any, space: Space) -> Point:
    """The point that Optuna suggests; a setting that does not exist there is not asked for."""
    found: dict[Path, Scalar] = {}
    point = []
    for title, setting in zip(space.titles, space.settings, strict=True):
        u = 0.5
        if setting.exists(found):
            u = _unit(setting.distribution, trial._suggest(title, _optunas(setting.distribution)))  # noqa: SLF001 - the public ways take one kind of distribution each
            found[setting.path] = setting.distribution.from_unit(u)
        point.append(u)
    return tuple(point)


def _optunas(distribution: Distribution) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(distribution, Choice):
        return CategoricalDistribution(range(len(distribution.labels)))
    if isinstance(distribution, Integer):
        return IntDistribution(distribution.low, distribution.high, log=isinstance(distribution, LogInteger))
    return FloatDistribution(0.0, 1.0)


def _inner(distribution: Distribution, u: float) -> Any:
    """A coordinate as Optuna's value."""
    if isinstance(distribution, Choice):
        return int(min(u, EDGE) * len(distribution.labels))
    return distribution.from_unit(u) if isinstance(distribution, Integer) else u


def _unit(distribution: Distribution, inner: Any) -> float:
    """Optuna's value as a coordinate."""
    if isinstance(distribution, Choice):
        return float((inner + 0.5) / len(distribution.labels))
    return distribution.to_unit(int(inner)) if isinstance(distribution, Integer) else float(inner)


@contextmanager
def quietly() -> Iterator[None]:
    """Without Optuna's messages about each study and trial."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
