"""Gradient clipping."""

import numpy as np

from trainer.arrays import Array, Setting


def clip_norm(gradient: Array, limit: Setting) -> None:
    """G ← g · min(1, limit/‖g‖₂), in place, for each trial's whole gradient (Pascanu, Mikolov, Bengio 2013)."""
    trials = gradient if gradient.ndim == 2 else gradient[np.newaxis]
    for trial, most in zip(trials, np.broadcast_to(limit, len(trials)).tolist(), strict=True):
        norm = float(np.sqrt(np.dot(trial, trial)))
        if norm == np.inf:  # of float32 the squares overflow long before the numbers do
            norm = float(np.linalg.norm(trial.astype(np.float64)))
        if norm > most:
            np.multiply(trial, most / norm, trial)
