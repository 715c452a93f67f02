"""The cost as a surface over what it depends on, near one point: what a gradient check measures."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array
from trainer.gradcheck.probes import Probe
from trainer.network import Network
from trainer.penalties import Penalty

Build = Callable[[npt.DTypeLike], Network]
"""Gives the network to check with numbers of this type; called anew for each type that is needed."""
Look = tuple[float, Sequence[Array]]
"""A cost, and on which side of each kink it was found."""


@dataclass(frozen=True)
class Batch:
    """What a cost is taken on: x (rows, n_in), targets (rows, n_out), weights (rows, 1) or None."""

    x: Array
    targets: Array
    weights: Array | None = None

    def of_type(self, dtype: npt.DTypeLike) -> "Batch":
        """The same numbers, of another type."""
        weights = None if self.weights is None else self.weights.astype(dtype)
        return Batch(self.x.astype(dtype), self.targets.astype(dtype), weights)


class Surface(ABC):
    """A cost over named variables, each a flat view that may be moved in place, with the gradient to be judged."""

    name: str
    values: Mapping[str, Array]
    gradients: Mapping[str, Array]
    cost: float
    steps: tuple[float, ...]
    """The h of differences: the first, and smaller ones for where that straddles a kink."""

    @abstractmethod
    def look(self, variable: str) -> Look:
        """The cost where a variable is now; all others are where they were at first."""

    @abstractmethod
    def slopes(self, variable: str, probes: Sequence[Probe], *, nudged: bool = False) -> Array:
        """The slopes by complex step: exact but for rounding, and without any step that could straddle a kink.

        Im J(θ + ihd)/h (W. Squire, G. Trapp 1998). Only where `analytic`. `nudged`: with every parameter changed
        in its last bit, which shows the rounding.
        """

    @property
    @abstractmethod
    def analytic(self) -> bool:
        """Whether the cost can be taken at complex numbers."""

    def kinked(self, variable: str, move: Array) -> Array | None:
        """Which elements of a move straddle a kink each by itself; None if that cannot be told."""
        return None

    @cached_property
    def norm(self) -> float:
        """Of all gradients together."""
        return float(np.sqrt(sum(float(np.vdot(each, each)) for each in self.gradients.values())))

    def noise(self, variable: str) -> float:
        """How far rounding alone moves the gradient of a variable, as a norm."""
        return 0.0

    @property
    def flow(self) -> float:
        """The norm of all that back-propagation hands from layer to layer: a gradient may be what little is left."""
        return 0.0


COMPLEX_STEP = 1e-30


def freeze(network: Network, rows: int, masks: int | None) -> None:
    """Draw dropout's masks by a seed of their own, or drop nothing."""
    network.forget()
    if masks is None:
        network.keep_all(rows)
    else:
        network.draw([np.random.default_rng(masks)], rows)


