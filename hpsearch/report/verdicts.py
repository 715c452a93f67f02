"""What a sweep's tables mean, in sentences."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from hpsearch.analysis import Importance, Noise, Share
from hpsearch.errors import UsageError
from hpsearch.records import Status
from hpsearch.results import Results
from hpsearch.samplers import SAMPLERS, Settings
from hpsearch.words import counted, how_long

TRUSTED = 0.3  # share of the order of unseen trials that the forests must explain for their importance to be believed
FELT = 0.02  # share that a pair must explain beyond its main effects, at the lower end of its interval
CLOSE = 1.96 * 2**0.5  # standard deviations of one score between two that differ with 95% confidence
LATE = 0.75  # share of the trials after which a new best says that the search has not levelled off


def verdicts(results: Results, found: Importance | None, spread: Noise | None) -> list[str]:
    """Everything worth saying, the most important first."""
    return [
        _state(results),
        *_best(results),
        *_again(results),
        *_progress(results),
        *_importance(found),
        *(f"{each[0].upper()}{each[1:]}." for each in (*results.summary.edges, *results.summary.widened)),
        *_noise(results, spread),
        *_gate(results),
        *_failures(results),
        *_platforms(results),
    ]


def number(value: float) -> str:
    """A score as text."""
    return f"{value:.4g}"


def _state(results: Results) -> str:
    summary, trials = results.summary, results.trials
    done = f"{summary.done:,} of {counted(summary.planned, 'trial')}"
    counts = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in sorted(summary.counts.items()))
    ended = f"{done} have ended" + (f" ({counts})" if counts else "")
    workers = trials["worker"].nunique()
    took = ""
    if len(trials):
        begun, end = trials["started_at"].min(), (trials["started_at"] + _lengths(trials)).max()
        took = (
            f", {how_long((end - begun).total_seconds())} from the first to the last, on {counted(workers, 'worker')}"
        )
    if results.running:
        return f"The sweep is running: {ended}{took}, as this is written."
    if summary.done < summary.planned:
        return f"The sweep is not finished: {ended}{took}. Go on by: hpsearch resume {results.path}"
    return f"The sweep is finished: {ended}{took}."


def _best(results: Results) -> Iterator[str]:
    best, metric = results.best, results.metric
    if best is None:
        yield (
            "No trial has completed, so there is no best configuration."
            if len(results.trials)
            else "No trial has ended yet."
        )
        return
    others = [name for name in results.config.run.recorded if name != metric]
    beside = ", ".join(f"{name} {number(best[name])}" for name in others if pd.notna(best[name]))
    if results.summary.repeats > 1:
        what = f"Configuration {best['configuration']:,} is the best, by the mean over its {results.summary.repeats} trials"
    else:
        what = f"Trial {best['trial']:,} is the best"
    yield f"{what}: {metric} {number(best[metric])}" + (f" ({beside})." if beside else ".")


def _again(results: Results) -> Iterator[str]:
    """What re-running the best has shown, if anybody did."""
    best, again = results.best, results.rerun
    if best is None:
        return
    if again is None:
        yield (
            "It has not been trained again yet, and a score chosen as the best of many looks better than it is. "
            f"Before you believe it: hpsearch best {results.path}"
        )
        return
    trained = again["trial"]["number"]
    if results.confirmed not in {None, best["trial"]}:
        seeds = len(again["confirmation"][0]["scores"])
        yield f"Trained with {seeds} fresh seeds each, trial {trained:,} has the best mean of the leaders: take that one."
    of = "It" if trained == best["trial"] else f"Trial {trained:,}"
    yield f"{of} was trained again by hpsearch best: {again['verdict']}."
    if look := again.get("test"):
        widths = look.get("half_widths", {})
        scores = ", ".join(
            f"{name} {number(value)}" + (f" ± {widths[name]:.2g}" if name in widths else "")
            for name, value in look["scores"].items()
        )
        yield f"On the test rows (look {look['number']}, trial {trained:,}): {scores}."


def _progress(results: Results) -> Iterator[str]:
    """Whether the search was still getting better at its end."""
    best, done = results.best, len(results.trials)
    if best is None or done < 8:
        return
    reached = int((results.trials["trial"] <= best["trial"]).sum())
    if reached > LATE * done:
        if results.running:
            return  # and finds better ones by itself
        late, more = f"The best came late, as number {reached:,} of {done:,}", 2 * results.summary.planned
        yield (
            f"{late}: more trials may find better ones. To go on: hpsearch resume {results.path} --trials {more}"
            if _has(results, more)
            else f"{late}."
        )
    else:
        yield f"The best came as number {reached:,} of {done:,}; none of the {done - reached:,} trials after it was better."


def _has(results: Results, trials: int) -> bool:
    """Whether the search can be extended to so many: a grid ends."""
    search = results.config.run.search
    try:
        SAMPLERS[search.strategy](Settings(search.points)).require(results.config.space, trials // search.repeats)
    except UsageError:
        return False
    return True


def _importance(found: Importance | None) -> Iterator[str]:
    if found is None:
        return
    if found.explained < TRUSTED:
        yield (
            "Which settings matter cannot be said with confidence: forests fitted to these trials explain "
            f"{max(0.0, found.explained):.0%} of the order of trials that they had not seen."
        )
        return
    first, *others = found.alone
    beyond = [share.name for share in others if share.low > FELT]
    yield (
        f"{first.name} matters most: by itself it explains {_interval(first)} of the score's order over the space"
        + (f"; then {_listed(beyond)}." if beyond else "; no other setting is beyond the noise.")
    )
    for pair in found.pairs[:3]:
        if pair.low > FELT:
            one, other = pair.name.split(" × ")
            yield f"{one} and {other} act together: the good values of one depend on the other ({_interval(pair)} more)."


def _noise(results: Results, spread: Noise | None) -> Iterator[str]:
    best = results.best
    if spread is None or best is None:
        return
    trials = results.trials[results.trials["status"] == Status.COMPLETED]
    scores = trials[results.metric]
    if results.summary.repeats > 1:
        scores = trials.groupby("configuration")[results.metric].mean()
    reach = CLOSE * spread.deviation / results.summary.repeats**0.5
    within = int((np.abs(scores - best[results.metric]) < reach).sum()) - 1
    one = "configuration" if results.summary.repeats > 1 else "trial"
    yield (
        f"From seed to seed {results.metric} varies by {number(spread.deviation)} (standard deviation, from "
        f"{counted(spread.configurations, 'configuration')} trained {spread.trials:,} times in all): "
        + (f"{counted(within, f'other {one}')} cannot be told from the best." if within > 0 else "the best stands out.")
    )


def _gate(results: Results) -> Iterator[str]:
    failed, rows = results.summary.counts.get(Status.GATE_FAILED, 0), results.gradchecks
    if failed:
        blamed = results.gradchecks.loc[~results.gradchecks["passed"], "blamed"].dropna()
        to_blame = f"; to blame: {_listed(list(blamed.value_counts().index[:3]))}" if len(blamed) else ""
        yield (
            f"{counted(failed, 'trial')} of {len(results.trials):,} failed the gradient check and "
            f"{'was' if failed == 1 else 'were'} not trained to the end{to_blame}. Look closer by: "
            f"hpsearch check {results.path / 'config.yaml'} --full"
        )
    elif len(rows):
        yield (
            f"All {counted(rows['trial'].nunique(), 'network')} passed the gradient check, {len(rows):,} tensors in all; the largest "
            f"relative error is {rows['error'].max():.2g}."
        )


def _failures(results: Results) -> Iterator[str]:
    counts = results.summary.counts
    if diverged := counts.get(Status.DIVERGED, 0):
        yield f"{counted(diverged, 'trial')} diverged: a loss was no longer a finite number. This marks a bad region, not an error."
    if failed := counts.get(Status.FAILED, 0):
        yield f"{counted(failed, 'trial')} failed by an error or by a fault of the machine. To run what failed again: hpsearch resume {results.path} --retry-failed"


def _platforms(results: Results) -> Iterator[str]:
    platforms = results.trials["platform"].dropna().unique()
    if len(platforms) > 1:
        yield (
            f"Trials ran on {len(platforms)} numeric platforms (engine.mixed), so their last bits are not those of one "
            f"machine: {_listed(sorted(platforms))}."
        )


def _lengths(trials: pd.DataFrame) -> pd.Series:
    return pd.to_timedelta(trials["duration_s"].fillna(0), unit="s")


def _interval(share: Share) -> str:
    return f"{share.mean:.0%} (90% interval {share.low:.0%} to {share.high:.0%})"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
