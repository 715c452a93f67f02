"""From a table to a model without editing anything, against scikit-learn's tools on the same rows.

    python -m benchmarks.tables [regression classification]

regression: 20 000 rows of Friedman #1 (Friedman 1991) and a category, a tenth of the values missing. `hpsearch init`,
`run` and `best` in one process, then RandomizedSearchCV over MLPRegressor for the same time: with scikit-learn's 200
epochs at most, and with the 20 that `init` gives. R² on the same test rows, one BLAS thread each, several tables.
classification: 900 rows with names, ticket numbers, dates, a fifth of the values missing; accuracy on the test rows
against logistic regression on the same prepared training rows, for several tables, each split once.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
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

from benchmarks.pages import RESULTS, conditions, table
from hpsearch.config import load_config
from hpsearch.confirmation import FEWEST_SEEDS, Estimate
from hpsearch.data import load_data
from hpsearch.first_config import first_config
from hpsearch.known import KNOWN
from hpsearch.rerun import rerun_best
from hpsearch.running import Execution, Hooks, run
from trainer.data import Prepared

FILE = RESULTS / "tables.parquet"
ROWS, TRIALS, TABLES = 20_000, 48, {"regression": 5, "classification": 10}
OURS, LOGISTIC = "hpsearch", "logistic regression"
EPOCHS = {"RandomizedSearchCV, 200 epochs": 200, "RandomizedSearchCV, 20 epochs": 20}
"""scikit-learn's search, and how many epochs its networks have at most; training ends early where it gains nothing."""
SPACE = {
    "hidden_layer_sizes": [(units,) * layers for units, layers in product((64, 128, 256), (1, 2, 3))],
    "alpha": loguniform(1e-6, 1e-1),
    "learning_rate_init": loguniform(1e-4, 1e-1),
    "batch_size": [64, 128, 256],
}
"""What scikit-learn's search may vary: what `hpsearch init` does, and lower learning rates, as Adam likes them."""
Row = dict[str, Any]


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


def randomized_search(data: Prepared, epochs: int, seconds: float) -> tuple[float, int]:
    """R² on the test rows of the best MLPRegressor that was found in so many seconds, and how many were tried."""
    x, y = (
        np.concatenate([getattr(part, name) for part in (data.train, data.validation)]) for name in ("x", "targets")
    )
    fold = PredefinedSplit(np.repeat([-1, 0], [len(data.train), len(data.validation)]))
    best, tried, end = (-np.inf, None), 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        network = MLPRegressor(early_stopping=True, max_iter=epochs, random_state=tried)
        each = RandomizedSearchCV(network, SPACE, n_iter=1, cv=fold, refit=False, random_state=tried)
        each.fit(x, y[:, 0])
        tried += 1
        best = max(best, (each.best_score_, tried, each.best_params_), key=lambda found: found[0])
    model: Any = MLPRegressor(early_stopping=True, max_iter=epochs, random_state=0, **best[2]).fit(x, y[:, 0])
    return r2_score(data.test.targets[:, 0], model.predict(data.test.x)), tried


def regression(seed: int) -> Iterator[Row]:
    """R² on the test rows of a table."""
    ours = search(friedman(ROWS, seed), "r2", TRIALS, seed)
    yield {"contender": OURS, "score": ours.score, "tried": TRIALS, "seconds": ours.seconds}
    for name, epochs in EPOCHS.items():
        score, tried = randomized_search(ours.data, epochs, ours.seconds)
        yield {"contender": name, "score": score, "tried": tried, "seconds": ours.seconds}


def classification(seed: int) -> Iterator[Row]:
    """Accuracy on the test rows of a table."""
    ours = search(passengers(seed), "accuracy", TRIALS, seed)
    yield {"contender": OURS, "score": ours.score, "tried": TRIALS, "seconds": ours.seconds}
    train, test = ours.data.train, ours.data.test
    linear = LogisticRegression(max_iter=2000).fit(train.x, train.targets.argmax(axis=1))
    yield {"contender": LOGISTIC, "score": linear.score(test.x, test.targets.argmax(axis=1)), "tried": 1}


WHAT: Mapping[str, Callable[[int], Iterator[Row]]] = {"regression": regression, "classification": classification}


def measure(what: str, seed: int) -> pd.DataFrame:
    """What each contender reaches on one table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = pd.DataFrame([{"what": what, "seed": seed, **row} for row in WHAT[what](seed)])
    print(found.to_string(index=False, header=False), flush=True)
    return found


def recorded() -> pd.DataFrame:
    """What was measured so far."""
    return pd.read_parquet(FILE) if FILE.exists() else pd.DataFrame(columns=["what", "seed"])


def gains(frame: pd.DataFrame, other: str) -> "pd.Series[float]":
    """By how much the score of hpsearch is above another's, by table."""
    scores = frame.pivot_table(index="seed", columns="contender", values="score")
    return (scores[OURS] - scores[other]).dropna()


def markdown(what: str, frame: pd.DataFrame) -> str:
    """Means over the tables, and the difference with its 95% interval."""
    score = {"regression": "test R²", "classification": "test accuracy"}[what]
    rows = []
    for name, own in frame.groupby("contender", sort=False):
        seconds = "" if own["seconds"].isna().any() else f"{own['seconds'].mean():.0f}"
        ahead_by = [] if name == OURS else gains(frame, str(name)).tolist()
        gain = Estimate.of(ahead_by) if len(ahead_by) >= FEWEST_SEEDS else None
        ahead = f"{gain.mean:+.4f} ± {gain.half_width:.4f}" if gain else ""
        rows.append([str(name), f"{own['score'].mean():.4f}", f"{own['tried'].mean():.0f}", seconds, ahead])
    head = ["contender", f"{score}, mean", "networks tried", "seconds", "hpsearch above it (95%)"]
    how = (__doc__ or "").split(f"\n{what}: ")[1].split("\nclassification: ")[0].strip()
    count = f"{frame['seed'].nunique()} tables. {conditions()}"
    return "\n\n".join([f"# Tables: {what}", how, table(head, rows), count]) + "\n"


def main() -> None:
    """Measure the tables that are not there yet, print, and write pages of results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*WHAT, []])
    for what in parser.parse_args().what or WHAT:
        for seed in range(TABLES[what]):
            found = recorded()
            if not ((found["what"] == what) & (found["seed"] == seed)).any():
                found = pd.concat([found, measure(what, seed)] if len(found) else [measure(what, seed)])
                found.to_parquet(FILE, index=False)
                page = markdown(what, found[found["what"] == what])
                (RESULTS / f"tables_{what}.md").write_text(page, encoding="utf-8")
        print(markdown(what, found[found["what"] == what]))


if __name__ == "__main__":
    main()
