"""The data sets that come with scikit-learn."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from trainer.data.dataset import Dataset


def _load(name: str) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    return Dataset(
        name=name,
        x=bunch.data.astype(np.float64),
        y=bunch.target.astype(np.int64),
        classes=tuple(str(label) for label in bunch.target_names),
    )


BUNDLED: Mapping[str, partial[Dataset]] = {
    name: partial(_load, name) for name in ("digits", "breast_cancer", "iris", "wine")
}
"""Loaders by name: 8×8 digits (UCI, E. Alpaydin, C. Kaynak), breast cancer (UCI Wisconsin), iris, wine (UCI)."""
