"""How long searches that may stop trials early take to what Optuna's TPE reaches with 100 whole trials; two workers.

Every trial tells when it began and ended, on the machine's clock. A search's time runs from its first trial's begin
to the end of the first trial that is good enough, or of its last trial if none is. Each method in the form that its
documentation gives for two workers on one machine: the zoom hands trials to two processes, Optuna's two processes share
a journal file, Ray Tune uses two actors again and again. What these cost is in their times, and weighs more the
shorter a training is. The zoom stops no trial of fewer than ten epochs (letters, mnist, noisy_digits).
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import optuna
import pandas as pd
import ray

from benchmarks.pages import RESULTS, table
from benchmarks.plans import SCORES, plan_of
from benchmarks.search.goals import TRIALS, WORKERS, Goal, Span
from benchmarks.search.report import RESAMPLES
from benchmarks.search.runs import ROUND, results
from benchmarks.search.tasks import SPACE, TASKS, prepared, train
from hpsearch.driver import Driver
from hpsearch.engine import Engine
from hpsearch.records import EpochRow, Outcome, Place, Result, Status, Trial
from hpsearch.samplers.optuna import quietly, suggested
from hpsearch.stopping import rungs
from hpsearch.store import MemoryStore, schemas

PEERS = ("Optuna TPE + Hyperband", "Ray Tune ASHA")


class _Processes(Engine):
    """The tasks' trainings in processes, each trial with its limits."""

    def __init__(self, pool: ProcessPoolExecutor, goal: Goal) -> None:
        self._pool, self._goal = pool, goal
        self._running: set[Future[tuple[Trial, Span, list[float]]]] = set()
        self.spans: list[Span] = []

    @property
    def free(self) -> int:
        return max(0, WORKERS - len(self._running))

    @property
    def workers(self) -> int:
        return WORKERS

    @property
    def done(self) -> bool:
        """Whether a trial was good enough."""
        return any(self._goal.reached(span.loss) for span in self.spans)

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        for stack in stacks:
            self._running |= {self._pool.submit(_limited, self._goal.task, trial) for trial in stack}

    def wait(self, timeout_s: float) -> list[Outcome]:
        ready, self._running = wait(self._running, timeout_s, FIRST_COMPLETED)
        return [self._outcome(*future.result()) for future in ready]

    def _outcome(self, trial: Trial, span: Span, losses: list[float]) -> Outcome:
        self.spans.append(span)
        whole = len(losses) == TASKS[self._goal.task].epochs
        status = Status.DIVERGED if span.loss is None else Status.COMPLETED if whole else Status.STOPPED
        epochs = tuple(EpochRow(index, dict.fromkeys(SCORES, loss)) for index, loss in enumerate(losses, 1))
        place = Place(datetime.fromtimestamp(span.begin, UTC), span.end - span.begin, "process", "here", None)
        return Outcome(trial, Result(status, scores=epochs[-1].scores if epochs else {}, epochs=epochs), place)

    def close(self) -> None:
        self._pool.shutdown()


def _limited(task: str, trial: Trial) -> tuple[Trial, Span, list[float]]:
    limits = dict(zip(rungs(TASKS[task].epochs), trial.limits, strict=False))
    began = time.time()
    losses = train(task, trial.values, trial.seed, lambda epoch, loss: loss > limits.get(epoch, math.inf))
    return trial, Span(began, time.time(), losses[-1] if losses else None), losses or []


def zoom(goal: Goal) -> list[Span]:
    """The zoom with its stopping, as a sweep has them unless told otherwise."""
    epochs = TASKS[goal.task].epochs
    plan = plan_of(SPACE, "zoom", TRIALS, ROUND, seed=goal.seed, lookahead=1, stopping="envelope", epochs=epochs)
    pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=prepared, initargs=(goal.task,))
    with _Processes(pool, goal) as engine:
        store = MemoryStore(schemas(SPACE, SCORES))
        Driver(plan, store, engine, lambda event: None, lambda: engine.done, lambda trial: None, None).run()
    return engine.spans


