"""What a running sweep has come to: counts, the best so far, how fast it goes and how long it will take."""

from collections import Counter
from collections.abc import Callable, Mapping
from statistics import fmean

from hpsearch.driver import Event
from hpsearch.known import maximise
from hpsearch.records import Outcome, Status, Trial
from hpsearch.space import Scalar
from hpsearch.summary import Summary
from hpsearch.words import how_long


class Tally:
    """Counts the outcomes of one process's work on a sweep, by a timer in seconds."""

    def __init__(self, before: Summary, timer: Callable[[], float]) -> None:
        """Begin with what was there before."""
        self.planned, self.metric = before.planned, before.metric
        self.counts = Counter(before.counts)
        self.unit = "trial" if before.repeats == 1 else "configuration"  # what is ranked
        self.best: tuple[int, float] | None = None  # number and score
        self.best_settings: Mapping[str, Scalar] = before.settings
        if before.best:
            self.best = (before.best[self.unit], before.best[before.metric])
        self._repeats = before.repeats
        self._scores = {number: list(scores) for number, scores in before.scores.items()}
        self.running = self.workers = 0
        self.nodes: set[str] = set()
        self._finished_here = 0
        self._timer, self._began = timer, timer()

    @property
    def done(self) -> int:
        """How many trials have a row."""
        return sum(self.counts.values())

    def ready(self, workers: int) -> None:
        """Take note that work begins now."""
        self.workers, self._began = workers, self._timer()

    def observe(self, event: Event) -> None:
        """Count what has become durable."""
        self.running, self.workers = event.running, event.workers
        for outcome in event.outcomes:
            self._count(outcome)

    def trials_per_second(self) -> float | None:
        """How fast trials finish; None before the first one."""
        elapsed = self._timer() - self._began
        return self._finished_here / elapsed if self._finished_here and elapsed > 0 else None

    def seconds_left(self) -> float | None:
        """How long the rest will take at this pace, if trials under way are half done on average; None if unknown."""
        elapsed = self._timer() - self._began
        if not self._finished_here or elapsed <= 0:
            return None
        worked_off = self._finished_here + self.running / 2
        return max(0.0, self.planned - self.done - self.running / 2) * elapsed / worked_off

    def _count(self, outcome: Outcome) -> None:
        self.counts[outcome.result.status] += 1
        self._finished_here += 1
        if outcome.place.node:
            self.nodes.add(outcome.place.node)
        if outcome.result.status is Status.COMPLETED:
            self._compare(outcome.trial, outcome.result.scores[self.metric])

    def _compare(self, trial: Trial, score: float) -> None:
        """Note the best; a configuration counts once all of its trials have completed."""
        number = trial.number if trial.configuration is None else trial.configuration
        scores = [*self._scores.pop(number, []), score]
        if len(scores) < self._repeats:
            self._scores[number] = scores
            return
        sign, mean = -1 if maximise(self.metric) else 1, fmean(scores)
        if self.best is None or (sign * mean, number) < (sign * self.best[1], self.best[0]):
            self.best, self.best_settings = (number, mean), trial.values


def pace(tally: Tally) -> list[str]:
    """How fast it goes and how long it will take, once that is known."""
    rate, left = tally.trials_per_second(), tally.seconds_left()
    if rate is None or left is None:
        return []
    speed = f"{rate:.3g} trials/s" if rate >= 0.1 else f"{60 * rate:.2g} trials/min"
    return [speed, f"about {how_long(left)} left"]
