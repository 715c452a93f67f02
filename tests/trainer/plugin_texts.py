"""Plug-ins for tests: one of each kind, right and wrong."""

SWISH = """
import numpy as np
from trainer.layers import Activation


class Swish(Activation):
    kind = "swish"

    def value(self, x, out):
        np.divide(x, 1 + np.exp(-x), out=out)

    def slope(self, x, y, out):
        sigmoid = 1 / (1 + np.exp(-x))
        np.add(sigmoid, y * (1 - sigmoid), out=out)
"""

SUBTLY_WRONG = SWISH.replace(
    "        np.add(sigmoid, y * (1 - sigmoid), out=out)\n",
    "        np.add(sigmoid, y * (1 - sigmoid), out=out)\n        out[np.abs(x) > 2] *= 1.01\n",
)
"""Right at 0, wrong by 1% where |x| > 2."""

OTHERS = '''
import numpy as np
from trainer.layers import Layer
from trainer.losses import Loss
from trainer.parts import ROWS, Buffer
from trainer.penalties import Penalty


class Scale(Layer):
    """y = s x, with a trained s a column."""

    kind = "scale"

    def __init__(self, n):
        super().__init__(n, n)

    def tensors(self):
        return {"s": (1, self.n_out)}

    def initialise(self, rng, trial):
        self.s[*trial] = 1.0

    def forward(self, x, *, train):
        self.x = x.copy()
        return x * self.s

    def backward(self, dy):
        self.ds[...] = (dy * self.x).sum(axis=-2, keepdims=True)
        return dy * self.s


class Brier(Loss):
    """Σ (z − t)², of scores that are taken for probabilities."""

    kind = "brier"
    task = "classification"

    def losses(self, scores, targets, out):
        out[...] = np.square(scores - targets).sum(axis=-1, keepdims=True)

    def slopes(self, scores, targets, out):
        np.multiply(2, scores - targets, out=out)

    def predict(self, scores):
        return np.clip(scores, 0, 1)


class FourthPower(Penalty):
    """coefficient · Σ w⁴."""

    kind = "fourth_power"

    def value(self, weights):
        return self._scaled((weights**4).sum(axis=-1))

    def add_gradient(self, weights, gradient, work):
        np.multiply(4 * self._coefficient, weights**3, out=work)
        np.add(gradient, work, out=gradient)
'''
