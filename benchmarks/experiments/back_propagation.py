"""A network trained by back-propagation."""

from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class BackPropagation(Experiment):
    """One hidden layer and plain gradient descent."""

    name = "back_propagation"
    title = "Training by back-propagation"
    teaches = "Epoch by epoch the accuracy grows, on the training rows and on those that training never sees."
    on_images = True
    command = "hpsearch train configs/experiments/back_propagation.yaml --test"
    changes: ClassVar = {Size.MINIATURE: ("data.test=0.6", "train.epochs=12")}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        return swept("back_propagation", self.overrides(conditions, seed))["epochs"]

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        accuracy = measured.pivot_table(index="seed", columns="epoch", values="val_accuracy")
        loss = measured.pivot_table(index="seed", columns="epoch", values="train_loss")
        last = accuracy.columns[-1]
        return [
            Effect("the last epoch's validation accuracy is above the first's", accuracy[last] - accuracy[1]),
            Effect("the last epoch's training loss is below the first's", loss[1] - loss[last]),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        last = measured["epoch"].max()
        shown = measured[measured["epoch"].isin([1, 2, 5, 10, 20, last])]
        scores = ["train_loss", "train_accuracy", "val_loss", "val_accuracy"]
        return shown.groupby("epoch")[scores].mean().round(4).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        axes = figure.subplots()
        mean = measured.groupby("epoch").mean(numeric_only=True)
        axes.plot(mean["train_accuracy"], "--", label="training")
        axes.plot(mean["val_accuracy"], label="validation")
        axes.set(xlabel="epoch", ylabel="accuracy")
        axes.legend()
