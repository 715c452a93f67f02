"""The architectures on which mutants must be stopped, and the two who decide: the reference, and the gate."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import product

import numpy as np

from tests.mutation.mutants import Mutant
from trainer import Architecture, Network
from trainer.arrays import Array, calmly
from trainer.data import load, prepare
from trainer.gradcheck import Batch, Probes, Settings, check, judge, relative_error, surfaces
from trainer.gradcheck.surface import LossSurface, PenaltySurface, Surface
from trainer.layers import Activation, BatchNorm, Dropout
from trainer.losses import Loss
from trainer.penalties import Penalty

ACTIVATIONS = ("relu", "tanh", "gelu")
PENALTIES: Sequence[Mapping[str, float]] = ({}, {"l1": 0.1}, {"l2": 0.1})
WIDTHS = (6, 5, 5, 4)
ROWS = 8
CHANGE = 1e-6
"""A mutant that changes a gradient by more than this, relative, on an architecture must be stopped there."""
NOTHING = 1e-12
"""A tensor whose gradient is smaller than this share of the network's has none: rounding makes a little of 0."""
OUTPUTS = {"softmax_cross_entropy": 3, "logistic_cross_entropy": 3, "mean_squared_error": 3, "huber": 3}


class Fate(StrEnum):
    """What became of a mutant on an architecture."""

    SAME = "same"  # it changes no gradient there
    STOPPED = "stopped"
    SURVIVED = "survived"
    RAISED = "raised"  # it does not even run


@dataclass(frozen=True)
class Case:
    """A network and what its loss is told."""

    architecture: Architecture
    weighted: bool  # rows have weights


def cases(mutant: Mutant) -> Sequence[Case]:
    """The matrix, with the mutant's part in it."""
    return _with_one_of(mutant.hosts)


@cache
def _with_one_of(hosts: tuple[type, ...]) -> Sequence[Case]:
    kinds = [host.kind for host in hosts if issubclass(host, Activation)]
    activations = [kind for kind in ACTIVATIONS if kind in kinds] or kinds or ACTIVATIONS
    losses = [host.kind for host in hosts if issubclass(host, Loss)]
    found = []
    for activation, batch_norm, dropout, penalty, depth in product(
        activations, (False, True), (0.0, 0.4), PENALTIES, (1, 2, 3, 4)
    ):
        if (BatchNorm in hosts and not batch_norm) or (Dropout in hosts and not dropout):
            continue
        if any(issubclass(host, Penalty) and host.kind not in penalty for host in hosts):
            continue
        network = Architecture(13, 3, WIDTHS[:depth], activation, batch_norm, dropout, **penalty)
        found += (
            [case for loss in losses for case in _told(network, loss)] if losses else [Case(network, weighted=False)]
        )
    return found


def _told(network: Architecture, loss: str) -> Iterator[Case]:
    """A loss by itself, and told everything that it can be told."""
    outputs = OUTPUTS[loss]
    yield Case(replace(network, loss=loss, n_out=1 if loss == "logistic_cross_entropy" else outputs), weighted=False)
    classifies = "cross_entropy" in loss
    told = {"label_smoothing": 0.1, "class_weights": (0.5, 1.5, 2.0)} if classifies else {}
    yield Case(replace(network, loss=loss, n_out=outputs, **told), weighted=True)


@cache
def _rows() -> tuple[Array, Array]:
    """Real rows: the wines' features and classes."""
    train = prepare(load("wine"), validation=0.2, test=0.2, seed=np.random.SeedSequence(0)).train
    return train.x.astype(np.float64), train.targets.argmax(axis=1)


def batch_for(case: Case, rng: np.random.Generator) -> Batch:
    x, classes = _rows()
    rows = rng.choice(len(x), ROWS, replace=False)
    n_out = case.architecture.n_out
    if case.architecture.loss == "softmax_cross_entropy":
        targets = np.eye(n_out)[classes[rows]]
    elif case.architecture.loss == "logistic_cross_entropy":
        targets = rng.integers(0, 2, (ROWS, n_out)).astype(np.float64)
    else:
        targets = rng.standard_normal((ROWS, n_out))
    return Batch(x[rows], targets, rng.uniform(0.5, 1.5, (ROWS, 1)) if case.weighted else None)


@dataclass(frozen=True)
class Point:
    """A state of a network, with the right gradients there."""

    parameters: Array
    surface: Callable[[], Surface]  # built anew, so that what is alive computes its gradients
    right: Mapping[str, Array]


class Bench:
    """An architecture with its points of reference, at which the right gradients are known."""

    def __init__(self, case: Case, seed: int) -> None:
        self.case = case
        self._build = cache(lambda dtype: case.architecture.build(capacity=ROWS, dtype=dtype))  # one twin at a time
        self._network: Network = self._build(np.float64)
        rng = np.random.default_rng(seed)
        self._points = [
            Point(self._network.parameters.copy(), self._again(surface), _copied(surface))
            for surface in surfaces(self._network, self._build, batch_for(case, rng), rng, Settings())
        ]

    def _again(self, surface: Surface) -> Callable[[], Surface]:
        if isinstance(surface, LossSurface):
            arguments = (surface.name, self._network, surface.batch, surface.masks, self._build)
            return lambda: LossSurface(*arguments).differentiate(Settings().step)
        if not isinstance(surface, PenaltySurface):
            raise TypeError(surface.name)
        penalty = next(penalty for penalty in self._network.penalties if penalty.kind == surface.name)
        coefficient = surface.coefficient
        return lambda: PenaltySurface(penalty, self._network, coefficient).differentiate()

    def _changes(self) -> bool:
        """Whether a gradient changes by more than CHANGE at any point; a NaN counts as all of it."""
        for point in self._points:
            self._network.parameters[...] = point.parameters
            if _change(point.right, point.surface().gradients) > CHANGE:
                return True
        return False

    def fate(self, mutant: Mutant, seed: int) -> Fate:
        """What becomes of a mutant here; the gate draws from its own seed."""
        try:
            with calmly(), mutant.alive():
                stopped = self._stopped(seed) if self._changes() else None
        except (TypeError, ValueError, AttributeError, IndexError):
            return Fate.RAISED
        return Fate.SAME if stopped is None else Fate.STOPPED if stopped else Fate.SURVIVED

    def _stopped(self, seed: int) -> bool:
        """Whether the check fails: its first draw is looked at tensor by tensor, which mostly is enough."""
        rng = np.random.default_rng(seed)
        batch = batch_for(self.case, rng)
        state = rng.bit_generator.state
        probes = Probes(rng)
        for surface in surfaces(self._network, self._build, batch, rng, Settings()):
            for name in surface.gradients:
                tensor = judge(surface, name, Settings(), probes)
                if tensor.decided and not tensor.passed:
                    return True
        rng.bit_generator.state = state
        return not check(self._build, batch, rng).passed


def _copied(surface: Surface) -> dict[str, Array]:
    return {name: gradient.copy() for name, gradient in surface.gradients.items()}


def _change(right: Mapping[str, Array], wrong: Mapping[str, Array]) -> float:
    nothing = NOTHING * np.sqrt(sum(np.vdot(gradient, gradient) for gradient in right.values()))
    changes = [
        relative_error(right[name], wrong[name])
        for name in right
        if not (np.linalg.norm(right[name]) <= nothing and np.linalg.norm(wrong[name]) <= nothing)
    ]
    return float(np.nan_to_num(np.max(changes, initial=0.0), nan=1.0))
