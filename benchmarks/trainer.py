"""How fast the trainer is, against PyTorch and scikit-learn, in one run.

    python -m benchmarks.trainer [--rounds 15] [--sizes tiny small]

Every round lets each contender train for about as long on one BLAS thread, one after the other; a ratio is the
median, over the rounds, of the ratio within a round, so that a machine busy with other things slows both sides.
What is timed are full training steps on shuffled mini-batches of float32 data in memory: gathering the batch,
drawing the dropout masks, forward, backward, optimizer, running statistics; no evaluation. The peers run in the
forms that their documentation recommends, PyTorch with each of its three optimizer implementations.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.pages import RESULTS, table
from trainer import Architecture, Fitting, Training, build_stack
from trainer.arrays import calmly
from trainer.batches import Batches
from trainer.data import Rows

TITLE = "# How fast the trainer is\n\n"
TURN = 0.25  # seconds that a contender trains in each round
RATE, BETA, L2, DROPOUT = 0.01, 0.9, 1e-4, 0.5


@dataclass(frozen=True)
class Size:
    """A network and its batch."""

    name: str
    widths: tuple[int, ...]
    batch: int
    rows: int
    stacks: tuple[int, ...] = ()

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs (rows, n_in) and labels (rows,)."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.rows, self.widths[0]), dtype=np.float32)
        return x, rng.integers(0, self.widths[-1], self.rows)

    @property
    def steps(self) -> int:
        """The steps of an epoch."""
        return self.rows // self.batch


SIZES = (
    Size("tiny", (64, 32, 10), 32, 4096, (8, 32)),
    Size("small", (64, 64, 64, 10), 64, 8192, (8, 32)),
    Size("medium", (784, 256, 128, 10), 128, 4096),
    Size("large", (3072, 2000, 800, 10), 256, 1024),
)


@dataclass(frozen=True)
class Contender:
    """Something that trains for an epoch of one trial (or of `trials`) when called."""

    name: str
    regularised: bool  # with batch norm and dropout
    optimizer: str
    epoch: Callable[[], object]
    trials: int = 1


def ours(size: Size, optimizer: str, *, regularised: bool, stack: int = 0) -> Contender:
    """The project's trainer; with `stack`, so many trials side by side."""
    x, y = size.data()
    rows = Rows(x, np.eye(size.widths[-1], dtype=np.float32)[y])
    architecture = Architecture(
        size.widths[0],
        size.widths[-1],
        size.widths[1:-1],
        batch_norm=regularised,
        dropout=DROPOUT if regularised else 0.0,
        l2=L2,
    )
    count = max(1, stack)
    network = (
        build_stack([architecture] * stack, capacity=size.batch) if stack else architecture.build(capacity=size.batch)
    )
    network.initialise(*(np.random.default_rng(trial) for trial in range(count)))
    training = Training(optimizer=optimizer, learning_rate=RATE, beta=BETA, batch_size=size.batch)
    shuffle, noise = ([np.random.default_rng([purpose, trial]) for trial in range(count)] for purpose in (1, 2))
    fitting = Fitting(network, [training] * count, shuffle=shuffle, noise=noise)
    batches = Batches(rows, size.batch, network.stack)
    name = f"trainer, {stack} side by side" if stack else "trainer"

    def epoch() -> None:
        with calmly():
            fitting.train_epoch(batches)

    return Contender(name, regularised, optimizer, epoch, count)


def pytorch(size: Size, optimizer: str, variant: str) -> Contender:
    """PyTorch, eager, with one of its implementations of the optimizer: default, foreach or fused."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers: list[Any] = []
    for n_in, n_out in zip(size.widths[:-2], size.widths[1:-1], strict=True):
        layers += [torch.nn.Linear(n_in, n_out, bias=False), torch.nn.BatchNorm1d(n_out)]
        layers += [torch.nn.ReLU(), torch.nn.Dropout(DROPOUT)]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(size.widths[-2], size.widths[-1]))
    weights = [parameter for parameter in model.parameters() if parameter.ndim == 2]
    others = [parameter for parameter in model.parameters() if parameter.ndim != 2]
    groups = [{"params": weights, "weight_decay": L2}, {"params": others, "weight_decay": 0.0}]
    flags = {} if variant == "default" else {variant: True}
    if optimizer == "momentum":
        steps: Any = torch.optim.SGD(groups, lr=RATE, momentum=BETA, **flags)
    else:
        steps = torch.optim.Adam(groups, lr=RATE, betas=(BETA, 0.999), **flags)
    cost = torch.nn.CrossEntropyLoss()
    x, y = (torch.from_numpy(part) for part in size.data())

    def epoch() -> None:
        order = torch.randperm(len(x))
        for start in range(0, len(x), size.batch):
            batch = order[start : start + size.batch]
            steps.zero_grad(set_to_none=True)
            cost(model(x[batch]), y[batch]).backward()
            steps.step()

    return Contender(f"PyTorch {variant}", regularised=True, optimizer=optimizer, epoch=epoch)


def scikit_learn(size: Size, optimizer: str) -> Contender:
    """scikit-learn's own multi-layer perceptron."""
    from sklearn.neural_network import MLPClassifier

    solver = {"momentum": "sgd", "adam": "adam"}[optimizer]
    x, y = size.data()
    model = MLPClassifier(
        size.widths[1:-1],
        solver=solver,
        alpha=L2 * size.batch,  # it divides its penalty by the rows of the batch
        batch_size=size.batch,
        learning_rate_init=RATE,
        momentum=BETA,
        nesterovs_momentum=False,
    )
    classes = np.unique(y)
    return Contender(
        "scikit-learn", regularised=False, optimizer=optimizer, epoch=lambda: model.partial_fit(x, y, classes=classes)
    )