def optuna_hyperband(goal: Goal) -> list[Span]:
    """Optuna's TPE and Hyperband at their defaults, in processes that share a journal."""
    context = get_context("spawn")
    with TemporaryDirectory() as folder:
        spans, start = context.Queue(), context.Barrier(WORKERS)
        journal = str(Path(folder) / "journal")
        workers = [
            context.Process(target=_optimise, args=(goal, each, journal, start, spans)) for each in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        found = [span for _ in workers for span in spans.get()]
        for worker in workers:
            worker.join()
    return found


def _optimise(goal: Goal, number: int, journal: str, start: Any, spans: Any) -> None:
    found: list[Span] = []

    def objective(trial: Any) -> float:
        began = time.time()

        def prunes(epoch: int, loss: float) -> bool:
            trial.report(loss, epoch)
            return bool(epoch < TASKS[goal.task].epochs and trial.should_prune())

        losses = train(goal.task, SPACE.values(suggested(trial, SPACE)), trial.number, prunes)
        found.append(Span(began, time.time(), losses[-1] if losses else None))
        if losses is not None and len(losses) < TASKS[goal.task].epochs:
            raise optuna.TrialPruned
        if goal.reached(found[-1].loss):
            trial.study.stop()
        return losses[-1] if losses else math.nan

    prepared(goal.task)
    with quietly():
        storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal))
        study = optuna.create_study(
            study_name=goal.task,
            storage=storage,
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(seed=WORKERS * goal.seed + number),
            pruner=optuna.pruners.HyperbandPruner(),
        )
        start.wait()
        study.optimize(objective, n_trials=TRIALS // WORKERS)
    spans.put(found)


def ray_asha(goal: Goal) -> list[Span]:
    """Ray Tune's ASHA at its defaults over random search, on actors that are used again."""
    from benchmarks.search.asha import search  # only here, as it needs ray[tune]

    return search(goal)


METHODS: Mapping[str, Callable[[Goal], list[Span]]] = {
    "zoom": zoom,
    "Optuna TPE + Hyperband": optuna_hyperband,
    "Ray Tune ASHA": ray_asha,
}
FILE = RESULTS / "search_wall.parquet"


def run(tasks: Sequence[str], seeds: int) -> None:
    """Add the searches that are not there yet, seed by seed, method by method in turn."""
    ray.init("local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    rows = _rows()
    done = {(row["method"], row["task"], row["seed"]) for row in rows}
    for seed in range(seeds):
        for task in tasks:
            for method in METHODS:
                if (method, task, seed) not in done:
                    rows.append(measured(method, task, seed))
                    print(rows[-1], flush=True)
                    pd.DataFrame(rows).to_parquet(FILE, index=False)


def measured(method: str, task: str, seed: int) -> dict[str, Any]:
    """How long one search took, whether it reached its goal, and how many trials it had."""
    goal = Goal(task, seed, goal_of(task))
    spans = METHODS[method](goal)
    good = [span.end for span in spans if goal.reached(span.loss)]
    end = min(good) if good else max(span.end for span in spans)
    seconds = end - min(span.begin for span in spans)
    return {
        "method": method,
        "task": task,
        "seed": seed,
        "seconds": seconds,
        "reached": bool(good),
        "trials": len(spans),
    }


def goal_of(task: str) -> float:
    """TPE's mean loss after 100 whole trials."""
    found = results("real")
    at_the_end = (found["task"] == task) & (found["method"] == "optuna.tpe") & (found["trial"] == found["trial"].max())
    return float(found.loc[at_the_end, "best"].mean())


def _rows() -> list[dict[str, Any]]:
    return pd.read_parquet(FILE).to_dict("records") if FILE.exists() else []


def report() -> str:
    """Seconds by task, how many searches reached the goal, and the zoom's time as a share of the others'."""
    frame = pd.DataFrame(_rows())
    seconds = frame.pivot_table(index="seed", columns=["method", "task"], values="seconds")
    reached = frame.groupby(["method", "task"])["reached"].sum()
    expected = frame.groupby(["method", "task"])["seconds"].sum() / reached.where(reached > 0)
    means, tasks, count = seconds.mean(), sorted(frame["task"].unique()), len(seconds)
    rows = [
        [task]
        + [f"{means[method, task]:.1f} ({reached[method, task]} of {count})" for method in METHODS]
        + [f"{means['zoom', task] / means[peer, task]:.2f}" for peer in PEERS]
        for task in tasks
    ]
    whole = [f"({reached[method].sum()} of {count * len(tasks)})" for method in METHODS]
    rows.append(["mean", *whole, *(_ratio(seconds, peer) for peer in PEERS)])
    again = [
        [task] + ["–" if pd.isna(spent) else f"{spent:.1f}" for spent in (expected[method, task] for method in METHODS)]
        for task in tasks
    ]
    counted = (
        "Mean seconds until the goal is reached, and how many searches reached it; one that never does counts to the end of "
        f"its {TRIALS} trials. The mean of the ratios has a 95% bootstrap interval over the seeds."
    )
    begun_again = (
        "A search that fails soon counts little there. So here are the seconds that it takes to reach the goal when failed "
        "searches are begun again from another seed: all the time that was spent, divided by how many searches reached it."
    )
    head = ["task", *METHODS, *(f"zoom / {peer}" for peer in PEERS)]
    title = f"## Time to TPE's score, {WORKERS} workers, {count} seeds"
    parts = (title, counted, table(head, rows), begun_again, table(["task", *METHODS], again))
    return "\n\n".join(parts) + "\n"


def _ratio(seconds: pd.DataFrame, peer: str) -> str:
    """The mean over tasks of the zoom's time as a share of another's, with a 95% bootstrap interval over the seeds."""
    rng = np.random.default_rng(0)
    draws = [seconds, *(seconds.iloc[rng.integers(len(seconds), size=len(seconds))] for _ in range(RESAMPLES))]
    means = [each.mean() for each in draws]
    found = [float(np.mean(each["zoom"] / each[peer])) for each in means]
    low, high = np.quantile(found[1:], [0.025, 0.975])
    return f"{found[0]:.2f} ({low:.2f}–{high:.2f})"
