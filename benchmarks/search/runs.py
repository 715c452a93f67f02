"""Searches: a method on a task from a seed, all else equal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pages import RESULTS
from benchmarks.plans import plan_of
from benchmarks.search.tables import simulate
from benchmarks.search.tasks import SPACE, final_loss
from hpsearch.records import Observation, Round, Trial
from hpsearch.sweep import Plan, next_round

TRIALS, ROUND = 100, 8
Objective = Callable[[Sequence[Trial]], list[float | None]]


@dataclass(frozen=True)
class Method:
    """A strategy, and how it searches where that is not as the others do."""

    strategy: str
    round_size: int = ROUND
    trials: int = 1  # for each one that the others have


VARIANTS: Mapping[str, Method] = {
    "random, twice": Method("random", trials=2),
    "optuna.tpe, one by one": Method("optuna.tpe", round_size=1),
}
"""Methods that are no strategy by their names."""


def objective(kind: str, task: str) -> Objective:
    """What scores trials: the forest of a table, or a real training."""
    if kind == "simulated":
        return lambda trials: list(simulate(task, [trial.unit for trial in trials]))
    return lambda trials: [final_loss(task, trial.values, trial.seed) for trial in trials]


def search(method: str, seed: int, score: Objective) -> np.ndarray:
    """The best loss so far after each trial, (trials,)."""
    how = VARIANTS.get(method, Method(method))
    own_seed = seed if how.trials == 1 else 1000 + seed  # or half of its trials would be those of `random`
    plan = plan_of(SPACE, how.strategy, how.trials * TRIALS, how.round_size, seed=own_seed)
    losses = [loss for _, found in planned(plan, score) for loss in found]
    best = np.minimum.accumulate([np.inf if loss is None else loss for loss in losses])
    return best[how.trials - 1 :: how.trials]


def planned(plan: Plan, score: Objective) -> Iterator[tuple[Sequence[Trial], list[float | None]]]:
    """The trials of each round, planned when those before it are known, and their losses."""
    rounds: list[Round] = []
    history: list[Observation] = []
    for number in range(plan.rounds):
        rounds.append(next_round(plan, rounds, history))
        trials = rounds[-1].trials[: plan.size(number)]
        losses = score(trials)
        history += [
            Observation(trial.number, trial.round, trial.unit, loss) for trial, loss in zip(trials, losses, strict=True)
        ]
        yield trials, losses


def results_file(kind: str) -> Path:
    """Where the curves of simulated or real searches are kept."""
    return RESULTS / f"search_{kind}.parquet"


def results(kind: str) -> pd.DataFrame:
    """What was searched so far: the best loss after each trial."""
    file = results_file(kind)
    columns = ["method", "task", "seed", "trial", "best"]
    return pd.read_parquet(file) if file.exists() else pd.DataFrame(columns=columns)


def run(kind: str, methods: Sequence[str], tasks: Sequence[str], seeds: int) -> None:
    """Add the searches that are not there yet, seed by seed, so that it can be ended at any time."""
    done = set(results(kind)[["method", "task", "seed"]].itertuples(index=False, name=None))
    for seed in range(seeds):
        cells = [(method, task) for task in tasks for method in methods if (method, task, seed) not in done]
        frames = [_curve(method, task, seed, partial(objective, kind)) for method, task in cells]
        if frames:
            old = results(kind)
            frame = pd.concat([old, *frames] if len(old) else frames)
            frame.astype({"seed": "int16", "trial": "int16", "best": "float32"}).to_parquet(
                results_file(kind), index=False, compression="zstd"
            )
            print(f"{kind}: seed {seed} done", flush=True)


def _curve(method: str, task: str, seed: int, scores: Callable[[str], Objective]) -> pd.DataFrame:
    best = search(method, seed, scores(task))
    trials = np.arange(1, len(best) + 1)
    return pd.DataFrame({"method": method, "task": task, "seed": seed, "trial": trials, "best": best})
