"""Gradient clipping."""

import numpy as np

from trainer.arrays import Array, Setting


def clip_norm(gradient: Array, limit: Setting) -> None:
    """G ← g · min(1, limit/‖g‖₂), in place, for each trial's whole gradient (Pascanu, Mikolov, Bengio 2013)."""
    for trial, most in zip(np.atleast_2d(gradient), np.broadcast_to(limit, gradient.shape[:-1] or (1,)), strict=True):
        norm = float(np.sqrt(np.dot(trial, trial)))
        if norm > most:
            np.multiply(trial, most / norm, out=trial)
