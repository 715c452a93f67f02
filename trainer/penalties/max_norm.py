"""The max-norm constraint."""

import numpy as np

from trainer.arrays import Array, Setting, constant


class MaxNorm:
    """After each step, every unit's incoming weights with ‖w‖₂ > limit are scaled back to ‖w‖₂ = limit.

    A projection, not a cost (Srebro, Shraibman 2005; for networks Srivastava, Hinton, Krizhevsky, Sutskever,
    Salakhutdinov 2014, section 5.1). An infinite limit leaves the weights exactly as they are.
    """

    def __init__(self, limit: Setting) -> None:
        self._limit = limit

    def project(self, weights: Array, work: Array) -> None:
        """Scale the columns of W (n_in, n_out) in place; `work` has the shape of W and is overwritten."""
        limit = constant(self._limit, weights.dtype, axes=2)
        np.multiply(weights, weights, out=work)
        norms = np.sqrt(work.sum(axis=-2, keepdims=True))  # (1, n_out)
        np.maximum(norms, limit, out=norms)
        factors = np.divide(limit, norms, out=np.ones_like(norms), where=np.isfinite(limit))
        np.multiply(weights, factors, out=weights)
