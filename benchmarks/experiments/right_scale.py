"""The right scale for learning rates and β."""

from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCALES = ("log", "uniform")


class RightScale(Experiment):
    """Random search twice, from the same ranges on two scales."""

    name = "right_scale"
    title = "The right scale"
    teaches = (
        "Learning rates differ by factors, and so does 1 − β: 1 / (1 − β) is how many steps momentum remembers. Sampled "
        "evenly, most of the trials have much the same learning rate, and β close to 1 is hardly tried."
    )
    command = "hpsearch run configs/experiments/scale_log.yaml"
    changes: ClassVar = {
        Size.MINIATURE: ("data.test=0.7", "train.epochs=4", "search.trials=16"),
        Size.SMALL: (),
    }

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        found = [swept(f"scale_{scale}", self.overrides(conditions, seed))["trials"] for scale in SCALES]
        return pd.concat([each.assign(scale=scale) for scale, each in zip(SCALES, found, strict=True)])

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        small = _by_seed(measured, measured["param_learning_rate"] < 0.1)
        long = _by_seed(measured, measured["param_beta"] > 0.98)
        loss = _losses(measured).groupby(["seed", "scale"])["val_loss"].median().unstack()
        return [
            Effect(
                "more trials below a learning rate of 0.1 on the log scale", (small["log"] - small["uniform"]).tolist()
            ),
            Effect(
                "more trials with β above 0.98 on the scale of log(1 − β)", (long["log"] - long["uniform"]).tolist()
            ),
            Effect("the median trial is better on log scales", (loss["uniform"] - loss["log"]).tolist()),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        losses = _losses(measured).groupby(["scale", "seed"])["val_loss"]
        return pd.DataFrame(
            {
                "trials with a learning rate below 0.1": _share(measured, measured["param_learning_rate"] < 0.1),
                "trials with β above 0.98": _share(measured, measured["param_beta"] > 0.98),
                "median val_loss": losses.median().groupby("scale").mean().round(3),
                "best val_loss": losses.min().groupby("scale").mean().round(4),
            }
        ).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        left, right = figure.subplots(1, 2)
        losses = _losses(measured)
        for scale, place in zip(SCALES, (1, 0), strict=True):
            own = losses[losses["scale"] == scale]
            left.scatter(own["param_learning_rate"], own["val_loss"], s=14, alpha=0.6, label=scale)
            right.scatter(1 - own["param_beta"], [place] * len(own), s=40, marker="|")
        left.set(xscale="log", yscale="log", ylim=(0.03, 30), xlabel="learning rate", ylabel="val_loss")
        left.legend(title="sampled")
        right.set(xscale="log", xlabel="1 − β", yticks=[0, 1], yticklabels=["uniform", "log"], ylim=(-0.5, 1.5))


def _losses(measured: pd.DataFrame) -> pd.DataFrame:
    """With the worst loss that any trial ended with, for those that diverged."""
    return measured.assign(val_loss=measured["val_loss"].fillna(measured["val_loss"].max()))


def _by_seed(measured: pd.DataFrame, which: "pd.Series[bool]") -> pd.DataFrame:
    return which.groupby([measured["seed"], measured["scale"]]).mean().unstack()


def _share(measured: pd.DataFrame, which: "pd.Series[bool]") -> "pd.Series[str]":
    return which.groupby(measured["scale"]).mean().map("{:.0%}".format)