class LossSurface(Surface):
    """The mean loss of a batch over the tensors of a network, and over what enters each layer, in training mode.

    `masks` is the seed of dropout's masks, which stay the same; None: nothing is dropped. Moving what stands
    late in a network needs only the layers behind it, so what enters each layer is kept.
    """

    def __init__(self, name: str, network: Network, batch: Batch, masks: int | None, build: Build) -> None:
        self.name, self.network, self.batch, self.masks, self._build = name, network, batch, masks, build
        freeze(network, len(batch.x), masks)
        self._keep_inputs()
        self._starts = {name: network.names.index(name.split(".")[0]) for name in network.tensors}
        self._starts |= {f"into {name}": index for index, name in enumerate([*network.names, "loss"])}
        self.values = {name: tensor.value.reshape(-1) for name, tensor in network.tensors.items()}
        self.values |= {
            f"into {name}": x.reshape(-1) for name, x in zip([*network.names, "loss"], self.inputs, strict=True)
        }

    def _keep_inputs(self) -> None:
        """Forward, keeping a copy of what enters each layer and, last, the loss."""
        x = self.batch.x.copy()
        self.inputs = []
        for layer in self.network.layers:
            self.inputs.append(x.copy())
            x = layer.forward(x, train=True)
        self.inputs.append(x.copy())

    def differentiate(self, step: float) -> "LossSurface":
        """Set `cost` and, by back-propagation, the `gradients` of the tensors; before anything was moved."""
        self.steps = (step, step / 10)
        network, batch = self.network, self.batch
        network.poison()
        network.backpropagate(self.inputs[-1], batch.targets, batch.weights)
        self.gradients = {name: tensor.gradient.reshape(-1) for name, tensor in network.tensors.items()}
        self.cost = float(network.loss.value(self.inputs[-1], batch.targets, batch.weights))
        return self

    def signals(self) -> Mapping[str, Array]:
        """By back-propagation, the gradients of what enters the loss and each layer that hands them on."""
        network, batch = self.network, self.batch
        scores = network.forward(batch.x.copy(), train=True)
        network.poison()
        dy = network.dscores
        network.loss.gradient(scores, batch.targets, dy, batch.weights)
        found = {"into loss": dy.reshape(-1).copy()}
        for name, layer in zip(reversed(network.names), reversed(network.layers), strict=True):
            dy = layer.backward(dy)
            if not layer.input_gradient:
                break
            found[f"into {name}"] = dy.reshape(-1).copy()
        return found

    def look(self, variable: str) -> Look:
        start = self._starts[variable]
        cost = float(self._cost(start))
        parts = (*self.network.layers[start:], self.network.loss)
        return cost, [pattern for part in parts if (pattern := part.pattern()) is not None]

    def _cost(self, start: int) -> Array:
        x = self.inputs[start].copy()  # a layer may overwrite what it is given
        for layer in self.network.layers[start:]:
            x = layer.forward(x, train=True)
        return self.network.loss.value(x, self.batch.targets, self.batch.weights)

    def noise(self, variable: str) -> float:
        return self._noise[variable]

    @cached_property
    def flow(self) -> float:
        return float(np.sqrt(sum(float(np.vdot(each, each)) for each in self.signals().values())))

    @cached_property
    def _noise(self) -> Mapping[str, float]:
        """Measured: what a change of every parameter in its last bit makes of the gradients."""
        network = self.network
        parameters, here = network.parameters.copy(), self._all_gradients()
        np.nextafter(parameters, np.inf, out=network.parameters)
        there = self._all_gradients()
        network.parameters[...] = parameters
        self._all_gradients()
        return {name: float(np.linalg.norm(there[name] - here[name])) for name in here}

    def _all_gradients(self) -> Mapping[str, Array]:
        return {**self.signals(), **{name: tensor.gradient.flatten() for name, tensor in self.network.tensors.items()}}

    @property
    def analytic(self) -> bool:
        return all(part.analytic for part in (*self.network.layers, self.network.loss))

    @cached_property
    def _twin(self) -> "LossSurface":
        """The same surface over complex numbers."""
        network = self._build(np.complex128)
        network.parameters[...] = self.network.parameters
        return LossSurface(self.name, network, self.batch.of_type(np.complex128), self.masks, self._build)

    def slopes(self, variable: str, probes: Sequence[Probe], *, nudged: bool = False) -> Array:
        if not nudged:
            return self._twin.imaginary_slopes(variable, probes)
        network = self._twin.network
        here = network.parameters.copy()
        network.parameters[...] = np.nextafter(here.real, np.inf)
        try:
            near = LossSurface(self.name, network, self._twin.batch, self.masks, self._build)
            return near.imaginary_slopes(variable, probes)
        finally:
            network.parameters[...] = here

    def imaginary_slopes(self, variable: str, probes: Sequence[Probe]) -> Array:
        """The slopes of a surface over complex numbers."""
        slopes = []
        for probe in probes:
            part = self.values[variable][probe.place].imag
            part[...] = probe.move(COMPLEX_STEP)
            slopes.append(float(self._cost(self._starts[variable]).imag) / COMPLEX_STEP)
            part[...] = 0
        return np.array(slopes)


PENALTY_STEPS = (1e-2, 1e-3, 1e-4, 1e-5)
"""Penalties are sums of very many terms, but nearly straight or quadratic: a large h is exact and rounds least."""


class PenaltySurface(Surface):
    """One penalty over each tensor of weights by itself.

    Its `coefficient` should be about 1, so that nothing drowns, but not just 1: there a gradient that
    forgets the coefficient is right.
    """

    def __init__(self, penalty: Penalty, network: Network, coefficient: float) -> None:
        self.name, self._penalty, self.steps = penalty.kind, penalty, PENALTY_STEPS
        penalty.coefficient = self.coefficient = coefficient
        tensors = [tensor for tensor in network.tensors.values() if tensor.penalised]
        self.values = {tensor.name: tensor.value.reshape(-1) for tensor in tensors}
        self.cost = float(penalty.value(network.weights))

    def differentiate(self) -> "PenaltySurface":
        """Set the `gradients`."""
        self.gradients = {name: self._gradient(value) for name, value in self.values.items()}
        return self

    def _gradient(self, weights: Array) -> Array:
        """What is added to a gradient that is there already, by way of scratch memory that holds no numbers."""
        gradient = np.ones_like(weights)
        self._penalty.add_gradient(weights, gradient, np.full_like(weights, np.nan))
        gradient -= 1
        return gradient

    def look(self, variable: str) -> Look:
        weights = self.values[variable]
        pattern = self._penalty.pattern(weights)
        return float(self._penalty.value(weights)), [] if pattern is None else [pattern]

    def kinked(self, variable: str, move: Array) -> Array | None:
        weights = self.values[variable]
        above = self._penalty.pattern(weights + move)
        if above is None:
            return None
        straddles: Array = above != self._penalty.pattern(weights - move)
        return straddles

    @property
    def analytic(self) -> bool:
        return self._penalty.analytic

    def slopes(self, variable: str, probes: Sequence[Probe], *, nudged: bool = False) -> Array:
        slopes = []
        for probe in probes:
            weights = self.values[variable].astype(np.complex128)
            weights[probe.place].imag[...] = probe.move(COMPLEX_STEP)
            slopes.append(float(self._penalty.value(weights).imag) / COMPLEX_STEP)
        return np.array(slopes)
