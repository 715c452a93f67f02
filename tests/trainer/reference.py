"""A slow, obvious twin of the trainer: reverse-mode differentiation of textbook formulas, in float64.

Nothing here is shared with the code under test. A `Value` remembers from what it was made, and how a gradient
flows back to it (Baydin, Pearlmutter, Radul, Siskind 2018, section 3.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Flow = Callable[[Array], Array]


class Value:
    """An array and, once `backward` was called on what depends on it, the gradient there."""

    def __init__(self, data: npt.ArrayLike, parents: tuple[tuple["Value", Flow], ...] = ()) -> None:
        self.data = np.asarray(data, dtype=np.float64)
        self.parents = parents
        self.gradient = np.zeros_like(self.data)

    def __add__(self, other: "Value | npt.ArrayLike") -> "Value":
        other = lift(other)
        return Value(self.data + other.data, ((self, lambda g: g), (other, lambda g: g)))

    def __mul__(self, other: "Value | npt.ArrayLike") -> "Value":
        other = lift(other)
        return Value(self.data * other.data, ((self, lambda g: g * other.data), (other, lambda g: g * self.data)))

    def __pow__(self, power: float) -> "Value":
        return Value(self.data**power, ((self, lambda g: g * power * self.data ** (power - 1)),))

    def __matmul__(self, other: "Value | npt.ArrayLike") -> "Value":
        other = lift(other)
        return Value(self.data @ other.data, ((self, lambda g: g @ other.data.T), (other, lambda g: self.data.T @ g)))

    def __sub__(self, other: "Value | npt.ArrayLike") -> "Value":
        return self + lift(other) * -1.0

    def __rsub__(self, other: "Value | npt.ArrayLike") -> "Value":
        return lift(other) - self

    def __truediv__(self, other: "Value | npt.ArrayLike") -> "Value":
        return self * lift(other) ** -1.0

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> "Value":
        value = np.exp(self.data)
        return Value(value, ((self, lambda g: g * value),))

    def log(self) -> "Value":
        return Value(np.log(self.data), ((self, lambda g: g / self.data),))

    def tanh(self) -> "Value":
        value = np.tanh(self.data)
        return Value(value, ((self, lambda g: g * (1 - value**2)),))

    def abs(self) -> "Value":
        return Value(np.abs(self.data), ((self, lambda g: g * np.sign(self.data)),))

    def sum(self, axis: int | None = None) -> "Value":
        return Value(self.data.sum(axis=axis, keepdims=True), ((self, lambda g: np.broadcast_to(g, self.data.shape)),))

    def mean(self, axis: int | None = None) -> "Value":
        total = self.sum(axis)
        return total * (total.data.size / self.data.size)

    def where(self, condition: Array, other: "Value | npt.ArrayLike") -> "Value":
        """This where the condition holds, the other elsewhere."""
        other = lift(other)
        flows = ((self, lambda g: g * condition), (other, lambda g: g * ~condition))
        return Value(np.where(condition, self.data, other.data), flows)

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[int] = set()

        def visit(value: Value) -> None:
            if id(value) not in seen:
                seen.add(id(value))
                for parent, _ in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        self.gradient = np.ones_like(self.data)
        for value in reversed(order):
            for parent, flow in value.parents:
                parent.gradient = parent.gradient + _summed(flow(value.gradient), parent.data.shape)


def lift(value: "Value | npt.ArrayLike") -> Value:
    return value if isinstance(value, Value) else Value(value)


def _summed(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1 and gradient.shape[axis] != 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return np.broadcast_to(gradient, shape)


ACTIVATIONS: Mapping[str, Callable[[Value], Value]] = {
    "relu": lambda x: x.where(x.data > 0, 0.0),
    "leaky_relu": lambda x: x.where(x.data > 0, x * 0.01),
    "elu": lambda x: x.where(x.data > 0, x.where(x.data < 0, 0.0).exp() - 1.0),
    "gelu": lambda x: x * 0.5 * (1.0 + ((x + x * x * x * 0.044715) * np.sqrt(2 / np.pi)).tanh()),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: (1.0 + (x * -1.0).exp()) ** -1.0,
    "identity": lambda x: x,
}


@dataclass(frozen=True)
class Settings:
    smoothing: float
    class_weights: Array
    delta: float


def softmax_cross_entropy(z: Value, t: Array, settings: Settings) -> Value:
    classes = t.shape[1]
    shifted = z - z.data.max(axis=1, keepdims=True)
    log_probabilities = shifted - shifted.exp().sum(axis=1).log()
    wanted = (1 - settings.smoothing) * t + settings.smoothing / classes
    return (log_probabilities * wanted).sum(axis=1) * -1.0 * (t @ settings.class_weights)[:, np.newaxis]


def logistic_cross_entropy(z: Value, t: Array, settings: Settings) -> Value:
    probability = (1.0 + (z * -1.0).exp()) ** -1.0
    wanted = (1 - settings.smoothing) * t + settings.smoothing / 2
    losses = (probability.log() * wanted + (1.0 - probability).log() * (1 - wanted)) * -1.0
    weight = (
        settings.class_weights[0] * (1 - t) + settings.class_weights[1] * t
        if t.shape[1] == 1
        else settings.class_weights
    )
    return (losses * weight).mean(axis=1)


def mean_squared_error(z: Value, t: Array, _settings: Settings) -> Value:
    return ((z - t) ** 2).mean(axis=1)


def huber(z: Value, t: Array, settings: Settings) -> Value:
    r = z - t
    return (
        (r * r * 0.5)
        .where(np.abs(r.data) <= settings.delta, (r.abs() - settings.delta / 2) * settings.delta)
        .mean(axis=1)
    )


LOSSES = {rule.__name__: rule for rule in (softmax_cross_entropy, logistic_cross_entropy, mean_squared_error, huber)}
PENALTIES: Mapping[str, Callable[[Value], Value]] = {
    "l1": lambda w: w.abs().sum(),
    "l2": lambda w: (w * w).sum() * 0.5,
}


def batch_norm(x: Value, gamma: Value, beta: Value) -> Value:
    centred = x - x.mean(axis=0)
    variance = (centred * centred).mean(axis=0)
    return centred * (variance + 1e-5) ** -0.5 * gamma + beta
