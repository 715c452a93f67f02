"""Dropout in groups: whole channels of an image, whole categories of a table."""

import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, loaded
from hpsearch.data import load_data
from hpsearch.objective import Task, Worker, train_trial
from hpsearch.running import plan_of
from hpsearch.sweep import next_round
from trainer.evaluation import evaluate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.data import Rows

WAYS = {"nothing": ["model.input_dropout=0.0"], "one by one": ["model.input_groups=null"], "in groups": []}
ROWS, KINDS, ATTRIBUTES, CHANNELS = 1000, 8, 8, 3
TRUST = 0.98
"""How often the first category of the table names the class; else it names any."""


class DropoutInGroups(Experiment):
    """Networks whose inputs are dropped one by one, or in groups, when the group that they rely on is missing."""

    name = "dropout_in_groups"
    title = "Dropout in groups"
    teaches = (
        "An input that is dropped alone is guessed from its neighbours. Dropped together, the inputs of a group teach the "
        "network to do without the whole group: it loses less when the one that says most is missing later. The image has "
        "three channels, one sharp and two noisy; in the table one category, with what is known of "
        "its members, says nearly everything, and two others together do."
    )
    on_images = True
    data = "{source} and a generated table"
    command = "hpsearch run configs/experiments/dropout_in_groups.yaml"
    changes: ClassVar = {Size.MINIATURE: ("train.epochs=10", "model.hidden=[64]"), Size.SMALL: ("data.test=0.5",)}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        changes, rng = self.overrides(conditions, seed), np.random.default_rng(seed)
        source = f"data.source={self.source(conditions)}"
        images = load_data(loaded("dropout_in_groups", [source, "model.input_groups=null"])).dataset
        parts = {
            "image": (_channels(np.asarray(images.x), rng), images.y),
            "table": _categories(rng),
        }
        found = []
        with TemporaryDirectory() as folder:
            for data, (groups, y) in parts.items():
                file = Path(folder) / f"{data}.npz"
                np.savez(file, X=np.hstack(groups), y=y)
                places = np.repeat(np.arange(len(groups)), [group.shape[1] for group in groups])
                own = [*changes, f"data.source={file}", f"model.input_groups={places.tolist()}"]
                found += [
                    {"data": data, "dropped": way, **_measured([*own, *extra], places)} for way, extra in WAYS.items()
                ]
        return pd.DataFrame(found)

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        accuracy = measured.set_index(["data", "seed", "dropped"])["the main group missing"].unstack()
        better = accuracy["in groups"] - accuracy["one by one"]
        return [
            Effect(f"a missing group costs less after dropout in groups ({data})", better[data])
            for data in ("image", "table")
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        means = measured.groupby(["data", "dropped"], sort=False)[["all there", "the main group missing"]].mean()
        return means.round(3).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        for axes, (data, group) in zip(figure.subplots(1, 2, sharey=True), measured.groupby("data"), strict=True):
            for way, own in group.groupby("dropped", sort=False):
                axes.plot(own[["all there", "the main group missing"]].mean(), "o-", label=way)
            axes.set(title=data, xmargin=0.3)
        figure.axes[0].set_ylabel("validation accuracy")
        figure.axes[0].legend(title="dropped")


def _measured(changes: list[str], groups: np.ndarray) -> dict[str, float]:
    """The accuracy of a trained network on validation rows: whole, and with the first group missing."""
    config = loaded("dropout_in_groups", changes)
    task = Task.of(config, load_data(config))
    [trial, *_] = next_round(plan_of(config), [], []).trials
    outcome, network = train_trial(task, trial, Worker("here", os.uname().nodename, "", time.time, time.monotonic))
    if network is None:
        raise RuntimeError(f"the network was not trained: {outcome.result.error}")
    without = evaluate(network, _without(task.validation, groups == 0), ["accuracy"])
    return {"all there": outcome.result.scores["val_accuracy"], "the main group missing": without["accuracy"]}


def _without(rows: "Rows", missing: np.ndarray) -> "Rows":
    """The rows with the mean, 0, in place of some inputs."""
    return replace(rows, x=np.where(missing, np.float32(0), rows.x))


def _channels(x: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Images (rows, pixels), and noisy copies of them."""
    return [x, *(x + 1.5 * x.std() * rng.standard_normal(x.shape) for _ in range(CHANNELS - 1))]


def _categories(rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Categories (rows, columns), one-hot and by what is known of each, and classes.

    The first nearly always names the class, two others do together.
    """
    y, other = rng.integers(KINDS, size=(2, ROWS))
    named = np.where(rng.random(ROWS) < TRUST, y, rng.integers(KINDS, size=ROWS))
    told = (named, other, (y - other) % KINDS)
    known = rng.standard_normal((len(told), KINDS, ATTRIBUTES))
    return [np.hstack([np.eye(KINDS)[each], of[each]]) for each, of in zip(told, known, strict=True)], y
