"""What stopping saves and what it costs: the zoom with each rule on real trainings.

Trainings are twice as long as those of the other searches, so that every task has rungs.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.pages import RESULTS, table
from benchmarks.plans import plan_of
from benchmarks.search.runs import ROUND
from benchmarks.search.tasks import SPACE, TASKS, train
from hpsearch.records import Observation, Round, Status, Trial
from hpsearch.stopping import STOPPING, rungs
from hpsearch.sweep import next_round

TRIALS = 100
FILE = RESULTS / "search_stopping.parquet"
WHOLE = "none"


def search(task: str, rule: str, seed: int) -> pd.DataFrame:
    """A row a trial: the epochs that it was trained, and its final loss; infinite if it was stopped or diverged."""
    epochs = 2 * TASKS[task].epochs
    plan = plan_of(SPACE, "zoom", TRIALS, ROUND, seed=seed, lookahead=1, stopping=rule, epochs=epochs)
    rounds: list[Round] = []
    history: list[Observation] = []
    rows: list[tuple[int, float]] = []
    for number in range(plan.rounds):
        rounds.append(next_round(plan, rounds, history[: plan.visible(number) * ROUND]))
        for trial in rounds[-1].trials[: plan.size(number)]:
            trained, curve = _curve(task, trial, epochs)
            whole = len(curve) == epochs
            status = Status.DIVERGED if not curve else Status.COMPLETED if whole else Status.STOPPED
            history.append(plan.observation(trial, status, curve[-1] if curve else None, curve))
            rows.append((trained, curve[-1] if whole else math.inf))
    found = pd.DataFrame(rows, columns=["epochs", "loss"])
    return found.assign(rule=rule, task=task, seed=seed, trial=np.arange(1, len(found) + 1))


def _curve(task: str, trial: Trial, epochs: int) -> tuple[int, list[float]]:
    """How many epochs were trained, and the loss after each; no losses if the trial diverged."""
    limits, trained = dict(zip(rungs(epochs), trial.limits, strict=False)), 0

    def ends(epoch: int, loss: float) -> bool:
        nonlocal trained
        trained = epoch
        return loss > limits.get(epoch, math.inf)

    losses = train(task, trial.values, trial.seed, ends, epochs)
    return trained, losses or []


def run(tasks: Sequence[str], seeds: int) -> None:
    """Add the searches that are not there yet, seed by seed."""
    found = pd.read_parquet(FILE) if FILE.exists() else pd.DataFrame(columns=["rule", "task", "seed"])
    done = set(found[["rule", "task", "seed"]].itertuples(index=False, name=None))
    frames = [found] if len(found) else []
    for seed in range(seeds):
        for task in tasks:
            frames += [search(task, rule, seed) for rule in STOPPING if (rule, task, seed) not in done]
        types = {"seed": "int16", "trial": "int16", "epochs": "int16", "loss": "float32"}
        pd.concat(frames).astype(types).to_parquet(FILE, index=False, compression="zstd")
        print(f"stopping: seed {seed} done", flush=True)


def report() -> str:
    """Each rule beside no stopping: the epochs that it trains, and what it finds with as many trials or epochs."""
    frame = pd.read_parquet(FILE)
    head = ["task", "rule", "epochs", "loss after as many trials", "loss after half the epochs", "better in"]
    rows = [
        [task, rule, *_cells(searches, whole)]
        for task, of_task in frame.groupby("task", sort=False)
        for whole in [of_task[of_task["rule"] == WHOLE]]
        for rule, searches in of_task[of_task["rule"] != WHOLE].groupby("rule", sort=False)
    ]
    words = (
        f"The zoom, {TRIALS} trials of twice the epochs, {frame['seed'].nunique()} seeds. Beside `none`: the share of its "
        "epochs that were trained; the best loss as a multiple of its best, geometric mean with the standard error, after "
        "as many trials and after half of its epochs; the share of seeds in which the latter was better."
    )
    return "\n\n".join(["## What stopping saves and costs", words, table(head, rows)]) + "\n"


def _cells(searches: pd.DataFrame, whole: pd.DataFrame) -> list[str]:
    budget = whole.groupby("seed")["epochs"].sum() // 2
    by_trials = _log_ratios(_best(searches), _best(whole))
    by_epochs = _log_ratios(_best(searches, budget), _best(whole, budget))
    share = searches["epochs"].sum() / whole["epochs"].sum()
    better = (by_epochs < 0).mean() + (by_epochs == 0).mean() / 2
    return [f"{share:.0%}", _ratio(by_trials), _ratio(by_epochs), f"{better:.0%}"]


def _best(searches: pd.DataFrame, budget: pd.Series | None = None) -> pd.Series:
    """The best loss of each seed, within so many epochs."""
    if budget is not None:
        spent = searches.groupby("seed")["epochs"].cumsum()
        searches = searches[spent <= searches["seed"].map(budget)]
    return searches.groupby("seed")["loss"].min()


def _log_ratios(own: pd.Series, whole: pd.Series) -> pd.Series:
    return np.log(own) - np.log(whole)


def _ratio(logs: pd.Series) -> str:
    """The geometric mean, and its standard error."""
    mean = math.exp(logs.mean())
    return f"{mean:.3f} ± {mean * logs.std(ddof=1) / math.sqrt(len(logs)):.3f}"
