"""A random sample of every benchmark, measured again."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import engine, estimators, gradcheck, real_data, tables, trainer
from benchmarks.experiments import EXPERIMENTS, measured
from benchmarks.experiments.base import Conditions, Size
from benchmarks.experiments.page import kept
from benchmarks.remeasure.figures import RATIO, RESULTS, TIME, Figure, Sample, recorded
from benchmarks.search import cost, idle
from benchmarks.search.runs import objective, results, search
from benchmarks.search.tasks import TASKS
from hpsearch.confirmation import Estimate
from tests.mutation.matrix import Fate
from tests.mutation.mutants import mutants
from tests.mutation.survey import survey
from trainer.data import BUNDLED

SHARED = "HPSEARCH_SHARED_DATA"
NETWORKS = 10_000
Figures = Iterator[Figure]


def gate(sample: Sample) -> Figures:
    """What the gate costs, and whom it accuses."""
    rows = pd.read_parquet(RESULTS / "gradcheck.parquet").query("measure == 'cost'").set_index("what")["value"]
    for row in gradcheck.cost():
        value, is_share = rows[row["what"]], row["unit"] == "1"
        low, high = (value / RATIO, value * RATIO) if is_share else (0, value * TIME)
        what = f"cost, {row['what']}, {'share' if is_share else row['unit']}"
        yield Figure("gradcheck", what, "all", value, low, high, row["value"])
    numbers = sample.draw("gradcheck", 2000, NETWORKS)
    accused = next(gradcheck.alarms(numbers))["value"]
    drawn = f"{len(numbers)} of {NETWORKS} networks"
    yield Figure("gradcheck", "correct networks accused", drawn, 0, 0, 0, accused)


def mutation(sample: Sample) -> Figures:
    """Whether the gate stops mutants of the gradients."""
    everything = mutants()
    count = recorded("mutation.md", r"\*\*all\*\* \| (\d+)")
    yield Figure("mutation", "mutants", "all", count, count, count, len(everything))
    chosen = [everything[place] for place in sample.draw("mutation", 300, len(everything))]
    survived = sum(found.fates[Fate.SURVIVED] for found in survey(chosen, 0.25))
    drawn = f"{len(chosen)} of {len(everything)} mutants, a quarter of their architectures"
    yield Figure("mutation", "mutants that the gate let pass", drawn, 0, 0, 0, survived)


def speed(sample: Sample) -> Figures:
    """The trainer's time against others', within one run."""
    keys, ratio = ["size", "batch norm, dropout", "optimizer", "contender"], "× the trainer's time"
    before = trainer.summary(pd.read_parquet(RESULTS / "trainer.parquet")).set_index(keys)[ratio]
    size, rounds = trainer.SIZES[sample.rng("trainer").integers(len(trainer.SIZES))], sample.count(5, 15)
    now = trainer.summary(trainer.measure(size, rounds)).set_index(keys)[ratio]
    for key, value in now.drop("trainer", level="contender").items():
        old = before[key]
        _, regularised, optimizer, contender = key
        what = f"time as a multiple of the trainer's: {contender}, {optimizer}, regularised: {regularised}"
        drawn = f"size {size.name} of {len(trainer.SIZES)}, {rounds} of 15 rounds"
        yield Figure("trainer", what, drawn, old, old / RATIO, old * RATIO, value)


def searching(sample: Sample) -> Figures:
    """Searches with real trainings, beside the same ones as they were recorded; and what planning costs."""
    curves = results("real")
    there = curves[[_is_here(task) for task in curves["task"]]]
    last = np.log(
        there[there["trial"] == there["trial"].max()].set_index(["method", "task", "seed"])["best"]
    ).sort_index()
    chosen = [last.index[place] for place in sample.draw("search", 60, len(last))]
    found = [np.log(np.float32(search(method, seed, objective("real", task))[-1])) for method, task, seed in chosen]
    changes = np.array(found) - last[chosen].to_numpy()
    spread = np.mean([last[method, task].var() for method, task, _ in chosen])  # between seeds, as between platforms
    margin = 2 * float(np.sqrt(2 * spread / len(chosen)))
    drawn = f"{len(chosen)} of {len(last)} searches of 100 trials; {np.sum(changes == 0)} came back bit for bit"
    what = "final loss, mean change of its logarithm (within two standard errors of other seeds)"
    yield Figure("search", what, drawn, 0, -margin, margin, float(changes.mean()))
    for until, spent in cost.measure().items():
        old = recorded("search_cost.md", rf"\| {until} \| ([\d.]+) \|")
        yield Figure("search", f"planning by zoom at {until} trials, ms a trial", "all", old, 0, old * TIME, spent)


def _is_here(task: str) -> bool:
    """Whether a task's data are on this machine."""
    return TASKS[task].source not in ("letters", "mnist") or SHARED in os.environ


