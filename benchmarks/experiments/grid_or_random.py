"""Grid search against random search."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = ("grid", "random")


class GridOrRandom(Experiment):
    """Twenty-five trials over a setting that matters and one that does not (J. Bergstra, Y. Bengio 2012)."""

    name = "grid_or_random"
    title = "Grid against random"
    teaches = (
        "With one setting that matters and one that does not, a grid of five by five tries five values of the first, "
        "each five times over; the same number of random trials tries twenty-five. Each seed draws where the range of six "
        "decades lies, because nobody knows beforehand where in it the best value is."
    )
    command = "hpsearch run configs/experiments/five_by_five_grid.yaml"
    changes: ClassVar = {Size.MINIATURE: ("data.test=0.7", "train.epochs=3")}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        low = 10.0 ** np.random.default_rng(seed).uniform(-6, -4.5)
        changes = [*self.overrides(conditions, seed), f"train.learning_rate={{log: [{low:.3g}, {low * 1e6:.3g}]}}"]
        found = []
        for way in WAYS:
            trials = swept(f"five_by_five_{way}", changes)["trials"]
            found.append(trials.assign(way=way))
        return pd.concat(found)

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        tried = _found(measured)["learning rates tried"].unstack("way")
        return [Effect("random search tries more learning rates", tried["random"] - tried["grid"])]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        return _found(measured).groupby("way").mean().round(4).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        first = measured[measured["seed"] == measured["seed"].min()]
        for axes, way in zip(figure.subplots(1, 2, sharey=True), WAYS, strict=True):
            own = first[first["way"] == way]
            axes.scatter(own["param_learning_rate"], own["param_l2"], s=22)
            for rate in own["param_learning_rate"]:
                axes.axvline(rate, ymax=0.04, color="C1")
            axes.set(xscale="log", yscale="log", xlabel="learning rate", title=way)
        figure.axes[0].set_ylabel("l2")


def _found(measured: pd.DataFrame) -> pd.DataFrame:
    trials = measured.groupby(["seed", "way"])
    return pd.DataFrame(
        {"learning rates tried": trials["param_learning_rate"].nunique(), "best val_loss": trials["val_loss"].min()}
    )
