"""Adam."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.network import Network
from trainer.optimizers.base import Block, Optimizer, Rates


class Adam(Optimizer):
    """m ← β m + (1 − β) g, v ← β₂ v + (1 − β₂) g², θ ← θ − α m̂ / (√v̂ + ε) (Kingma, Ba 2015, algorithm 1).

    m̂ = m / (1 − βᵗ) and v̂ = v / (1 − β₂ᵗ) correct the averages for having started at 0. Kept are the sums
    M = m / (1 − β) and V = v / (1 − β₂), which need two passes over memory less; the factors between sums and
    averages go into one step size and one ε for each step.
    """

    kind: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("sum", "square_sum")
    uses: ClassVar[tuple[str, ...]] = ("beta", "beta2", "epsilon")

    def __init__(self, network: Network, rates: Rates | None = None) -> None:
        super().__init__(network, rates)
        self.beta = self.number(self.rates.beta)
        self.beta2 = self.number(self.rates.beta2)
        self.step_size = self.learning_rate.copy()
        self.floor = self.learning_rate.copy()
        rates, trials = self.rates, self.learning_rate.size
        settings = np.broadcast_arrays(rates.beta, rates.beta2, rates.epsilon, np.empty(trials))[:3]
        self._numbers: list[tuple[float, float, float]] = list(zip(*(each.tolist() for each in settings), strict=True))
        self._step_sizes, self._floors = self.step_size.reshape(-1), self.floor.reshape(-1)

    def restore(self, steps: int, state: Mapping[str, Array], rates: Rates) -> None:
        """With another β the sum is rescaled, so that the average stays what it was; so for β₂."""
        super().restore(steps, state, rates)
        for slot, before, now in (
            ("sum", rates.beta, self.rates.beta),
            ("square_sum", rates.beta2, self.rates.beta2),
        ):
            if before != now:
                ratio = np.subtract(1, before) / np.subtract(1, now)
                np.multiply(self.state[slot], self.number(ratio.tolist()), self.state[slot])

    def prepare(self) -> None:
        """√v̂ + ε = √V · r + ε with r = √((1 − β₂)/(1 − β₂ᵗ)), so both sides are divided by r."""
        for trial, (beta, beta2, epsilon) in enumerate(self._numbers):
            root = math.sqrt((1 - beta2) / (1 - beta2**self.steps))
            rate = float(self.learning_rate.item(trial))
            self._step_sizes[trial] = rate * (1 - beta) / (1 - beta**self.steps) / root
            self._floors[trial] = epsilon / root

    def update(self, block: Block) -> None:
        total, square_total = block.slots
        work = block.work
        np.multiply(total, self.beta, total)
        np.add(total, block.gradient, total)
        np.multiply(block.gradient, block.gradient, work)
        np.multiply(square_total, self.beta2, square_total)
        np.add(square_total, work, square_total)

        np.sqrt(square_total, work)
        np.add(work, self.floor, work)
        np.divide(total, work, work)
        np.multiply(work, self.step_size, work)
        np.subtract(block.parameters, work, block.parameters)
