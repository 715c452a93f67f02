"""Rows that are kept from training, to judge it."""

import numpy as np
from sklearn.model_selection import train_test_split

from trainer.arrays import Array

FEWEST = 10
"""Fewer rows judge nothing."""


def held_out(rows: int, fraction: float, classes: Array | None, seed: np.random.SeedSequence) -> tuple[Array, Array]:
    """The numbers of the rows to train on, and of those held out: about `fraction` of all, or none if that is few.

    In proportion for `classes` (rows,), where each has two rows or more and fits into both parts.
    """
    count = round(fraction * rows)
    if count < FEWEST or count == rows:
        return np.arange(rows), np.arange(0)
    if classes is not None:
        sizes = np.unique(classes, return_counts=True)[1]
        if sizes.min() < 2 or len(sizes) > min(count, rows - count):
            classes = None
    state = int(seed.generate_state(1)[0])
    train, rest = train_test_split(np.arange(rows), test_size=count, stratify=classes, random_state=state)
    return train, rest
