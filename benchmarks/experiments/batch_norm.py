"""Batch normalisation makes the search easier."""

from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAINS = 0.5
"""The validation accuracy from which on a network counts as trained; a guess has 0.1."""


class BatchNorm(Experiment):
    """The same learning rates for networks of several depths, with and without batch normalisation and dropout."""

    name = "batch_norm"
    title = "Batch normalisation makes the search easier"
    teaches = (
        "Which learning rates train a network at all: many with batch normalisation, at any depth, as long as nothing is "
        "dropped; without it fewer the deeper it is, until none of them does. Dropout and depth go together badly either way."
    )
    command = "hpsearch run configs/experiments/batch_norm.yaml"
    changes: ClassVar = {
        Size.MINIATURE: (
            "data.test=0.6",
            "train.epochs=10",
            "search.points=6",
            "model.dropout=0.0",
            "model.hidden.layers={choice: [2, 10]}",
            "search.trials=24",
        ),
        Size.SMALL: (),
    }

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        trials = swept("batch_norm", self.overrides(conditions, seed))["trials"]
        trials = trials if "param_dropout" in trials else trials.assign(param_dropout=0.0)
        return trials.assign(trains=trials["val_accuracy"].fillna(0.0) >= TRAINS)

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        plain = measured[measured["param_dropout"] == 0]
        share = plain.groupby(["seed", "param_layers", "param_batch_norm"])["trains"].mean().unstack()
        gain = (share[True] - share[False]).unstack()
        return [
            Effect("more learning rates train the deepest network with batch norm", gain[gain.columns[-1]].tolist()),
            Effect(
                "batch norm is worth more at the largest depth than at the smallest",
                (gain[gain.columns[-1]] - gain[gain.columns[0]]).tolist(),
            ),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        share = measured.groupby(["param_layers", "param_batch_norm", "param_dropout"])["trains"].mean()
        return (
            share.map("{:.0%}".format)
            .unstack("param_layers")
            .rename(columns=lambda layers: f"{layers} hidden layers")
            .rename_axis(["batch norm", "dropout"])
            .reset_index()
        )

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        plain = measured[measured["param_dropout"] == 0]
        depths = sorted(plain["param_layers"].unique())
        for axes, depth in zip(figure.subplots(1, len(depths), sharey=True), depths, strict=True):
            for normed, group in plain[plain["param_layers"] == depth].groupby("param_batch_norm"):
                mean = group.assign(val_accuracy=group["val_accuracy"].fillna(0.1)).groupby("param_learning_rate")
                axes.plot(mean["val_accuracy"].mean(), "o-", label="batch norm" if normed else "none")
            axes.set(xscale="log", title=f"{depth} hidden layers")
        figure.axes[0].set_ylabel("validation accuracy")
        figure.axes[0].legend()
        figure.supxlabel("learning rate")
