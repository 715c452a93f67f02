"""A random sample of every benchmark, measured again."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import engine, estimators, gradcheck, real_data, tables, trainer
from benchmarks.experiments import EXPERIMENTS, measured
from benchmarks.experiments.base import Conditions, Size
from benchmarks.experiments.page import kept
from benchmarks.pages import RESULTS
from benchmarks.remeasure.figures import (
    A_RATIO,
    A_TIME,
    BAR,
    RATIO,
    SAME,
    SEEDS,
    TIME,
    Figure,
    Sample,
    recorded,
)
from benchmarks.search import cost, idle, stopping, wall
from benchmarks.search.runs import objective, results, search
from benchmarks.search.tasks import TASKS
from tests.mutation.matrix import Fate
from tests.mutation.mutants import mutants
from tests.mutation.survey import survey
from trainer.data import BUNDLED

SHARED = "HPSEARCH_SHARED_DATA"
NETWORKS = 10_000
Figures = Iterator[Figure | str]
"""What was measured again; and, in words, what is quoted but could not be measured here."""


def gate(sample: Sample) -> Figures:
    """What the gate costs, and whom it accuses."""
    rows = pd.read_parquet(RESULTS / "gradcheck.parquet").query("measure == 'cost'").set_index("what")["value"]
    for row in gradcheck.cost():
        value, is_share = rows[row["what"]], row["unit"] == "1"
        low, high = (value / RATIO, value * RATIO) if is_share else (0, value * TIME)
        what = f"cost, {row['what']}, {'share' if is_share else row['unit']}"
        yield Figure("gradcheck", what, "all", value, low, high, row["value"], A_RATIO if is_share else A_TIME)
    numbers = sample.draw("gradcheck", 2000, NETWORKS)
    accused = next(gradcheck.alarms(numbers))["value"]
    drawn = f"{len(numbers)} of {NETWORKS} networks"
    yield Figure("gradcheck", "correct networks accused", drawn, 0, 0, 0, accused, SAME)


def mutation(sample: Sample) -> Figures:
    """Whether the gate stops mutants of the gradients."""
    everything = mutants()
    count = recorded("mutation.md", r"\*\*all\*\* \| (\d+)")
    yield Figure("mutation", "mutants", "all", count, count, count, len(everything), SAME)
    chosen = [everything[place] for place in sample.draw("mutation", 300, len(everything))]
    survived = sum(found.fates[Fate.SURVIVED] for found in survey(chosen, 0.25))
    drawn = f"{len(chosen)} of {len(everything)} mutants, a quarter of their architectures"
    yield Figure("mutation", "mutants that the gate let pass", drawn, 0, 0, 0, survived, SAME)


def speed(sample: Sample) -> Figures:
    """The trainer's time against others', within one run."""
    keys, ratio = ["size", "batch norm, dropout", "optimizer", "contender"], "× the trainer's time"
    before = trainer.summary(pd.read_parquet(RESULTS / "trainer.parquet")).set_index(keys)[ratio]
    size, rounds = trainer.SIZES[sample.rng("trainer").integers(len(trainer.SIZES))], sample.count(5, 15)
    now = trainer.summary(trainer.measure(size, rounds)).set_index(keys)[ratio]
    for key, old in before[[size.name]].drop("trainer", level="contender").items():
        _, regularised, optimizer, contender = key
        what = f"time as a multiple of the trainer's: {contender}, {optimizer}, regularised: {regularised}"
        drawn = f"size {size.name} of {len(trainer.SIZES)}, {rounds} of 15 rounds"
        if key in now:
            yield Figure("trainer", what, drawn, old, old / RATIO, old * RATIO, now[key], A_RATIO)
        else:
            yield f"{what} (it is not installed)"


def searching(sample: Sample) -> Figures:
    """Searches with real trainings, beside the same ones as they were recorded; and what planning costs."""
    curves = results("real")
    there = curves[[_is_here(task) for task in curves["task"]]]
    for task in sorted(set(curves["task"]) - set(there["task"])):
        yield f"searches on {task} ({SHARED} names no folder)"
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
    yield Figure("search", what, drawn, 0, -margin, margin, float(changes.mean()), SEEDS)
    for until, spent in cost.measure().items():
        old = recorded("search_cost.md", rf"\| {until} \| ([\d.]+) \|")
        yield Figure(
            "search", f"planning by zoom at {until} trials, ms a trial", "all", old, 0, old * TIME, spent, A_TIME
        )


def by_the_clock(sample: Sample) -> Figures:
    """How long the zoom takes beside TPE with Hyperband: one task, two seeds; whatever the others were."""
    before = pd.read_parquet(wall.FILE)
    tasks = [task for task in TASKS if _is_here(task)]
    task = tasks[sample.rng("wall").integers(len(tasks))]
    seconds = before[before["task"] == task].pivot_table(index="seed", columns="method", values="seconds")
    own, peer = "zoom", "Optuna TPE + Hyperband"
    seeds = sample.draw("wall", 2, len(seconds))
    rows = pd.DataFrame([wall.measured(method, task, seed) for seed in seeds for method in (own, peer)])
    spent = rows.groupby("method")["seconds"].mean()
    pairs = [seconds.sample(len(seeds), random_state=draw).mean() for draw in range(500)]
    low, high = np.quantile([pair[own] / pair[peer] for pair in pairs], [0.01, 0.99])
    what = f"time to TPE's score on {task}, zoom as a multiple of {peer}"
    drawn = f"{len(seeds)} of {len(seconds)} seeds, one of {len(TASKS)} tasks"
    old, now, why = seconds[own].mean() / seconds[peer].mean(), spent[own] / spent[peer], f"pairs of seeds; {A_RATIO}"
    yield Figure("search", what, drawn, old, low / RATIO, high * RATIO, now, why)


def stopped(sample: Sample) -> Figures:
    """One search that stops trials early, beside the same one as it was recorded."""
    before = pd.read_parquet(stopping.FILE).groupby(["task", "rule", "seed"])
    losses, epochs = np.log(before["loss"].min()), before["epochs"].sum()
    cells = [cell for cell in losses.index if _is_here(cell[0])]
    task, rule, seed = cells[sample.rng("stopping").integers(len(cells))]
    again, drawn = stopping.search(task, rule, seed), f"seed {seed}; 1 of {len(losses)} searches"
    for what, values, now in (
        ("final loss, its logarithm", losses, float(np.log(again["loss"].min()))),
        ("epochs trained", epochs, float(again["epochs"].sum())),
    ):
        old, margin = float(values[task, rule, seed]), 2 * np.sqrt(2) * float(values[task, rule].std(ddof=1))
        yield Figure("search", f"{what}, {task} with {rule}", drawn, old, old - margin, old + margin, now, SEEDS)


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
            "idle", what, f"{len(cells)} of {len(idle.CELLS)} cells", old, old - 0.001, old + 0.001, row["idle"], SAME
        )


def sklearn(sample: Sample) -> Figures:
    """R² of the estimators and scikit-learn's on the same splits."""
    splits = sample.draw("estimators", 6, len(estimators.SPLITS))
    before = pd.read_parquet(RESULTS / "estimators.parquet").query("split in @splits").groupby("contender")["r2"].mean()
    for name, value in estimators.measure(splits).groupby("contender")["r2"].mean().items():
        drawn = f"{len(splits)} of {len(estimators.SPLITS)} splits"
        yield Figure(
            "estimators", f"R², {name}", drawn, before[name], before[name] - 0.01, before[name] + 0.01, value, SAME
        )


