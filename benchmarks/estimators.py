"""The estimators beside scikit-learn's, all with their defaults: R² on scikit-learn's diabetes data.

    python -m benchmarks.estimators

A fifth of the rows is held out, split by split; every contender meets the same splits.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor as ItsMLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.pages import RESULTS
from trainer.estimators import MLPRegressor

SPLITS = range(20)


def its_network(seed: int) -> Any:
    """scikit-learn's network, on inputs and targets that are scaled for it."""
    network = make_pipeline(StandardScaler(), ItsMLPRegressor(random_state=seed))
    return TransformedTargetRegressor(network, transformer=StandardScaler())


CONTENDERS: Mapping[str, Callable[[int], Any]] = {
    "trainer.estimators.MLPRegressor": lambda seed: MLPRegressor(random_state=seed),
    "RidgeCV": lambda seed: RidgeCV(),
    "scikit-learn's MLPRegressor": its_network,
}


def measure(splits: Iterable[int]) -> pd.DataFrame:
    """R² of each contender on each split."""
    x, y = load_diabetes(return_X_y=True)
    rows = []
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # at its 200 epochs
        for split in splits:
            train, rest, targets, truth = train_test_split(x, y, test_size=0.2, random_state=split)
            for name, build in CONTENDERS.items():
                score = build(split).fit(train, targets).score(rest, truth)
                rows.append({"contender": name, "split": split, "r2": score})
    return pd.DataFrame(rows)


def markdown(frame: pd.DataFrame) -> str:
    """Means over the splits."""
    found = frame.groupby("contender", sort=False)["r2"].agg(["mean", "std", "size"])
    lines = [f"| {name} | {row['mean']:.4f} | {row['std']:.4f} | {row['size']:.0f} |" for name, row in found.iterrows()]
    head = ["# The estimators, beside scikit-learn's", "", "R² on held-out rows of the diabetes data.", ""]
    return "\n".join([*head, "| contender | R², mean | sd | splits |", "|---|---|---|---|", *lines, ""])


def main() -> None:
    """Measure, print and write."""
    frame = measure(SPLITS)
    print(markdown(frame))
    frame.to_parquet(RESULTS / "estimators.parquet", index=False)
    (RESULTS / "estimators.md").write_text(markdown(frame), encoding="utf-8")


if __name__ == "__main__":
    main()
