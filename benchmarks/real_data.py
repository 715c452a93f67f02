"""How good the trainer's defaults are on real data: test accuracy, mean and deviation over seeds.

    python -m benchmarks.real_data --data FOLDER [--sets mnist letters] [--seeds 5] [--one-split]

Nothing is searched and nothing but the epochs is set: `Architecture(n_in, n_out)` and `Training(epochs=…)`. A seed
decides the split and the training, as a sweep's does; with `--one-split` all share the first seed's split, whose
test rows had no part in the choice of the defaults. The test rows are looked at once, after the last epoch.

FOLDER holds MNIST's test set (t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz; Y. LeCun, C. Cortes, C. Burges)
and letter-recognition.tsv (UCI; P. Frey, D. Slate 1991).
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.pages import RESULTS, conditions, table
from trainer import Architecture, Training, evaluate, fit
from trainer.data import Dataset, Layout, load, prepare


@dataclass(frozen=True)
class Bar:
    """A data set, how it is split, and what must be reached on its test rows."""

    read: Callable[[Path], Dataset]
    validation: float  # fraction of all rows
    test: float  # fraction of all rows
    epochs: int
    accuracy: float


def mnist(folder: Path) -> Dataset:
    """The 10 000 test images, 28 × 28."""
    return load(str(folder / "t10k-images-idx3-ubyte.gz"))


def letters(folder: Path) -> Dataset:
    """20 000 images of letters as 16 whole numbers each."""
    return load(str(folder / "letter-recognition.tsv"), Layout(target=("letter",)))


BARS: Mapping[str, Bar] = {
    "mnist": Bar(mnist, validation=0.1, test=0.1, epochs=20, accuracy=0.965),
    "letters": Bar(letters, validation=0.1, test=0.2, epochs=60, accuracy=0.96),
}


@dataclass(frozen=True)
class Run:
    """One training with the defaults."""

    accuracy: float  # on the test rows
    validation_accuracy: float
    seconds: float


def train(dataset: Dataset, bar: Bar, seed: int, split: int) -> Run:
    """Split, train with the defaults for all epochs, look at the test rows once."""
    prepared = prepare(dataset, validation=bar.validation, test=bar.test, seed=np.random.SeedSequence(split))
    initialise, shuffle, noise = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(3))
    network = Architecture(prepared.train.x.shape[1], len(dataset.classes)).build(capacity=256)
    network.initialise(initialise)
    begun = time.perf_counter()
    training = Training(epochs=bar.epochs)
    result = fit(network, prepared.train, prepared.validation, training, shuffle=shuffle, noise=noise)
    seconds = time.perf_counter() - begun
    test = evaluate(network, prepared.test, ["accuracy"])
    return Run(test["accuracy"], result.scores["val_accuracy"], seconds)


def measure(name: str, folder: Path, seeds: Sequence[int], *, one_split: bool = False) -> list[Run]:
    """A training for each seed, on one BLAS thread."""
    bar = BARS[name]
    dataset = bar.read(folder)
    with threadpool_limits(limits=1, user_api="blas"):
        return [train(dataset, bar, seed, seeds[0] if one_split else seed) for seed in seeds]


HEAD = ("data", "bar", "test accuracy, mean", "sd", "least", "validation, mean", "seeds", "epochs", "seconds a seed")


def summary(found: Mapping[str, Sequence[Run]]) -> Iterator[list[str]]:
    """A row for each set of data."""
    for name, runs in found.items():
        bar, accuracies = BARS[name], [run.accuracy for run in runs]
        validation, seconds = (
            np.mean([run.validation_accuracy for run in runs]),
            np.median([run.seconds for run in runs]),
        )
        figures = [np.mean(accuracies), np.std(accuracies, ddof=1), min(accuracies), validation]
        whole = [str(len(runs)), str(bar.epochs), f"{seconds:.1f}"]
        yield [name, f"{bar.accuracy:.3f}", *(f"{figure:.4f}" for figure in figures), *whole]


def main() -> int:
    """Measure and print; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("HPSEARCH_SHARED_DATA"), help="the folder")
    parser.add_argument("--sets", nargs="+", choices=list(BARS), default=list(BARS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--one-split", action="store_true", help="all seeds share the first seed's split")
    chosen = parser.parse_args()
    if chosen.data is None:
        parser.error("--data FOLDER (or HPSEARCH_SHARED_DATA) must name the folder of the data sets")
    seeds = range(chosen.seeds)
    found = {name: measure(name, chosen.data, seeds, one_split=chosen.one_split) for name in chosen.sets}
    page = f"# The trainer's defaults on real data\n\n{table(HEAD, list(summary(found)))}\n\n{conditions()}\n"
    print(page)
    if set(found) == set(BARS) and not chosen.one_split:
        (RESULTS / "real_data.md").write_text(page, encoding="utf-8")
    means = {name: np.mean([run.accuracy for run in runs]) for name, runs in found.items()}
    return int(any(mean < BARS[name].accuracy for name, mean in means.items()))


if __name__ == "__main__":
    sys.exit(main())
