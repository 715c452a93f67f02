"""A network in a few words, and how to build it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.arrays import Setting
from trainer.checks import (
    require_count,
    require_flag,
    require_fraction,
    require_not_negative,
    require_one_of,
    require_positive,
)
from trainer.errors import TrainerError
from trainer.initializers import INITIALIZERS, initializer_for
from trainer.layers import BatchNorm, Dense, Dropout, Layer
from trainer.losses import LossSettings
from trainer.network import Network
from trainer.penalties import PENALTIES
from trainer.plugins import Plugin, kinds_with

CONTINUOUS = ("dropout", "input_dropout", "l1", "l2", "label_smoothing")
"""The settings in which networks that are trained side by side may differ."""


@dataclass(frozen=True)
class Architecture:
    """A multi-layer perceptron: for each hidden width dense, batch norm, activation, dropout; then dense.

    The defaults, with those of `Training`, were chosen on validation rows: see docs/decisions/006-defaults.md.
    """

    n_in: int
    n_out: int
    hidden: tuple[int, ...] = (256, 256)  # widths; empty: softmax (or linear) regression
    activation: str = "relu"
    batch_norm: bool = True
    dropout: float = 0.0  # probability of dropping a hidden unit, 0 ≤ dropout < 1
    input_dropout: float = 0.0  # probability of dropping an input
    input_groups: tuple[int, ...] | None = None  # of each input: inputs of one group are dropped together
    initializer: str | None = None  # of the hidden layers; None: the usual one for the activation
    l1: float = 0.0  # coefficient · Σ |w| is added to the cost
    l2: float = 0.0  # coefficient/2 · Σ w² is added to the cost
    loss: str = "softmax_cross_entropy"
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    delta: float = 1.0  # of Huber's loss
    plugins: tuple[Plugin, ...] = ()  # where activation, loss, after_activation and penalties may come from
    after_activation: tuple[str, ...] = ()  # layers of plug-ins behind each hidden activation, as wide as it
    penalties: tuple[tuple[str, float], ...] = ()  # of plug-ins: kind and coefficient

    def __post_init__(self) -> None:
        kinds = kinds_with(self.plugins)
        for name in ("n_in", "n_out"):
            require_count(name, getattr(self, name))
        for width in self.hidden:
            require_count("every width in hidden", width)
        require_one_of("activation", self.activation, kinds.activations)
        require_flag("batch_norm", self.batch_norm)
        for name in ("dropout", "input_dropout", "label_smoothing"):
            require_fraction(name, getattr(self, name))
        if self.initializer is not None:
            require_one_of("initializer", self.initializer, INITIALIZERS)
        for name in ("l1", "l2"):
            require_not_negative(name, getattr(self, name))
        require_one_of("loss", self.loss, kinds.losses)
        for layer in self.after_activation:
            require_one_of("every layer in after_activation", layer, kinds.layers)
        for penalty, coefficient in self.penalties:
            require_one_of("every penalty in penalties", penalty, kinds.penalties)
            require_not_negative(f"the coefficient of {penalty}", coefficient)
        require_positive("delta", self.delta)

    def build(self, *, capacity: int, dtype: npt.DTypeLike = np.float32) -> Network:
        """The network, with memory for batches of up to `capacity` rows."""
        return _build([self], (), capacity, dtype)

    @property
    def weights(self) -> int:
        """How many weights the dense layers have."""
        return sum(n_in * n_out for n_in, n_out in pairwise((self.n_in, *self.hidden, self.n_out)))

    def stackable(self) -> "Architecture":
        """What networks must agree on to be trained side by side: the zeros of a setting, not its value."""
        used: dict[str, Any] = {name: 0.5 * (getattr(self, name) > 0) for name in CONTINUOUS}
        return replace(self, **used)


def build_stack(architectures: Sequence[Architecture], *, capacity: int, dtype: npt.DTypeLike = np.float32) -> Network:
    """One network for trials side by side, whose architectures are equal but for `CONTINUOUS` settings."""
    if len({architecture.stackable() for architecture in architectures}) != 1:
        raise TrainerError("only networks of one shape can be trained side by side")
    return _build(architectures, (len(architectures),), capacity, dtype)


def _build(trials: Sequence[Architecture], stack: tuple[int, ...], capacity: int, dtype: npt.DTypeLike) -> Network:
    first = trials[0]

    def setting(name: str) -> Setting:
        values: list[float] = [getattr(trial, name) for trial in trials]
        return values if stack else values[0]

    smoothed = LossSettings(
        setting("label_smoothing") if first.label_smoothing else 0.0, first.class_weights, first.delta
    )
    kinds = kinds_with(first.plugins)
    loss = kinds.losses[first.loss](first.n_out, smoothed)
    plain = kinds.losses[first.loss](first.n_out, LossSettings(delta=first.delta))
    penalties = [PENALTIES[name](setting(name), dtype) for name in PENALTIES]
    penalties += [kinds.penalties[name](coefficient, dtype) for name, coefficient in first.penalties]
    layers = list(_layers(first, setting("dropout"), setting("input_dropout")))
    return Network(layers, loss, penalties, plain_loss=plain, capacity=capacity, dtype=dtype, stack=stack)


def _layers(network: Architecture, dropout: Setting, input_dropout: Setting) -> Iterator[Layer]:
    if network.input_dropout > 0:
        yield Dropout(network.n_in, input_dropout, network.input_groups)
    n_in, kinds = network.n_in, kinds_with(network.plugins)
    for width in network.hidden:
        initializer = initializer_for(network.activation, network.initializer)
        yield Dense(n_in, width, initializer=initializer, bias=not network.batch_norm)
        if network.batch_norm:
            yield BatchNorm(width)
        yield kinds.activations[network.activation](width)
        yield from (kinds.layers[kind](width) for kind in network.after_activation)  # type: ignore[call-arg]  # a plug-in's layer takes its width alone
        if network.dropout > 0:
            yield Dropout(width, dropout)
        n_in = width
    yield Dense(n_in, network.n_out, initializer=initializer_for("identity"))
