"""Three layers, with and without dropout."""

from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORKS = {"dropout_none": "A: none", "dropout_half": "B: dropout 0.5"}
EARLY = 0.2  # of the epochs: where it is seen how fast a network fits


class Dropout(Experiment):
    """Two networks that differ in dropout alone."""

    name = "dropout"
    title = "Three layers with and without dropout"
    teaches = (
        "With half of its hidden units dropped at random, a network fits its training rows more slowly, and what is left at "
        "the end is a smaller gap between training and validation rows."
    )
    on_images = True
    command = "hpsearch compare configs/experiments/dropout_none.yaml configs/experiments/dropout_half.yaml"
    changes: ClassVar = {
        Size.MINIATURE: (
            "data.test=0.7",
            "model.hidden=[64, 32]",
            "train.learning_rate=0.02",
            "train.batch_size=32",
            "train.epochs=30",
        ),
        Size.SMALL: (
            "data.test=0.75",
            "model.hidden=[200, 80]",
            "train.learning_rate=0.01",
            "train.batch_size=32",
            "train.epochs=60",
            "train.decay_every=15",
        ),
    }

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        found = [swept(config, self.overrides(conditions, seed))["epochs"] for config in NETWORKS]
        return pd.concat([each.assign(network=label) for label, each in zip(NETWORKS.values(), found, strict=True)])

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        without, dropped = NETWORKS.values()
        gap, early = _gaps(measured).unstack(), _early(measured).unstack()
        return [
            Effect("a smaller gap of the loss with dropout", (gap[without] - gap[dropped]).tolist()),
            Effect("a slower fit with dropout", (early[dropped] - early[without]).tolist()),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        last = measured[measured["epoch"] == measured["epoch"].max()].groupby("network")
        names = ["train_loss", "val_loss", "train_accuracy", "val_accuracy"]
        found = last[names].mean().round(4)
        return found.assign(gap=_gaps(measured).groupby("network").mean().round(4)).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        for axes, score in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
            for colour, (network, group) in enumerate(measured.groupby("network")):
                mean = group.groupby("epoch").mean(numeric_only=True)
                axes.plot(mean[f"train_{score}"], color=f"C{colour}", linestyle="--", label=f"{network}, training")
                axes.plot(mean[f"val_{score}"], color=f"C{colour}", label=f"{network}, validation")
            axes.set(xlabel="epoch", ylabel=score)
        figure.axes[1].legend()


def _gaps(measured: pd.DataFrame) -> "pd.Series[float]":
    last = measured[measured["epoch"] == measured["epoch"].max()].set_index(["seed", "network"])
    return last["val_loss"] - last["train_loss"]


def _early(measured: pd.DataFrame) -> "pd.Series[float]":
    early = measured[measured["epoch"] == max(1, round(EARLY * measured["epoch"].max()))]
    return early.set_index(["seed", "network"])["train_loss"]
