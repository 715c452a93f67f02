"""From a table to a model without editing anything, against scikit-learn's tools on the same rows.

    python -m benchmarks.tables regression [--rows 20000] [--trials 48]
    python -m benchmarks.tables classification [--tables 10] [--trials 48]

regression: Friedman #1 (Friedman 1991) and a category, a tenth of the values missing. `hpsearch init`, `run` and
`best` in one process, then RandomizedSearchCV over MLPRegressor for the same time; R² on the same test rows.
classification: 900 rows with names, ticket numbers, dates, a fifth of the values missing; accuracy on the test rows
against logistic regression on the same prepared training rows, for several tables, each split once.
"""

import argparse
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV
from sklearn.neural_network import MLPRegressor

from hpsearch.config import load_config
from hpsearch.confirmation import Estimate
from hpsearch.data import load_data
from hpsearch.first_config import first_config
from hpsearch.known import KNOWN
from hpsearch.models import rerun_best
from hpsearch.running import Execution, Hooks, run
from trainer.data import Prepared

RESULTS = Path(__file__).parent / "results"
WIDTHS = [(64,), (256,), (64, 64), (256, 256)]
SPACE = {
    "hidden_layer_sizes": WIDTHS,
    "alpha": loguniform(1e-6, 1e-1),
    "learning_rate_init": loguniform(1e-4, 1e-1),
    "batch_size": [32, 64, 128, 256],
}
"""What scikit-learn's search may vary: as much as `hpsearch init` does."""


def friedman(rows: int, seed: int) -> pd.DataFrame:
    """Ten numbers, of which five matter, and a category; noise of variance 1 in y, a tenth of the rest missing."""
    rng = np.random.default_rng(seed)
    x, y = make_friedman1(rows, n_features=10, noise=1.0, random_state=seed)
    kind = rng.integers(0, 5, rows)
    frame = pd.DataFrame(x, columns=[f"x{place}" for place in range(10)]).assign(kind=np.array(list("abcde"))[kind])
    return frame.mask(rng.random(frame.shape) < 0.1).assign(y=y + np.array([0.0, 3.0, -3.0, 6.0, 1.0])[kind])


def passengers(seed: int, rows: int = 900) -> pd.DataFrame:
    """Numbers, a category and a date, a fifth of them missing; names and tickets, which say nothing; who survived."""
    rng = np.random.default_rng(seed)
    numbers, port = rng.normal(size=(rows, 3)), rng.choice(list("PQRS"), rows)
    born = pd.Timestamp("1880-01-01") + pd.to_timedelta(rng.integers(0, 9000, rows), unit="D")
    odds = numbers[:, 0] - 0.7 * numbers[:, 1] + 1.2 * (port == "P") + rng.logistic(size=rows)
    frame = pd.DataFrame(numbers, columns=["age", "fare", "size"]).assign(port=port, born=born)
    return frame.mask(rng.random(frame.shape) < 0.2).assign(
        name=[f"Person {place} {rng.integers(10**6)}" for place in range(rows)],
        ticket=[f"T{rng.integers(10**5)}" for _ in range(rows)],
        survived=(odds > 0).astype(int),
    )


@dataclass(frozen=True)
class Found:
    """What came of `hpsearch init`, `run` and `best`."""

    score: float  # on the test rows
    data: Prepared
    seconds: float


def search(frame: pd.DataFrame, metric: str, trials: int, seed: int) -> Found:
    """Write the table, the config and the sweep to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.to_csv(folder / "table.csv", index=False)
        begun = time.perf_counter()
        first = first_config(str(folder / "table.csv"))
        (folder / "first.yaml").write_text(first.text)
        config = load_config(folder / "first.yaml", KNOWN, [f"seed={seed}", f"search.trials={trials}"])
        run(config, folder, Execution(serial=True), Hooks())
        rerun = rerun_best(folder / first.name, time.time)
        seconds = time.perf_counter() - begun
        if rerun.look is None:
            raise RuntimeError(f"the best trial was not reproduced: {rerun}")
        return Found(rerun.look.scores[f"test_{metric}"], load_data(config).prepared, seconds)


def randomized_search(data: Prepared, seconds: float) -> tuple[float, int]:
    """R² on the test rows of the best MLPRegressor that was found in so many seconds, and how many were tried."""
    x, y = (
        np.concatenate([getattr(part, name) for part in (data.train, data.validation)]) for name in ("x", "targets")
    )
    fold = PredefinedSplit(np.repeat([-1, 0], [len(data.train), len(data.validation)]))
    best, tried, end = (-np.inf, None), 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        network = MLPRegressor(early_stopping=True, random_state=tried)
        each = RandomizedSearchCV(network, SPACE, n_iter=1, cv=fold, refit=False, random_state=tried)
        each.fit(x, y[:, 0])
        tried += 1
        best = max(best, (each.best_score_, tried, each.best_params_), key=lambda found: found[0])
    model: Any = MLPRegressor(early_stopping=True, random_state=0, **best[2]).fit(x, y[:, 0])
    return r2_score(data.test.targets[:, 0], model.predict(data.test.x)), tried


def against_randomized_search(rows: int, trials: int) -> tuple[Found, tuple[float, int]]:
    """What is found in a table, and what scikit-learn's search finds in the same time: R² on the test rows, and its tries."""
    ours = search(friedman(rows, seed=0), "r2", trials, seed=0)
    return ours, randomized_search(ours.data, ours.seconds)


def regression(chosen: argparse.Namespace) -> list[str]:
    """One table, one search each."""
    ours, (theirs, tried) = against_randomized_search(chosen.rows, chosen.trials)
    return [
        f"Friedman #1 and a category, {chosen.rows} rows, a tenth of the values missing; {ours.seconds:.0f} s each.",
        f"- hpsearch, as `init` configured it: test R² {ours.score:.4f} after {chosen.trials} trials",
        f"- RandomizedSearchCV over MLPRegressor: test R² {theirs:.4f} after {tried} trials",
    ]


def against_logistic_regression(seed: int, trials: int) -> float:
    """By how much the accuracy on the test rows of a table is higher."""
    ours = search(passengers(seed), "accuracy", trials, seed)
    train, test = ours.data.train, ours.data.test
    linear = LogisticRegression(max_iter=2000).fit(train.x, train.targets.argmax(axis=1))
    theirs = linear.score(test.x, test.targets.argmax(axis=1))
    print(f"table {seed}: hpsearch {ours.score:.4f}, logistic regression {theirs:.4f}", flush=True)
    return ours.score - theirs


def classification(chosen: argparse.Namespace) -> list[str]:
    """Several tables, each split once, so that the differences are independent."""
    estimate = Estimate.of([against_logistic_regression(seed, chosen.trials) for seed in range(chosen.tables)])
    return [
        f"900 rows of names, dates and more, a fifth missing; {estimate.seeds} tables, {chosen.trials} trials each.",
        f"- test accuracy, hpsearch − logistic regression: {estimate.mean:+.4f} ± {estimate.half_width:.4f} (95%)",
    ]


def main() -> None:
    """Measure, print, and write a page of results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["regression", "classification"])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--tables", type=int, default=10)
    parser.add_argument("--trials", type=int, default=48)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = {"regression": regression, "classification": classification}[chosen.what](chosen)
    page = "\n".join([f"# Tables: {chosen.what}\n", lines[0], "", *lines[1:], ""])
    print(page)
    (RESULTS / f"tables_{chosen.what}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
