"""What an optimizer is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting, aligned_zeros, constant
from trainer.network import Network

BLOCK = 65536
"""Numbers updated at once: a block of parameters, gradient and state stays in the cache from pass to pass."""


@dataclass(frozen=True)
class Rates:
    """What a rule of update is told beside the learning rate; each optimizer takes what it knows."""

    beta: Setting = 0.9
    beta2: Setting = 0.999
    epsilon: Setting = 1e-8
    weight_decay: Setting = 0.01


@dataclass(frozen=True)
class Block:
    """One piece of the flat vectors: views (…, n); the weights are those that penalties act on."""

    parameters: Array
    gradient: Array
    work: Array
    slots: tuple[Array, ...]
    weights: Array
    weight_gradient: Array
    weight_work: Array


class Optimizer(ABC):
    """Moves a network's parameters against its gradient, block by block.

    A rule names its state in `slots` (vectors as long as the parameters), sets what changes from step to step in
    `prepare`, and changes one block in `update`. Gradients of penalties are added on the way.
    """

    kind: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    """The fields of `Rates` that the rule knows."""

    def __init__(self, network: Network, rates: Rates | None = None) -> None:
        self.rates = rates or Rates()
        self.dtype = network.dtype
        self.steps = 0
        self.state = {name: aligned_zeros(network.parameters.shape, network.dtype) for name in self.slots}
        self.penalties = [penalty for penalty in network.penalties if penalty.active]
        self.learning_rate = np.zeros((*network.stack, 1) if network.stack else (), network.dtype)
        self.blocks = tuple(self._blocks(network))

    def _blocks(self, network: Network) -> Iterator[Block]:
        size = network.parameters.shape[-1]
        length = min(size, max(1, BLOCK // int(np.prod(network.stack))))
        memory = aligned_zeros((*network.stack, length), network.dtype)
        for start in range(0, size, length):
            place = (..., slice(start, min(start + length, size)))
            work = memory[..., : min(length, size - start)]
            penalised = (..., slice(0, max(0, min(length, network.penalised - start))))
            parameters, gradient = network.parameters[place], network.gradient[place]
            yield Block(
                parameters,
                gradient,
                work,
                tuple(slot[place] for slot in self.state.values()),
                parameters[penalised],
                gradient[penalised],
                work[penalised],
            )

    def number(self, setting: Setting) -> Array:
        """A setting as it enters the arithmetic."""
        return constant(setting, self.dtype, axes=1)

    def add_penalties(self) -> None:
        """Add the penalties' gradients now, in place of at the next `step`."""
        for block in self.blocks:
            self._penalise(block)

    def set_learning_rate(self, learning_rate: Setting) -> None:
        """Set the learning rate of the steps to come."""
        self.learning_rate[...] = self.number(learning_rate)

    def step(self, *, penalised: bool = False) -> None:
        """Update the parameters in place; the gradient is used as scratch memory.

        `penalised`: the penalties' gradients have been added already.
        """
        self.steps += 1
        self.prepare()
        for block in self.blocks:
            if self.penalties and not penalised:
                self._penalise(block)
            self.update(block)

    def _penalise(self, block: Block) -> None:
        if block.weights.size:
            for penalty in self.penalties:
                penalty.add_gradient(block.weights, block.weight_gradient, block.weight_work)

    def prepare(self) -> None:
        """Compute what depends on the learning rate and the number of the step."""

    @abstractmethod
    def update(self, block: Block) -> None:
        """Update one block; its gradient and work arrays are scratch memory."""

    def restore(self, steps: int, state: Mapping[str, Array], rates: Rates) -> None:
        """Go on from a state kept earlier, by an optimizer that had these rates."""
        self.steps = steps
        for name, slot in self.state.items():
            slot[...] = state[name]