def idleness(sample: Sample) -> Figures:
    """How long simulated workers are idle; simulated, so it must come out the same."""
    cells = [idle.CELLS[place] for place in sample.draw("idle", 8, len(idle.CELLS))]
    for (share, lookahead, workers), row in zip(cells, idle.simulated(cells), strict=True):
        places = (
            rf"\| {share * (1 + lookahead):.1f} \| {share:.1f} \| {lookahead:.1f} \|"
            + r" [^|]+ \|" * idle.WORKERS.index(workers)
        )
        old = recorded("idle.md", places + r" ([\d.]+%) \|")
        what = f"idle share, {workers} workers, {share:g} trials a worker, lookahead {lookahead}"
        yield Figure(
            "idle", what, f"{len(cells)} of {len(idle.CELLS)} cells", old, old - 0.001, old + 0.001, row["idle"]
        )


def sklearn(sample: Sample) -> Figures:
    """R² of the estimators and scikit-learn's on the same splits."""
    splits = sample.draw("estimators", 6, len(estimators.SPLITS))
    before = pd.read_parquet(RESULTS / "estimators.parquet").query("split in @splits").groupby("contender")["r2"].mean()
    for name, value in estimators.measure(splits).groupby("contender")["r2"].mean().items():
        drawn = f"{len(splits)} of {len(estimators.SPLITS)} splits"
        yield Figure("estimators", f"R², {name}", drawn, before[name], before[name] - 0.01, before[name] + 0.01, value)


def defaults(sample: Sample) -> Figures:
    """The trainer's defaults on real data, where that is here."""
    if SHARED in os.environ:
        for name, bar in real_data.BARS.items():
            seeds = sample.draw(name, 1, 5)
            runs = real_data.measure(name, Path(os.environ[SHARED]), seeds)
            accuracy = float(np.mean([run.accuracy for run in runs]))
            yield Figure(
                "real_data", f"test accuracy, {name}", f"{len(seeds)} of 5 seeds", None, bar.accuracy, 1, accuracy
            )


def from_tables(sample: Sample) -> Figures:
    """From a table to a model, against logistic regression and against scikit-learn's search."""
    chosen = sample.draw("tables", 3, 10)
    gains = [tables.against_logistic_regression(seed, sample.count(48, 48)) for seed in chosen]
    estimate = Estimate.of(gains) if len(gains) > 1 else None
    margin = estimate.half_width if estimate else 0.1
    what = "accuracy above logistic regression's (no worse, within its 95% interval)"
    yield Figure("tables", what, f"{len(chosen)} of 10 tables", None, -margin, 1, float(np.mean(gains)))
    ours, (theirs, _) = tables.against_randomized_search(20_000, sample.count(48, 48))
    what = "test R² above that of RandomizedSearchCV over MLPRegressor in the same time (no worse than by 0.01)"
    yield Figure("tables", what, "the one table", None, -0.01, 1, ours.score - theirs)


def overhead(_: Sample) -> Figures:
    """What the engine costs a trial that does nothing; never of a sample, which would measure its first trials."""
    random, *_ = list(engine.overhead(10_000))
    *_, driver = list(engine.memory(100_000))
    cost_ms, growth = random["ms a trial"], driver["bytes a trial"]
    yield Figure("engine", "overhead, ms a trial, rounds of 256", "all 10000 trials", None, 0, 0.5, cost_ms)
    yield Figure("engine", "growth of the driver, bytes a trial", "all 100000 trials", None, -np.inf, 1024, growth)


def taught(sample: Sample) -> Figures:
    """Single seeds of experiments, beside the same ones as they are kept."""
    cells = [(name, seed) for name in EXPERIMENTS if _source(name) for seed in sorted(kept(name)["seed"].unique())]
    chosen = sample.draw("experiments", 6, len(cells))
    for name, seed in (cells[place] for place in chosen):
        before = kept(name)
        again = measured(name, Conditions(Size(before["size"].iloc[0]), _source(name)), seed)
        now = pd.concat([before[before["seed"] != seed], again], ignore_index=True)
        place = sorted(before["seed"].unique()).index(seed)
        for old, new in zip(EXPERIMENTS[name].effects(before), EXPERIMENTS[name].effects(now), strict=True):
            values = np.array(list(old.by_seed), float)
            was, margin = values[place], 2 * np.sqrt(2) * values.std(ddof=1)  # between seeds, as between platforms
            drawn = f"seed {seed}; {len(chosen)} of {len(cells)} seeds of all experiments"
            value = float(list(new.by_seed)[place])
            yield Figure("experiments", f"{name}: {old.claim}, by", drawn, was, was - margin, was + margin, value)


def _source(name: str) -> str | None:
    """Where the data that an experiment was measured on are on this machine."""
    source = str(kept(name)["source"].iloc[0])
    if source in BUNDLED:
        return source
    file = Path(os.environ.get(SHARED, "")) / source
    return str(file) if file.exists() else None


BENCHMARKS: Mapping[str, Callable[[Sample], Figures]] = {
    "gradcheck": gate,
    "mutation": mutation,
    "trainer": speed,
    "search": searching,
    "idle": idleness,
    "estimators": sklearn,
    "real_data": defaults,
    "tables": from_tables,
    "engine": overhead,
    "experiments": taught,
}
"""By the names of their modules; a test finds a module that is not here."""
