"""Memory: what a training may take, and that its steps take no more."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from trainer import Architecture, Fitting, Network, Training
from trainer.arrays import calmly
from trainer.batches import Batches
from trainer.data import Rows
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES
from trainer.optimizers import OPTIMIZERS

LARGE = Architecture(3072, 10, (2000, 800), dropout=0.5, l2=1e-4)
BATCH = 256
FLOAT = 4  # bytes
SMALL_ARRAY = 4096  # bytes, the most that a step may allocate at once


def some_rows(count: int, architecture: Architecture) -> Rows:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, architecture.n_in), dtype=np.float32)
    targets = np.eye(architecture.n_out, dtype=np.float32)[rng.integers(0, architecture.n_out, count)]
    return Rows(x, targets)


def fitting_of(architecture: Architecture, **settings: object) -> Fitting:
    training = Training(**{"batch_size": BATCH, "epochs": 1, **settings})
    network = architecture.build(capacity=training.batch_size)
    network.initialise(np.random.default_rng(0))
    return Fitting(network, [training], shuffle=[np.random.default_rng(1)], noise=[np.random.default_rng(2)])


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def activations_of_one_batch(network: Network) -> int:
    """Input and output of every layer, in bytes."""
    widths = [network.layers[0].n_in, *(layer.n_out for layer in network.layers)]
    return FLOAT * BATCH * sum(widths)


@pytest.mark.parametrize(("optimizer", "vectors"), [("momentum", 3), ("adam", 4)])
def test_a_large_training_peaks_at_its_data_vectors_and_activations(optimizer: str, vectors: int) -> None:
    found: list[Fitting] = []
    data: list[Rows] = []

    def train() -> None:
        data.append(some_rows(1024, LARGE))
        found.append(fitting_of(LARGE, optimizer=optimizer))
        found[0].fit(data[0])

    peak = peak_of(train)
    network = found[0].network
    expected = data[0].x.nbytes + data[0].targets.nbytes
    expected += vectors * network.parameters.nbytes + activations_of_one_batch(network)
    assert peak <= 1.1 * expected


CASES = [
    *({"activation": activation} for activation in ACTIVATIONS),
    *({"loss": loss} for loss in LOSSES),
    {"batch_norm": False, "l1": 0.1},
    {"input_dropout": 0.2, "label_smoothing": 0.1},
]
SETTINGS = [
    *({"optimizer": optimizer} for optimizer in OPTIMIZERS),
    {"clip": 1.0},
    {"schedule": "cosine", "warmup": 1.0},
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_step_allocates_an_array(case: dict[str, object]) -> None:
    architecture = Architecture(300, 40, (200, 100), **{"dropout": 0.3, "l2": 1e-4, **case})
    assert_steps_allocate_nothing(architecture)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_no_optimizer_allocates_an_array(settings: dict[str, object]) -> None:
    assert_steps_allocate_nothing(Architecture(300, 40, (200, 100), dropout=0.3, l2=1e-4), **settings)


def assert_steps_allocate_nothing(architecture: Architecture, **settings: object) -> None:
    """In an epoch after the first, no more than small arrays is ever in use beyond what was before."""
    fitting = fitting_of(architecture, batch_size=64, **settings)
    rows = some_rows(256, architecture)
    batches = Batches(rows, 64, ())
    with calmly():
        fitting.train_epoch(batches)
        tracemalloc.start()
        try:
            fitting.train_epoch(batches)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            fitting.train_epoch(batches)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    order = 8 * len(rows.x)
    assert peak - before <= order + 2 * SMALL_ARRAY
