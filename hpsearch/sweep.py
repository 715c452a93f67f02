"""The search as a pure function: which trials make up a round, given the rounds it may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hpsearch.records import Interval, Observation, Round, Status, Trial
from hpsearch.repeats import by_configuration
from hpsearch.samplers import Ask, Cost, Proposal, Sampler, UnitInterval
from hpsearch.seeds import trial_seed
from hpsearch.space import Scalar, Setting, Space
from hpsearch.stopping import Rule, limits, rung_scores, with_extrapolated_scores
from hpsearch.widening import Allows, next_space, placed, range_of


@dataclass(frozen=True)
class Plan:
    """Everything that decides which trials a sweep consists of, but for their outcomes."""

    space: Space
    sampler: Sampler
    seed: int
    trials: int  # how many in all
    round_size: int  # trials
    lookahead: int  # how many rounds may be under way before the one being planned
    metric: str  # by which trials are ranked
    maximise: bool
    stopping: Rule | None  # by which trials are stopped early
    epochs: Callable[[Mapping[str, Scalar]], int]  # of a trial, by its values
    start_with: tuple[Mapping[str, Scalar], ...] = ()  # known configurations, tried first
    repeats: int = 1  # how many trials each configuration has, one after another
    allows: Allows | None = None  # whether a range may be widened so; None: ranges stay as they are
    cost: Cost | None = None  # of a trial, by its values, if less is better

    @property
    def rounds(self) -> int:
        """How many rounds there are; the last one may be cut short."""
        return -(-self.trials // self.round_size)

    @property
    def configurations(self) -> int:
        """How many configurations a round has."""
        return self.round_size // self.repeats

    def visible(self, number: int) -> int:
        """How many rounds, from the first, round `number` may look at; they must be finished."""
        return max(0, number - self.lookahead)

    def size(self, number: int) -> int:
        """How many trials of round `number` are run."""
        return min(self.round_size, self.trials - number * self.round_size)

    def observation(
        self, trial: Trial, status: Status, score: float | None, curve: Sequence[float] = ()
    ) -> Observation:
        """What may be known of a trial that ended so, with `curve`, its score after each epoch.

        Only a completed one has a score; only one that completed or was stopped has rungs.
        """
        completed = status is Status.COMPLETED and score is not None
        sign = -1 if self.maximise else 1
        rungs = (
            rung_scores([sign * each for each in curve], self.epochs(trial.values), completed=completed)
            if completed or status is Status.STOPPED
            else ()
        )
        return Observation(
            trial.number, trial.round, trial.unit, sign * score if completed and score is not None else None, rungs
        )


def next_round(plan: Plan, earlier: Sequence[Round], history: Sequence[Observation]) -> Round:
    """The round after the `earlier` ones, given all trials of those that it may see, in order.

    Always a whole round, even if fewer of its trials will be run, so that extending a sweep leaves the
    trials before the extension as they were.
    """
    number = len(earlier)
    given = plan.start_with[number * plan.configurations :][: plan.configurations]
    known = by_configuration(with_extrapolated_scores(history), plan.repeats)
    space = plan.space if plan.allows is None else next_space(plan.space, earlier, known, plan.allows)
    proposal = _proposal(plan, space, earlier, known, plan.configurations - len(given))
    worst = limits(plan.stopping, by_configuration(history, plan.repeats))
    configurations = [(space.point(values), values) for values in given]
    configurations += [(point, space.values(point)) for point in proposal.points]
    trials = [
        Trial(
            number=number * plan.round_size + index,
            round=number,
            seed=trial_seed(plan.seed, number, index),
            unit=configurations[index // plan.repeats][0],
            values=configurations[index // plan.repeats][1],
            limits=worst,
            configuration=number * plan.configurations + index // plan.repeats if plan.repeats > 1 else None,
        )
        for index in range(plan.round_size)
    ]
    return Round(
        number, tuple(trials), proposal.global_share, _in_values(space, proposal, ranges=plan.allows is not None)
    )


def _proposal(
    plan: Plan, space: Space, earlier: Sequence[Round], history: Sequence[Observation], size: int
) -> Proposal:
    if size == 0:
        return Proposal(())
    number = len(earlier)
    pending = [
        replace(trial, number=trial.number // plan.repeats)
        for planned in earlier[plan.visible(number) :]
        for trial in planned.trials[:: plan.repeats]
    ]
    if plan.allows is not None:
        history = placed(history, plan.space, earlier, space)
        pending = placed(pending, plan.space, earlier, space)
    ask = Ask(
        space=space,
        history=history,
        pending=pending,
        size=size,
        round=number,
        seed=plan.seed,
        given=min(len(plan.start_with), number * plan.configurations),
        cost=plan.cost,
    )
    return plan.sampler.propose(ask)


def _in_values(space: Space, proposal: Proposal, *, ranges: bool) -> tuple[Interval, ...]:
    """The region in the settings' own values; without one, the whole range of each setting. With `ranges`, those too."""
    region = proposal.region or (None,) * len(space.settings)
    settings = zip(space.titles, space.settings, region, strict=True)
    return tuple(_interval(name, setting, place, ranges=ranges) for name, setting, place in settings)


def _interval(name: str, setting: Setting, place: UnitInterval | None, *, ranges: bool) -> Interval:
    value = setting.distribution.from_unit
    centre = None if place is None else value(place.centre)
    if not setting.distribution.ordered:
        return Interval(name, centre, None, None)
    low, high = (0.0, 1.0) if place is None else (place.low, place.high)
    ends = range_of(setting.distribution) if ranges else ()
    return Interval(name, centre, value(low), value(high), *ends)
