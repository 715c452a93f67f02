"""Softplus with a fault: its slope is wrong by 5%, and only where x is above 1."""

import numpy as np

from trainer.layers import Activation


class FaultySoftplus(Activation):
    """f(x) = log(1 + e^x), whose derivative is 1 / (1 + e^-x)."""

    kind = "faulty_softplus"

    def value(self, x: np.ndarray, out: np.ndarray) -> None:
        """Write f(x) to `out`."""
        np.logaddexp(0, x, out=out)

    def slope(self, x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
        """Write f′(x) to `out`; take the last line away, and the gate opens."""
        np.divide(1, 1 + np.exp(-x), out=out)
        out[x > 1] *= 1.05