def defaults(sample: Sample) -> Figures:
    """The trainer's defaults on real data, where that is here."""
    for name, bar in real_data.BARS.items():
        if SHARED in os.environ:
            seeds = sample.draw(name, 1, 5)
            runs = real_data.measure(name, Path(os.environ[SHARED]), seeds)
            accuracy, drawn = float(np.mean([run.accuracy for run in runs])), f"{len(seeds)} of 5 seeds"
            yield Figure("real_data", f"test accuracy, {name}", drawn, None, bar.accuracy, 1, accuracy, BAR)
        else:
            yield f"the defaults on {name} ({SHARED} names no folder)"


def from_tables(sample: Sample) -> Figures:
    """From a table to a model: beside the same tables as they were recorded, and no worse than scikit-learn's tools."""
    for what, usual in (("classification", 3), ("regression", 1)):
        before = tables.recorded().query("what == @what")
        chosen = sample.draw(what, usual, before["seed"].nunique())
        now = pd.concat([tables.measure(what, seed) for seed in chosen])
        drawn = f"{len(chosen)} of {before['seed'].nunique()} tables"
        scores = before.pivot_table(index="seed", columns="contender", values="score")
        margin = 2 * float(np.sqrt(2 / len(chosen)) * scores[tables.OURS].std(ddof=1))
        old, new = scores.loc[chosen, tables.OURS].mean(), now[now["contender"] == tables.OURS]["score"].mean()
        yield Figure("tables", f"{what}: test score", drawn, old, old - margin, old + margin, new, SEEDS)
        for other in scores.columns.drop(tables.OURS):
            gain, spread = tables.gains(now, other).mean(), tables.gains(before, other).std(ddof=1)
            low = -2 * float(spread) / np.sqrt(len(chosen))
            yield Figure(
                "tables",
                f"{what}: test score above {other}'s",
                drawn,
                None,
                low,
                1,
                gain,
                "no worse, by two standard errors",
            )


def machinery(_: Sample) -> Figures:
    """What the engine costs; overhead and memory never of a sample, which would measure the first trials."""
    random, *_ = list(engine.overhead(10_000))
    *_, driver = list(engine.memory(100_000))
    cost_ms, growth = random["ms a trial"], driver["bytes a trial"]
    yield Figure("engine", "overhead, ms a trial, rounds of 256", "all 10000 trials", None, 0, 0.5, cost_ms, BAR)
    yield Figure("engine", "growth of the driver, bytes a trial", "all 100000 trials", None, -np.inf, 1024, growth, BAR)
    _, first = engine.start(0)
    old = recorded("engine.md", r"first finished trial \| ([\d.]+)")
    yield Figure("engine", f"{first['what']}, s", "once", old, 0, old * TIME, first["seconds"], A_TIME)


def taught(sample: Sample) -> Figures:
    """Single seeds of experiments, beside the same ones as they are kept."""
    yield from (f"the experiment {name} (its images are not here)" for name in EXPERIMENTS if not _source(name))
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
            yield Figure(
                "experiments", f"{name}: {old.claim}, by", drawn, was, was - margin, was + margin, value, SEEDS
            )


def _source(name: str) -> str | None:
    """Where the data that an experiment was measured on are on this machine."""
    source = str(kept(name)["source"].iloc[0])
    if source in BUNDLED:
        return source
    file = Path(os.environ.get(SHARED, "")) / source
    return str(file) if file.exists() else None


BENCHMARKS: Mapping[str, Sequence[Callable[[Sample], Figures]]] = {
    "gradcheck": [gate],
    "mutation": [mutation],
    "trainer": [speed],
    "search": [searching, by_the_clock, stopped],
    "idle": [idleness],
    "estimators": [sklearn],
    "real_data": [defaults],
    "tables": [from_tables],
    "engine": [machinery],
    "experiments": [taught],
}
"""By the names of their modules; a test finds a module that is not here."""
