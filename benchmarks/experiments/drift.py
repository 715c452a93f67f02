"""Data that drifts."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISLABELLED = {"before": 0.0, "later, as before": 0.0, "later, drifted": 0.4}
"""What share of the rows carries a label drawn at random."""
FEATURES, CLASSES = 20, 4


class Drift(Experiment):
    """The same sweep on data as it was, and as it has become."""

    name = "drift"
    title = "Data that drifts"
    teaches = (
        "The best settings are the best for the data that they were found on. Here labels grow unreliable, and weights must "
        "be held down more. `hpsearch recheck` trains a sweep's leaders on later data, and says whether a new sweep is due."
    )
    data = "generated rows of four classes"
    command = "hpsearch run configs/experiments/drift.yaml\nhpsearch recheck results/drift --data LATER"
    changes: ClassVar = {Size.MINIATURE: ("train.epochs=10",)}
    rows: ClassVar = {Size.MINIATURE: 600, Size.SMALL: 2000, Size.FULL: 10_000}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        changes, found = self.overrides(conditions, seed), []
        with TemporaryDirectory() as folder:
            for time, (label, share) in enumerate(MISLABELLED.items()):
                file = Path(folder) / f"{time}.npz"
                _generate(
                    file,
                    self.rows[conditions.size],
                    share,
                    np.random.default_rng([seed, 0]),
                    np.random.default_rng([seed, 1 + time]),
                )
                found.append(swept("drift", [*changes, f"data.source={file}"])["trials"].assign(data=label))
        return pd.concat(found)

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        strength = _best(measured).unstack()
        before, _, drifted = (strength[label] for label in MISLABELLED)
        return [
            Effect("after the drift a stronger penalty is the best", np.log10(drifted / before)),
            Effect(
                "the old best costs more after the drift than on later rows of the same kind",
                _regrets(measured)["later, drifted"] - _regrets(measured)["later, as before"],
            ),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        return (
            pd.DataFrame(
                {
                    "the best l2 (median)": _best(measured).groupby("data").median().map("{:.0e}".format),
                    "what the old best loses to it (mean val_loss)": _regrets(measured).mean().round(4),
                }
            )
            .loc[list(MISLABELLED)]
            .rename_axis("data")
            .reset_index()
        )

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        axes = figure.subplots()
        for label in MISLABELLED:
            mean = measured[measured["data"] == label].groupby("param_l2")["val_loss"].mean()
            axes.plot(mean - mean.min(), "o-", label=label)
        axes.set(xscale="log", xlabel="l2", ylabel="val_loss above the best")
        axes.legend()


def _generate(file: Path, rows: int, mislabelled: float, world: np.random.Generator, draw: np.random.Generator) -> None:
    """Rows whose class is the largest of four linear functions, which `world` gives; some with any label."""
    functions = world.standard_normal((FEATURES, CLASSES))
    x = draw.standard_normal((rows, FEATURES))
    y = (x @ functions).argmax(axis=1)
    y = np.where(draw.random(rows) < mislabelled, draw.integers(CLASSES, size=rows), y)
    np.savez(file, X=x, y=y)


def _best(measured: pd.DataFrame) -> "pd.Series[float]":
    """The l2 of the least loss, by seed and data."""
    frame = measured.reset_index(drop=True)
    best = frame.loc[frame.groupby(["seed", "data"])["val_loss"].idxmin()]
    return best.set_index(["seed", "data"])["param_l2"]


def _regrets(measured: pd.DataFrame) -> pd.DataFrame:
    """How much more than the best the settings lose that were the best before; (seeds, data)."""
    losses = measured.set_index(["seed", "data", "trial"])["val_loss"].unstack()
    old = losses.xs("before", level="data").idxmin(axis=1)
    regrets = losses.apply(lambda row: row[old[row.name[0]]] - row.min(), axis=1)
    return regrets.unstack("data")
