"""One model or many, for the same compute."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from benchmarks.experiments.base import CONFIGS, Conditions, Effect, Experiment, Size, swept
from hpsearch.segments import Watch
from hpsearch.training import Order, load_single, train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALONE, WATCHED, MANY = "one, left alone", "one, babysat", "many"


class OneOrMany(Experiment):
    """A single network with a guessed learning rate, left alone or babysat, and eight with an eighth of its epochs."""

    name = "one_or_many"
    title = "One model or many"
    teaches = (
        "Whoever can train one network only watches over it, and nudges its settings (panda); whoever can train many lets "
        "each try its own (caviar). Both mend a wrong guess for the learning rate, here 0.001 under momentum; all three have "
        "the same number of epochs in all."
    )
    command = "hpsearch train configs/experiments/one_model.yaml --babysit"
    changes: ClassVar = {Size.MINIATURE: ("data.test=0.6",)}
    epochs: ClassVar = {Size.MINIATURE: 40, Size.SMALL: 120, Size.FULL: 120}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        changes, epochs = self.overrides(conditions, seed), self.epochs[conditions.size]
        found = {
            label: _single([*changes, f"train.epochs={epochs}"], babysit=label == WATCHED) for label in (ALONE, WATCHED)
        }
        many = swept("many_models", [*changes, f"train.epochs={epochs // 8}"])["epochs"]
        found[MANY] = many.assign(epoch=np.arange(1, len(many) + 1))
        columns = ["epoch", "val_loss", "val_accuracy"]
        return pd.concat([epochs[columns].assign(way=label) for label, epochs in found.items()])

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        best = measured.groupby(["seed", "way"])["val_loss"].min().unstack()
        return [
            Effect("babysitting mends the guess", best[ALONE] - best[WATCHED]),
            Effect("many models mend it too", best[ALONE] - best[MANY]),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        found = measured.groupby(["way", "seed"], sort=False)
        best = pd.DataFrame(
            {"best val_loss": found["val_loss"].min(), "best val_accuracy": found["val_accuracy"].max()}
        )
        return best.groupby("way", sort=False).mean().round(4).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        axes = figure.subplots()
        for way, group in measured.groupby("way", sort=False):
            best = group.set_index(["seed", "epoch"])["val_loss"].groupby("seed").cummin()
            axes.plot(best.groupby("epoch").mean(), label=way)
        axes.set(yscale="log", xlabel="epochs trained, of all models together", ylabel="best val_loss so far")
        axes.legend()


def _single(changes: list[str], *, babysit: bool) -> pd.DataFrame:
    """The epochs of the one model."""
    file = CONFIGS / "one_model.yaml"
    with TemporaryDirectory() as folder:
        order = Order(load_single(file, changes, babysit=babysit), file, Path(folder))
        train(order, Watch(), lambda text: None)
        return pd.read_parquet(order.path / "epochs")
