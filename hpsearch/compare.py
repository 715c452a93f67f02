"""Sweeps, or single configs, side by side: what each gives over its seeds, and whether they differ beyond the noise."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from hpsearch.analysis import best_so_far
from hpsearch.config import Config, load_config
from hpsearch.confirmation import FEWEST_SEEDS, LEVEL, Estimate, with_shared_seeds
from hpsearch.data import load_data
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN, maximise
from hpsearch.location import Location
from hpsearch.objective import Task, Worker, run_all
from hpsearch.records import Outcome, Status, Trial
from hpsearch.results import Results, load
from hpsearch.words import Say


@dataclass(frozen=True)
class Member:
    """One sweep, or one training of a config."""

    name: str
    seed: int
    score: float | None  # the metric: of the best trial, or of the training; None if none completed
    curve: Sequence[float]  # the best so far trial by trial, or the score epoch by epoch
    seconds: float  # of workers' time


@dataclass(frozen=True)
class Side:
    """What is compared: sweeps that differ in their seeds alone, or the trainings of one config."""

    name: str
    members: Sequence[Member]

    @property
    def scores(self) -> list[float]:
        """Of the members that have one."""
        return [member.score for member in self.members if member.score is not None]

    @property
    def estimate(self) -> Estimate | None:
        """The mean over the members, with its 95% interval; None for fewer than two scores."""
        return Estimate.of(self.scores) if len(self.scores) >= FEWEST_SEEDS else None


@dataclass(frozen=True)
class Contrast:
    """How much better another side is than the first; above 0 is better, whatever the metric's direction."""

    name: str
    test: str  # its name; why there is none, if `gain` is None
    gain: Estimate | None  # the intervals of all contrasts hold together at 95%
    p: float | None  # adjusted for their number; None if there is no test


@dataclass(frozen=True)
class Comparison:
    """Sides, the first being what the others are compared with."""

    metric: str
    maximise: bool
    along: str  # what curves run along: trial or epoch
    sides: Sequence[Side]
    contrasts: Sequence[Contrast]
    notes: Sequence[str] = ()


def compare(paths: Sequence[Location], clock: Callable[[], float], say: Say, *, seeds: int) -> Comparison:
    """Compare sweeps by their folders, or configs by their files: each config is trained with the same `seeds` seeds.

    Raises UsageError for fewer than two, for a mixture, and for what cannot be compared: other data, or another metric.
    """
    if len(paths) < 2:
        raise UsageError("compare takes two sweeps' folders or two configs, or more")
    folders = [path.is_dir() for path in paths]
    if all(folders):
        return _of_sweeps([load(path) for path in paths])
    if any(folders):
        raise UsageError("compare takes sweeps' folders or configs, not both: a sweep's best config is in its best/")
    return _of_configs(paths, clock, say, seeds)


def contrast(first: Side, other: Side, *, maximise: bool, contrasts: int) -> Contrast:
    """Student's t-test on the differences seed by seed where both sides have the same seeds, else Welch's.

    With k contrasts each is tested at 0.05/k (Bonferroni). Student 1908, "The Probable Error of a Mean"; B. L. Welch
    1947, "The Generalization of 'Student's' Problem when Several Different Population Variances are Involved".
    """
    sign, level = (1 if maximise else -1), 1 - (1 - LEVEL) / contrasts
    before, after = ({each.seed: each.score for each in side.members} for side in (first, other))
    if before.keys() == after.keys():
        pairs = [(score, after[seed]) for seed, score in before.items()]
        gains = [sign * (new - old) for old, new in pairs if old is not None and new is not None]
        test = f"paired t-test over {len(gains)} seeds" + (
            " with which both completed" if len(gains) < len(pairs) else ""
        )
        found = _paired(gains, level) if len(gains) >= FEWEST_SEEDS else None
    else:
        was, now = ([sign * score for score in side.scores] for side in (first, other))
        test = f"Welch's t-test, {len(now)} seeds against {len(was)}"
        found = _unpaired(was, now, level) if min(len(was), len(now)) >= FEWEST_SEEDS else None
    if found is None:
        return Contrast(other.name, "no test: it takes two seeds of each at least", None, None)
    return Contrast(other.name, test, found[0], min(1.0, found[1] * contrasts))


def _paired(gains: Sequence[float], level: float) -> tuple[Estimate, float]:
    """The mean gain, and the probability of one as large by chance."""
    from scipy.stats import ttest_1samp

    estimate = Estimate.of(gains, level)
    if not estimate.half_width:  # the same with every seed: no chance has a part in it
        return estimate, float(estimate.mean == 0)
    return estimate, float(ttest_1samp(gains, 0).pvalue)


def _unpaired(before: Sequence[float], after: Sequence[float], level: float) -> tuple[Estimate, float]:
    from scipy.stats import ttest_ind

    gain, count = fmean(after) - fmean(before), len(before) + len(after)
    if len(set(before)) == len(set(after)) == 1:
        return Estimate(gain, 0.0, count), float(gain == 0)
    result = ttest_ind(after, before, equal_var=False)
    low, high = result.confidence_interval(level)
    return Estimate(gain, float(high - low) / 2, count), float(result.pvalue)


