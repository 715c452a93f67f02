"""A fault in a backward pass, stopped at the gate."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from benchmarks.experiments.base import CONFIGS, Conditions, Effect, Experiment, Size, swept

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAST_LINE = "        out[x > 1] *= 1.05\n"


class Fault(Experiment):
    """An activation of one's own, with a fault in its slope and without it."""

    name = "fault"
    title = "Change any line of a backward pass and see"
    teaches = (
        "A slope that is wrong by 5% where x is above 1 would train all the same, only worse. Here nothing trains: every "
        "trial is stopped by its gradient check, which names the layer."
    )
    command = "hpsearch run configs/experiments/fault.yaml"
    changes: ClassVar = {Size.MINIATURE: ("data.test=0.7", "train.epochs=2")}

    def measure(self, conditions: Conditions, seed: int) -> pd.DataFrame:
        changes = self.overrides(conditions, seed)
        text = (CONFIGS / "faulty_softplus.py").read_text(encoding="utf-8")
        found = {"with its fault": swept("fault", changes)["trials"]}
        with TemporaryDirectory() as folder:
            repaired = Path(folder) / "softplus.py"
            repaired.write_text(text.replace(LAST_LINE, ""), encoding="utf-8")
            found["without it"] = swept("fault", [*changes, f"plugins=[{repaired}]"])["trials"]
        return pd.concat([trials.assign(activation=name) for name, trials in found.items()])

    def effects(self, measured: pd.DataFrame) -> list[Effect]:
        stopped = (
            (measured["status"] == "gate_failed").groupby([measured["seed"], measured["activation"]]).mean().unstack()
        )
        trained = measured.groupby(["seed", "activation"])["epochs_run"].sum().unstack()
        named = measured["error"].fillna("").str.contains("to blame: faulty_softplus")
        faulty = measured["activation"] == "with its fault"
        by_name = (named == faulty).groupby(measured["seed"]).all().astype(int)
        return [
            Effect(
                "every trial with the fault is stopped, none without it",
                (stopped["with its fault"] == 1).astype(int) - stopped["without it"],
            ),
            Effect("nothing is trained with the fault", (trained["with its fault"] == 0).astype(int)),
            Effect("every trial with the fault names the layer, none without it", by_name),
        ]

    def table(self, measured: pd.DataFrame) -> pd.DataFrame:
        found = measured.groupby(["activation", "status"], sort=False)
        return pd.DataFrame(
            {
                "trials": found.size(),
                "epochs trained": found["epochs_run"].sum(),
                "the first one's error": found["error"].first().fillna(""),
            }
        ).reset_index()

    def draw(self, measured: pd.DataFrame, figure: "Figure") -> None:
        axes = figure.subplots()
        for name, trials in measured.groupby("activation"):
            axes.semilogy(sorted(trials["gradcheck_error"]), "o", markersize=4, label=name)
        axes.axhline(1e-6, color="grey", linestyle="--", label="tolerance")
        axes.set(xlabel="trials, the smallest error first", ylabel="relative error of the gradient")
        axes.legend()
