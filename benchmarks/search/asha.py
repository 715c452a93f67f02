"""Ray Tune's ASHA on the tasks."""

import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from ray import tune
from ray.tune import Stopper

from benchmarks.search.goals import TRIALS, Goal, Span
from benchmarks.search.tasks import SPACE, TASKS, prepared, train
from hpsearch.samplers import Point


class _GoodEnough(Stopper):
    """Ends a run of Ray Tune."""

    def __init__(self, goal: Goal) -> None:
        self._goal, self._done = goal, False

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        whole = result["training_iteration"] == TASKS[self._goal.task].epochs
        self._done = self._done or (whole and self._goal.reached(result["loss"]))
        return False

    def stop_all(self) -> bool:
        return self._done


def search(goal: Goal) -> list[Span]:
    """Its defaults over random search, on actors that are used again."""
    rng = np.random.default_rng(goal.seed)
    points = [tuple(rng.random(len(SPACE.settings)).tolist()) for _ in range(TRIALS)]
    scheduler = tune.schedulers.ASHAScheduler(max_t=TASKS[goal.task].epochs)
    with TemporaryDirectory() as folder:
        results = tune.Tuner(
            tune.with_parameters(_reporting, task=goal.task, points=points),
            param_space={"number": tune.grid_search(list(range(TRIALS)))},
            tune_config=tune.TuneConfig(metric="loss", mode="min", reuse_actors=True, scheduler=scheduler),
            run_config=tune.RunConfig(storage_path=folder, verbose=0, stop=_GoodEnough(goal)),
        ).fit()
    last = [result.metrics for result in results if result.metrics and "begin" in result.metrics]
    return [Span(each["begin"], each["end"], each["loss"]) for each in last]


def _reporting(config: dict[str, Any], task: str, points: Sequence[Point]) -> None:
    prepared(task)  # by the actor's first trial: before the clock, as the others do
    began = time.time()

    def report(_: int, loss: float) -> bool:
        tune.report({"loss": loss, "begin": began, "end": time.time()})
        return False

    train(task, SPACE.values(points[config["number"]]), config["number"], report)
