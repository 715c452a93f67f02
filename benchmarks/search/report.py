"""Curves of the best loss so far as a few figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from benchmarks.pages import table
from benchmarks.search.tasks import TASKS

OURS, PEER = "zoom", "optuna.tpe"
BUDGETS = (25, 50, 100)
RESAMPLES = 2000


def markdown(frame: pd.DataFrame) -> str:
    """Tables of a frame of curves: against TPE over all tasks and over those held out, and task by task."""
    held_out = frame[[not TASKS[task].tuned_on for task in frame["task"]]]
    parts = [f"### All tasks\n\n{_against_peer(frame)}"]
    if len(held_out):
        parts.append(f"### Tasks on which nothing was tuned\n\n{_against_peer(held_out)}")
    parts.append(f"### Trials until TPE's mean loss after {BUDGETS[-1]} trials is reached\n\n{_reach(frame)}")
    return "\n".join(parts)


def _curves(frame: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """The curves (seeds, trials) of each method and task."""
    return {
        key: rows.pivot_table(index="seed", columns="trial", values="best").to_numpy()
        for key, rows in frame.groupby(["method", "task"])
    }


def _against_peer(frame: pd.DataFrame) -> str:
    curves, tasks = _curves(frame), sorted(frame["task"].unique())
    methods = sorted(frame["method"].unique())
    ranks = _mean_ranks(frame)
    header = [f"beats TPE at {budget}" for budget in BUDGETS] + [f"mean rank at {budget}" for budget in BUDGETS]
    rows = []
    for method in methods:
        cells = [_probability(curves, tasks, method, PEER, budget) for budget in BUDGETS]
        cells += [f"{ranks[budget].get(method, np.nan):.2f}" for budget in BUDGETS]
        rows.append([method, *cells, _probability(curves, tasks, OURS, method, BUDGETS[-1])])
    return table(["method", *header, f"{OURS} beats it at {BUDGETS[-1]}"], rows) + "\n"


def _probability(
    curves: Mapping[tuple[str, str], np.ndarray], tasks: Sequence[str], own: str, peer: str, budget: int
) -> str:
    """That a run of the one is better than a run of the other, mean over tasks, with a 95% bootstrap interval."""
    if own == peer:
        return "–"
    rng = np.random.default_rng(0)
    shared = [task for task in tasks if (own, task) in curves and (peer, task) in curves]
    wins = [_wins(curves[own, task][:, budget - 1], curves[peer, task][:, budget - 1]) for task in shared]
    draws = np.zeros(RESAMPLES)
    for won in wins:
        rows, columns = (rng.integers(size, size=(RESAMPLES, size)) for size in won.shape)
        draws += won[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2)) / len(wins)
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{np.mean([won.mean() for won in wins]):.2f} ({low:.2f}–{high:.2f})"


def _wins(own: np.ndarray, peer: np.ndarray) -> np.ndarray:
    """1 where a run (rows) beats a run of the peer (columns), ½ where they are equal."""
    return (own[:, None] < peer) + 0.5 * (own[:, None] == peer)


def _mean_ranks(frame: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Over the tasks and seeds that every method has."""
    found = {}
    for budget in BUDGETS:
        wide = frame[frame["trial"] == budget].pivot_table(index=["task", "seed"], columns="method", values="best")
        whole = wide.dropna()
        found[budget] = whole.rank(axis=1).mean().to_dict()
    return found


def _reach(frame: pd.DataFrame) -> str:
    """The first trial at which a method's mean curve is as low as TPE's at the end."""
    curves, tasks = _curves(frame), [task for task in TASKS if task in set(frame["task"])]
    rows = []
    for method in sorted(frame["method"].unique()):
        trials = []
        for task in tasks:
            if (method, task) not in curves or (PEER, task) not in curves:
                trials.append(np.nan)
                continue
            there = np.flatnonzero(curves[method, task].mean(axis=0) <= curves[PEER, task][:, -1].mean())
            trials.append(there[0] + 1 if len(there) else np.inf)
        cells = ["" if np.isnan(count) else "never" if np.isinf(count) else f"{count:.0f}" for count in trials]
        median = np.nanmedian(trials)
        rows.append([method, *cells, "never" if np.isinf(median) else f"{median:.0f}"])
    return table(["method", *tasks, "median"], rows) + "\n"
