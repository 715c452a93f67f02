"""The page of all experiments, from the measurements that are kept."""

from pathlib import Path

import pandas as pd

from benchmarks.experiments import EXPERIMENTS
from benchmarks.experiments.base import Conditions, Experiment, Size
from benchmarks.pages import RESULTS, table

ROOT = Path(__file__).parents[2]
KEPT = RESULTS / "experiments"
PAGE = ROOT / "docs" / "experiments.md"
PICTURES = ROOT / "docs" / "experiments"

HEAD = """# Experiments

What courses teach about tuning a network, each seen with one command and measured here over several seeds.
`make experiments` measures them anew in small and writes this page; `python -m benchmarks.experiments --help` says how
to make them as large as their configs say, or with MNIST (t10k-images is its test set) or CIFAR-10. Figures are means over
the seeds.
"""


def keep(name: str, measured: pd.DataFrame, conditions: Conditions) -> None:
    """Keep what was measured, and under which conditions."""
    KEPT.mkdir(parents=True, exist_ok=True)
    data = Path(EXPERIMENTS[name].source(conditions)).name
    measured.assign(size=str(conditions.size), source=data).to_parquet(KEPT / f"{name}.parquet", index=False)


def write_page() -> None:
    """Write the page and its pictures."""
    PICTURES.mkdir(exist_ok=True)
    for experiment in _measured():
        _draw(experiment, kept(experiment.name))
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page in Markdown; a function of what is kept."""
    return "\n".join([HEAD, *(_section(number, experiment) for number, experiment in enumerate(_measured(), 1))])


def kept(name: str) -> pd.DataFrame:
    """What was measured of an experiment, with the columns `size` and `source`: under which conditions."""
    return pd.read_parquet(KEPT / f"{name}.parquet")


def _measured() -> list[Experiment]:
    return [experiment for name, experiment in EXPERIMENTS.items() if (KEPT / f"{name}.parquet").exists()]


def _section(number: int, experiment: Experiment) -> str:
    measured = kept(experiment.name)
    effects = [f"- {effect}." for effect in experiment.effects(measured)]
    seeds, size, source = measured["seed"].nunique(), *measured[["size", "source"]].iloc[0]
    changes = ", ".join(f"`{change}`" for change in experiment.changes.get(Size(size), ()))
    how = f"{size}: the config with {changes}" if changes else f"{size}: the config as it stands"
    return "\n".join(
        [
            f"## {number}. {experiment.title}\n",
            f"{experiment.teaches}\n",
            f"```console\n{experiment.command}\n```\n",
            _markdown(experiment.table(measured)),
            f"\n![{experiment.title}](experiments/{experiment.name}.svg)\n",
            *effects,
            f"\nMeasured over {seeds} seeds on {experiment.data.format(source=source)}; {how}.\n",
        ]
    )


def _draw(experiment: Experiment, measured: pd.DataFrame) -> None:
    import matplotlib as mpl  # only where pictures are drawn: the extra `bench`
    from cycler import cycler
    from matplotlib.figure import Figure

    style = {
        "svg.hashsalt": experiment.name,
        "svg.fonttype": "none",
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.size": 9,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        experiment.draw(measured, figure)
        figure.savefig(PICTURES / f"{experiment.name}.svg", metadata={"Date": None})


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Those that readers of every colour vision tell apart (M. Okabe, K. Ito 2008)."""


def _markdown(frame: pd.DataFrame) -> str:
    rows = [[str(value) for value in row] for row in frame.itertuples(index=False)]
    head = [str(column) for column in frame.columns]
    return table(head, rows)
