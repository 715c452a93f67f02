"""The figures that the literature gives for gradient checks on MNIST."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from trainer import Architecture
from trainer.gradcheck import Batch, Settings, check

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

FULL = Settings(coordinates=None)


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> Batch:
    """Eight images with pixels in [0, 1], and their digits."""
    with gzip.open(shared_data / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + 8 * 784)[16:], np.uint8).reshape(8, 784) / 255
    with gzip.open(shared_data / "t10k-labels-idx1-ubyte.gz") as file:
        digits = np.frombuffer(file.read(8 + 8)[8:], np.uint8)
    return Batch(images, np.eye(10)[digits])


@pytest.mark.shared_data
@pytest.mark.timeout(600)
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_every_parameter_of_a_network_for_mnist_agrees_to_the_literatures_figures(activation: str, rows: Batch) -> None:
    architecture = Architecture(784, 10, (50,), activation, batch_norm=False)
    report = check(lambda dtype: architecture.build(capacity=8, dtype=dtype), rows, np.random.default_rng(0), FULL)
    assert report.passed
    assert report.error <= 1e-8
    assert all(tensor.mean_absolute_difference <= 1e-9 for tensor in report.tensors)