def products(size: Size) -> Contender:
    """The matrix products of a training step and nothing else: the floor."""
    rng = np.random.default_rng(0)
    calls = []
    for index, (n_in, n_out) in enumerate(zip(size.widths[:-1], size.widths[1:], strict=True)):
        x, weights, dy = (
            rng.standard_normal(shape, dtype=np.float32)
            for shape in ((size.batch, n_in), (n_in, n_out), (size.batch, n_out))
        )
        calls += [(x, weights, np.empty_like(dy)), (x.T, dy, np.empty_like(weights))]
        if index:
            calls.append((dy, weights.T, np.empty_like(x)))

    def epoch() -> None:
        for _ in range(size.steps):
            for left, right, out in calls:
                np.dot(left, right, out=out)

    return Contender("products alone", regularised=True, optimizer="", epoch=epoch)


def contenders(size: Size) -> Iterator[Contender]:
    """Everything that is measured at a size."""
    yield products(size)
    for optimizer in ("momentum", "adam"):
        yield ours(size, optimizer, regularised=True)
        if find_spec("torch"):
            yield from (pytorch(size, optimizer, variant) for variant in ("default", "foreach", "fused"))
        yield from (ours(size, optimizer, regularised=True, stack=stack) for stack in size.stacks)
        yield ours(size, optimizer, regularised=False)
        yield scikit_learn(size, optimizer)


def measure(size: Size, rounds: int) -> pd.DataFrame:
    """Microseconds a step of one trial, for each contender and round."""
    field = list(contenders(size))
    epochs = [max(1, round(TURN / _seconds(contender, 1))) for contender in field]
    rows = [
        {
            "size": size.name,
            "round": number,
            "contender": contender.name,
            "regularised": contender.regularised,
            "optimizer": contender.optimizer,
            "us_per_step": 1e6 * _seconds(contender, count) / (count * size.steps * contender.trials),
            "batch": size.batch,
        }
        for number in range(rounds)
        for contender, count in zip(field, epochs, strict=True)
    ]
    frame = pd.DataFrame(rows)
    frame["samples_per_s"] = 1e6 * frame["batch"] / frame["us_per_step"]
    return frame


def _seconds(contender: Contender, epochs: int) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        for _ in range(epochs):
            contender.epoch()
        return time.perf_counter() - start


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Medians, and paired ratios to the trainer's own time in the same round."""
    keys = ["size", "regularised", "optimizer"]
    trainer = frame[frame["contender"] == "trainer"].set_index([*keys, "round"])["us_per_step"].sort_index()
    floor = frame[frame["contender"] == "products alone"].set_index(["size", "round"])["us_per_step"]
    lines = []
    for group, rows in frame[frame["optimizer"] != ""].groupby([*keys, "contender"], sort=False):
        size, regularised, optimizer, contender = group
        own = trainer.loc[size, regularised, optimizer]
        time_of = rows.set_index("round")["us_per_step"]
        lines.append(
            {
                "size": size,
                "batch norm, dropout": "yes" if regularised else "no",
                "optimizer": optimizer,
                "contender": contender,
                "µs/step": time_of.median(),
                "samples/s": rows["samples_per_s"].median(),
                "× the trainer's time": (time_of / own).median(),
                "share of matrix products": (floor.loc[size] / time_of).median(),
            }
        )
    return pd.DataFrame(lines)


def markdown(frame: pd.DataFrame) -> str:
    """The summary as a Markdown table."""
    formats = {
        "µs/step": "{:.1f}",
        "samples/s": "{:,.0f}",
        "× the trainer's time": "{:.2f}",
        "share of matrix products": "{:.0%}",
    }
    rows = [[formats.get(name, "{}").format(value) for name, value in row.items()] for row in frame.to_dict("records")]
    return table(list(frame.columns), rows) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--sizes", nargs="+", choices=[size.name for size in SIZES], default=[size.name for size in SIZES]
    )
    options = parser.parse_args(arguments)
    if not find_spec("torch"):
        print("PyTorch is not installed (pip install 'hpsearch[bench]'), so it is left out.")
    frames = []
    for size in SIZES:
        if size.name in options.sizes:
            frames.append(measure(size, options.rounds))
            print(markdown(summary(frames[-1])), flush=True)
    frame = pd.concat(frames)
    if set(options.sizes) == {size.name for size in SIZES} and find_spec("torch"):  # else it is not the whole
        frame.to_parquet(RESULTS / "trainer.parquet", index=False)
        (RESULTS / "trainer.md").write_text(TITLE + markdown(summary(frame)), encoding="utf-8")


if __name__ == "__main__":
    main()