def _comparison(metric: str, along: str, sides: Sequence[Side], notes: Sequence[str]) -> Comparison:
    first, *others = sides
    direction = maximise(metric)
    contrasts = [contrast(first, other, maximise=direction, contrasts=len(others)) for other in others]
    return Comparison(metric, direction, along, sides, contrasts, notes)


def _of_sweeps(sweeps: Sequence[Results]) -> Comparison:
    first = sweeps[0]
    for other in sweeps[1:]:
        _require_same_metric(first.metric, other.metric, str(first.path), str(other.path))
        same = other.manifest["data"]["fingerprint"] == first.manifest["data"]["fingerprint"]
        if not same or _cut(other) != _cut(first):
            raise UsageError(
                f"{first.path} and {other.path} have different data, or split it differently, so their scores cannot be "
                "compared"
            )
    groups: list[list[Results]] = []
    for sweep in sweeps:
        alike = [group for group in groups if _but_for_seeds(group[0]) == _but_for_seeds(sweep)]
        alike[0].append(sweep) if alike else groups.append([sweep])
    for group in groups:
        if len({each.config.run.seed for each in group}) < len(group):
            raise UsageError(
                f"{group[0].path} and another of these have the same settings and seed: they are the same sweep"
            )
    notes = [f"{sweep.path} is not finished" for sweep in sweeps if sweep.summary.done < sweep.summary.planned]
    if len(groups) == 1:
        raise UsageError("these sweeps differ in nothing but their names and seeds, so there is nothing to compare")
    if len({tuple(sorted(sweep.config.run.seed for sweep in group)) for group in groups}) > 1:
        notes.append(
            "their seeds differ, and with these the rows that validate; sweeps of the same seeds compare better"
        )
    sides = [
        Side(", ".join(each.config.run.name for each in group), [_of_sweep(each) for each in group]) for group in groups
    ]
    return _comparison(first.metric, "trial", sides, notes)


def _cut(sweep: Results) -> Mapping[str, object]:
    """What is learned of a sweep's data, and by which rows; where they lie says nothing that their fingerprint does not."""
    return sweep.config.run.data.model_dump(exclude={"source"})


def _but_for_seeds(sweep: Results) -> Mapping[str, object]:
    """A sweep's settings without those in which sweeps of one group may differ."""
    varied = {"name", "seed", "engine", "tracking"}
    return {key: value for key, value in sweep.config.tree.items() if key not in varied} | {"data": _cut(sweep)}


def _of_sweep(sweep: Results) -> Member:
    best = best_so_far(sweep)
    curve = best.groupby(level=0).last().reindex(range(len(sweep.trials))).ffill()
    score = None if sweep.best is None else float(sweep.best[sweep.metric])
    seconds = float(sweep.trials["duration_s"].sum())
    return Member(str(sweep.path), sweep.config.run.seed, score, curve.tolist(), seconds)


def _of_configs(files: Sequence[Location], clock: Callable[[], float], say: Say, seeds: int) -> Comparison:
    configs = [load_config(file, KNOWN) for file in files]
    for file, config in zip(files, configs, strict=True):
        if config.space.settings:
            raise UsageError(
                f"{file}: {config.space.titles[0]} has a distribution, so this is a sweep: run it and compare its folder, "
                "or put a value in its place"
            )
        _require_same_metric(configs[0].run.search.metric, config.run.search.metric, str(files[0]), str(file))
        if (config.run.seed, config.run.data) != (configs[0].run.seed, configs[0].run.data):
            raise UsageError(
                f"{files[0]} and {file} differ in data or seed, so they would not be judged by the same rows"
            )
    names = (
        [file.stem for file in files]
        if len({file.stem for file in files}) == len(files)
        else [str(file) for file in files]
    )
    metric, notes, sides = configs[0].run.search.metric, [], []
    for name, config in zip(names, configs, strict=True):
        say(f"training {name} with {seeds} seeds")
        outcomes = _trainings(config, clock, seeds)
        notes += [
            f"{name} with seed {index}: {outcome.result.status.value.replace('_', ' ')}: {outcome.result.error}"
            for index, outcome in enumerate(outcomes)
            if outcome.result.status is not Status.COMPLETED
        ]
        sides.append(Side(name, [_of_training(name, index, each, metric) for index, each in enumerate(outcomes)]))
    return _comparison(metric, "epoch", sides, notes)


def _trainings(config: Config, clock: Callable[[], float], seeds: int) -> list[Outcome]:
    """Train a config with seeds that every config of the comparison shares; each behind its gate, nothing stops it early."""
    task = Task.of(config, load_data(config))
    worker = Worker.here("compare", config.run.resources.cpus, clock)
    trial = Trial(number=0, round=0, seed=0, unit=(), values={})
    return run_all(task, with_shared_seeds(trial, config.run.seed, seeds), worker)


def _of_training(name: str, index: int, outcome: Outcome, metric: str) -> Member:
    score = outcome.result.scores.get(metric) if outcome.result.status is Status.COMPLETED else None
    curve = [row.scores[metric] for row in outcome.result.epochs]
    return Member(
        name, index, score, [value if math.isfinite(value) else math.nan for value in curve], outcome.place.duration_s
    )


def _require_same_metric(metric: str, other: str, first: str, second: str) -> None:
    if metric != other:
        raise UsageError(f"{first} goes by {metric} and {second} by {other}, so they cannot be compared")
