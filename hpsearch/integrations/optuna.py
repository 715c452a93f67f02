"""The zoom as a sampler of Optuna's: `optuna.create_study(sampler=ZoomSampler(seed=0))`."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import threadpool_limits

from hpsearch.records import Observation, Trial
from hpsearch.samplers import Ask
from hpsearch.samplers.zoom import Zoom
from hpsearch.space import Choice, Distribution, Setting, Space
from hpsearch.space.continuous import Log, Uniform
from hpsearch.space.integer import Integer, LogInteger

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class ZoomSampler(BaseSampler):  # type: ignore[misc]  # Optuna may be missing where types are checked
    """Samples all parameters that every completed trial had by `hpsearch.samplers.zoom`, and others at random.

    Trials under way are reckoned with. Pruned and failed trials mark a bad region. For studies with one objective.

    :param seed: of everything random; equal studies with equal seeds go the same way. None: another each time.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = secrets.randbits(32) if seed is None else seed
        self._independent = RandomSampler(seed=self._seed % 2**32)
        self._common = IntersectionSearchSpace()

    def reseed_rng(self) -> None:
        """Called by Optuna in each thread or process of a parallel study."""
        self._seed = secrets.randbits(32)
        self._independent.reseed_rng()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that all completed trials share, but for those with a single value."""
        shared = self._common.calculate(study)
        return {name: distribution for name, distribution in shared.items() if not distribution.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values of all parameters of the search space."""
        self._raise_error_if_multi_objective(study)
        if not search_space:
            return {}
        scales = {name: _scale(distribution) for name, distribution in search_space.items()}
        settings = tuple(Setting((name,), scale.distribution, ()) for name, scale in scales.items())
        space = Space(None, settings)
        ask = Ask(
            space,
            history=list(_history(study, space, scales)),
            pending=list(_pending(study, space, scales, trial.number)),
            size=1,
            round=trial.number,
            seed=self._seed,
        )
        with threadpool_limits(limits=1, user_api="blas"):  # for matrices so small, threads only wait for one another
            [point] = Zoom().propose(ask).points
        values = space.values(point)
        return {name: scale.outer(values[space.names[(name,)]]) for name, scale in scales.items()}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A value drawn at random."""
        self._raise_error_if_multi_objective(study)
        return self._independent.sample_independent(study, trial, param_name, param_distribution)


@dataclass(frozen=True)
class _Scale:
    """One of Optuna's distributions as one of hpsearch's; steps are counted, members numbered."""

    distribution: Distribution
    low: float = 0
    high: float = 0
    step: float = 0  # 0: values are the same on both sides
    members: Sequence[Any] = ()

    def outer(self, value: Any) -> Any:
        """Hpsearch's value as Optuna's."""
        if self.members:
            return self.members[value]
        return min(self.low + value * self.step, self.high) if self.step else value  # 3 * 0.1 is above 0.3

    def inner(self, value: Any) -> Any:
        """Optuna's value as hpsearch's."""
        if self.members:
            return next(index for index, member in enumerate(self.members) if member is value or member == value)
        return round((value - self.low) / self.step) if self.step else value


def _scale(distribution: BaseDistribution) -> _Scale:
    if isinstance(distribution, CategoricalDistribution):
        numbers = tuple(range(len(distribution.choices)))
        return _Scale(Choice(numbers, numbers), members=distribution.choices)
    bounded = cast("FloatDistribution | IntDistribution", distribution)
    low, high, step = bounded.low, bounded.high, bounded.step
    if bounded.log:
        return _Scale(LogInteger(low, high) if isinstance(bounded, IntDistribution) else Log(low, high))
    if isinstance(bounded, IntDistribution) and step == 1:
        return _Scale(Integer(low, high))
    if step:
        return _Scale(Integer(0, round((high - low) / step)), low, high, step)
    return _Scale(Uniform(low, high))


def _history(study: Study, space: Space, scales: Mapping[str, _Scale]) -> Iterator[Observation]:
    """The finished trials that lie in the space, with scores of which smaller is better."""
    sign = -1 if study.direction == StudyDirection.MAXIMIZE else 1
    for trial in study.get_trials(deepcopy=False, states=FINISHED):
        point = _point(trial, space, scales)
        if point is not None:
            score = sign * trial.value if trial.state == TrialState.COMPLETE else None
            yield Observation(trial.number, trial.number, point, score)


def _pending(study: Study, space: Space, scales: Mapping[str, _Scale], number: int) -> Iterator[Trial]:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        point = _point(trial, space, scales)
        if point is not None and trial.number != number:
            yield Trial(trial.number, trial.number, 0, point, {})


def _point(trial: FrozenTrial, space: Space, scales: Mapping[str, _Scale]) -> tuple[float, ...] | None:
    """Where a trial lies in the space; None if it has other parameters, or was sampled from wider ranges."""
    try:
        return space.point({space.names[(name,)]: scale.inner(trial.params[name]) for name, scale in scales.items()})
    except (KeyError, ValueError, StopIteration):
        return None
