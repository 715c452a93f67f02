"""Scores as targets for a model."""

import numpy as np

from hpsearch.samplers.base import Array

OFFSET = 1.0  # how far beyond the best the logarithm has its pole, in distances from the best to the median
CLIP = 1.0  # how far beyond the median a trial can look, in distances from the best to the median as targets


def targets(scores: Array) -> Array:
    """Targets (n,) of scores (n,), smaller is better; NaN for a trial that did not complete: it looks as bad as can be.

    A logarithm spreads what lies near the best. It is taken of the distance from just beyond the best, so that adding
    to all scores or multiplying them changes nothing: they may be negative, as those of a metric to be maximised.
    At least one trial must have completed.
    """
    completed = scores[np.isfinite(scores)]
    best = completed.min()
    spread = np.median(completed) - best
    logs = np.log((scores - best) / (spread if spread > 0 else 1.0) + OFFSET)
    worst = (1 + CLIP) * np.log(1 + OFFSET) - CLIP * np.log(OFFSET)
    clipped: Array = np.minimum(np.where(np.isfinite(logs), logs, worst), worst)
    standardised: Array = (clipped - clipped.mean()) / max(float(clipped.std()), 1e-12)
    return standardised
