"""The zoom's rounds."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTINGS = ("learning_rate", "l2")


class CoarseToFine(Experiment):
    """A zoom over two settings, whose regions are drawn round by round."""

    name = "coarse_to_fine"
    title = "Coarse to fine"
    teaches = (
        "First everywhere, at few points; then closer and closer around the best ones. A share of each round's trials still "
        "comes from the whole range, so that a wrong first impression can be put right."
    )
    command = "hpsearch run configs/experiments/coarse_to_fine.yaml"
    changes: ClassVar = {Size.MINIATURE: ("data.test=0.7", "train.epochs=4", "search.trials=40")}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        found = swept("coarse_to_fine", self.overrides(conditions, seed))
        trials, rounds = found["trials"], found["rounds"]
        for setting in SETTINGS:
            regions = rounds[rounds["setting"] == setting].set_index("round")[["low", "high"]]
            trials = trials.join(regions.add_prefix(f"{setting}_"), on="round")
        return trials

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        widths, losses = _widths(measured), measured.groupby(["seed", "round"])["val_loss"].median().unstack()
        last = losses.columns[-1]
        return [
            Effect("the region shrinks from the first to the last round", (widths[0] - widths[last]).tolist()),
            Effect("the median trial of the last round beats that of the first", (losses[0] - losses[last]).tolist()),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        losses = measured.groupby(["round", "seed"])["val_loss"]
        return pd.DataFrame(
            {
                "area of the region, of all": _widths(measured).mean().map("{:.0%}".format),
                "median val_loss": losses.median().groupby("round").mean().round(3),
                "best val_loss": losses.min().groupby("round").mean().round(4),
            }
        ).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        first = measured[measured["seed"] == measured["seed"].min()]
        rounds = sorted(first["round"].unique())
        for axes, number in zip(figure.subplots(1, len(rounds), sharex=True, sharey=True), rounds, strict=True):
            own, region = first[first["round"] == number], first[first["round"] == number].iloc[0]
            x, y = ([region[f"{setting}_low"], region[f"{setting}_high"]] for setting in SETTINGS)
            axes.fill_between(x, *y, alpha=0.2)
            axes.scatter(own["param_learning_rate"], own["param_l2"], s=14, color="C1")
            axes.set(xscale="log", yscale="log", title=f"round {number}")
        figure.axes[0].set_ylabel("l2")
        figure.supxlabel("learning rate")


def _widths(measured: pd.DataFrame) -> pd.DataFrame:
    """The area of each round's region as a share of the first one's, on the log scale; (seeds, rounds)."""
    regions = measured.groupby(["seed", "round"]).first()
    first, second = ((regions[f"{setting}_high"] / regions[f"{setting}_low"]).map(np.log) for setting in SETTINGS)
    area = first.mul(second).unstack()
    return area.div(area[0], axis=0)
