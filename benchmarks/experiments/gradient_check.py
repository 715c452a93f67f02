"""The error of a gradient check, against h, one-sided and two-sided."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from benchmarks.experiments.base import Conditions, Effect, Experiment, Size, loaded
from hpsearch.data import load_data
from hpsearch.seeds import TrialGenerators, trial_seed
from hpsearch.settings import architecture_of
from trainer.network import Network

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.data import Rows

ROWS = 8
SIDES = ("one-sided", "two-sided")


class GradientCheck(Experiment):
    """Back-propagation against differences of the loss, parameter by parameter."""

    name = "gradient_check"
    title = "Gradient check"
    teaches = (
        "Back-propagation against differences of the loss, in double precision. Two-sided differences err by h², one-sided "
        "ones by h; below some h rounding takes over and grows as 1/h."
    )
    on_images = True
    command = "hpsearch check configs/experiments/gradient_check.yaml --full"
    changes: ClassVar = {Size.MINIATURE: ("model.hidden=[8]", "data.test=0.7")}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        config = loaded("gradient_check", self.overrides(conditions, seed))
        prepared = load_data(config).prepared
        network = architecture_of(config.run, prepared.train, prepared.classes, ()).build(
            capacity=ROWS, dtype=np.float64
        )
        network.initialise(TrialGenerators.of(trial_seed(seed, 0, 0)).initialise)
        powers = range(-11, 0) if conditions.size is Size.MINIATURE else np.arange(-11, -0.5, 0.5)
        coordinates = np.random.default_rng(seed)
        return pd.DataFrame(
            [
                {"h": 10.0**power, "sides": side, "tensor": tensor, "mean |difference|": difference}
                for power in powers
                for side in SIDES
                for tensor, difference in _differences(network, prepared.train, 10.0**power, side, coordinates).items()
            ]
        )

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        error = measured.groupby(["seed", "sides", "h"])["mean |difference|"].max()
        best = error.groupby(["seed", "sides"]).min().unstack()
        two = error.unstack("sides")["two-sided"].unstack("h")
        ends = np.log10(two.iloc[:, [0, -1]].min(axis=1) / two.min(axis=1))
        return [
            Effect(
                "two-sided differences come closer than one-sided ones",
                (np.log10(best["one-sided"] / best["two-sided"])).tolist(),
            ),
            Effect("the error has its least between the smallest and the largest h", ends.tolist()),
            Effect("the mean difference is below 1e-9 at the best h", (1e-9 - best["two-sided"]).tolist()),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        near = measured[np.isclose(measured["h"], 1e-5)]
        table = near.groupby(["tensor", "sides"], sort=False)["mean |difference|"].mean().unstack()
        return table.map("{:.1e}".format).rename(columns=lambda side: f"{side}, h = 1e-5").reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        axes = figure.subplots()
        error = measured.groupby(["sides", "h"])["mean |difference|"].max().unstack("sides")
        for side in SIDES:
            axes.loglog(error[side], "o-", markersize=4, label=side)
        axes.set(xlabel="h", ylabel="mean |difference|, worst tensor")
        axes.legend()


def _differences(network: Network, rows: "Rows", h: float, side: str, rng: np.random.Generator) -> dict[str, float]:
    """The mean absolute difference of each tensor, over up to twenty of its parameters."""
    x, targets = rows.x[:ROWS].astype(np.float64), rows.targets[:ROWS].astype(np.float64)

    def cost() -> float:
        return float(network.loss.value(network.forward(x.copy(), train=True), targets, None))

    here = cost()
    network.backpropagate(network.forward(x.copy(), train=True), targets, None)
    gradients = {name: tensor.gradient.reshape(-1).copy() for name, tensor in network.tensors.items()}
    found = {}
    for name, tensor in network.tensors.items():
        values = tensor.value.reshape(-1)
        chosen = rng.choice(values.size, size=min(20, values.size), replace=False)
        errors = []
        for index in chosen:
            before = values[index]
            values[index] = before + h
            above = cost()
            values[index] = before - h
            below = cost()
            values[index] = before
            slope = (above - here) / h if side == "one-sided" else (above - below) / (2 * h)
            errors.append(abs(slope - gradients[name][index]))
        found[name] = float(np.mean(errors))
    return found
