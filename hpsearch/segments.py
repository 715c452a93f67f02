"""One network trained in segments: nudged at each boundary, kept where that was better, taken back where it was not."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hpsearch.babysitting import Segment, Settings, Verdict, length, proposal, standing, verdict
from hpsearch.config import Babysit, Run
from hpsearch.errors import HpsearchError
from hpsearch.settings import steered
from hpsearch.space import Scalar
from trainer import End, Epoch, Fit, Fitting, Network
from trainer.history import OnEpoch
from trainer.metrics import larger_is_better


@dataclass(frozen=True)
class Boundary:
    """The end of a segment, where it is decided what becomes of it."""

    history: Sequence[Segment]  # all so far; the last one is judged
    metric: str  # whose scores the segments have
    sign: int  # of these scores: -1 if more is better
    left: int  # epochs
    proposals: Mapping[bool, Settings]  # for the next segment, if this one is kept, or not

    @property
    def segment(self) -> Segment:
        """The segment that has ended."""
        return self.history[-1]

    def standing(self, *, keep: bool) -> Settings:
        """The settings of the network as it stands if the segment is kept, or not."""
        return standing([*self.history[:-1], replace(self.segment, kept=keep)])


@dataclass(frozen=True)
class Watch:
    """Somebody who follows a training."""

    epoch: Callable[[Epoch], object] = lambda epoch: None
    """Told of each epoch."""
    decide: Callable[[Boundary], Verdict | None] = lambda boundary: None
    """Asked at each boundary for which the config has no decision; None leaves it to the babysitter."""
    decided: Callable[[Boundary, Verdict], object] = lambda boundary, verdict: None
    """Told what was decided."""


@dataclass(frozen=True)
class SegmentedFit(Fit):
    """A training in segments."""

    marks: tuple[Mapping[str, Scalar], ...] = ()  # of each epoch: its segment and the settings of that


@dataclass
class _Course:
    """How far such a training has come."""

    run: Run
    babysit: Babysit
    seed: int
    watch: Watch
    history: list[Segment] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0  # whose weights the network has; 0: those before the training
    score: float = math.inf  # of that epoch, smaller being better

    @property
    def sign(self) -> int:
        """Of scores that are smaller for the better."""
        return -1 if larger_is_better(self.run.search.metric) else 1

    def add(self, fit: Fit, settings: Settings) -> None:
        """Take note of a segment that was trained with these settings."""
        first = len(self.epochs) + 1
        self.epochs += fit.epochs
        after = self.sign * fit.epochs[-1].scores[self.run.search.metric]
        after = after if math.isfinite(after) and not fit.diverged else math.inf
        number, last = len(self.history) + 1, len(self.epochs)
        self.history.append(Segment(number, first, last, self.best_epoch, settings, self.score, after, kept=False))

    @property
    def left(self) -> int:
        """How many epochs there are to train."""
        return self.run.train.epochs - len(self.epochs)

    def decide(self) -> Verdict:
        """What becomes of the last segment, and the settings of the next one."""
        steps = self.babysit.steps
        proposals = {keep: proposal(steps, self.history, self.seed, keep=keep) for keep in (True, False)}
        boundary = Boundary(tuple(self.history), self.run.search.metric, self.sign, self.left, proposals)
        found = self._recorded(boundary) or self.watch.decide(boundary) or verdict(steps, self.history, self.seed)
        if found.keep:
            segment = self.history[-1] = replace(self.history[-1], kept=True)
            self.best_epoch, self.score = segment.last, segment.after
        self.watch.decided(boundary, found)
        return found

    def _recorded(self, boundary: Boundary) -> Verdict | None:
        """What the config says of this boundary."""
        number = boundary.segment.number
        if number > len(self.babysit.decisions):
            return None
        decision = self.babysit.decisions[number - 1]
        if decision.keep and boundary.segment.failed:
            raise HpsearchError(
                f"babysit.decisions.{number - 1} keeps segment {number}, but its {boundary.metric} is no finite number"
            )
        return Verdict(decision.keep, {**boundary.standing(keep=decision.keep), **decision.settings})

    def result(self, fit: Fit) -> SegmentedFit:
        """The whole training, which ended with this."""
        end, best_epoch = End.EPOCHS, self.best_epoch
        if fit.end is End.STOPPED or not best_epoch:
            end, best_epoch = fit.end, len(self.epochs)
            if not self.history[-1].failed and end is not End.STOPPED:
                raise HpsearchError("no segment was kept, so there is no trained network")
        return SegmentedFit(tuple(self.epochs), end, best_epoch, tuple(self._marks()))

    def _marks(self) -> Iterator[Mapping[str, Scalar]]:
        for segment in self.history:
            place = {"segment": segment.number, "begun_from": segment.begun_from, "kept": segment.kept}
            yield from ({**place, **segment.settings} for _ in range(segment.first, segment.last + 1))


def train_in_segments(
    run: Run,
    seed: int,
    begin: Callable[[Settings], tuple[list[Fitting], list[OnEpoch]]],
    train_on: Callable[[list[Fitting], list[OnEpoch], int], list[Fit]],
    watch: Watch,
) -> tuple[list[Network], list[Fit]]:
    """Train a run in segments. Every epoch counts, also those that are gone back on.

    `begin` makes a training of the run with such settings; `train_on` trains it for so many epochs. Weights and optimizer
    go back; the learning rate's schedule, the order of the rows and dropout's draws go on.
    """
    course = _Course(run, run.babysit or Babysit(), seed, watch)
    settings: Settings = steered(run)
    [fitting], on_epoch = begin(settings)
    kept = fitting.state()
    while True:
        epochs = length(course.babysit.segment, course.history)
        [fit] = train_on([fitting], on_epoch, min(epochs, course.left))
        course.add(fit, settings)
        if fit.end is End.STOPPED:  # by a gate
            break
        found = course.decide()
        kept = fitting.state() if found.keep else kept
        if not course.left:
            fitting.rewind(kept)
            break
        settings = found.settings
        [fitting], on_epoch = begin(settings)
        fitting.rewind(kept)
        fitting.epoch = len(course.epochs)
    return [fitting.network], [course.result(fit)]
