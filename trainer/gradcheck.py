"""The gradient check: back-propagation against central differences, in float64.

For each tensor a sample of coordinates is moved by ±h, and the slope ĝ of the cost is compared with the
gradient g of back-propagation: ‖g − ĝ‖₂ / (‖g‖₂ + ‖ĝ‖₂) (as in A. Ng's course, Improving Deep Neural
Networks, 2017). A difference that straddles a kink of the cost says nothing about either, so it is left
out and another coordinate is drawn. A failed tensor whose gradients are so small that rounding alone could
explain the failure decides nothing: the whole check is drawn anew, at larger parameters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from trainer.arrays import Array
from trainer.network import Network, Tensor

T = TypeVar("T")

STEP = 1e-5  # the h at which correct networks err least: truncation h², rounding ε/h
PENALTY_STEP = 1e-2  # penalties are sums of huge counts of terms but quadratic, so exact at any h
TOLERANCE = 1e-6
COORDINATES = 20
DRAWS = 6  # how often a check that decides nothing is drawn anew, with weights twice as large each time
REFINEMENT = 4.0  # a failed tensor is measured again with h divided by this
ROUNDING = 4.0  # a difference errs by about this many ε·cost/h a coordinate, at most
BIAS_SCALE = 0.5  # biases, γ and β are moved this far from the values at which they have no effect
CHECKS = ("data", "dropout", "penalty")
"""The loss with dropout off, the loss with dropout's masks frozen, the penalties at a coefficient of 1."""


@dataclass(frozen=True)
class TensorCheck:
    """One tensor in one of the `CHECKS`."""

    check: str
    tensor: str
    error: float  # relative, 0 … 1; 0 where both gradients are 0
    mean_absolute_difference: float
    checked: int  # coordinates compared
    kinks: int  # coordinates left out because their difference straddled a kink
    worst: int  # flat index of the coordinate with the largest difference
    gradient: float  # there, by back-propagation
    difference: float  # there, by central differences
    passed: bool
    decided: bool  # False: failed, but no worse than rounding explains
    zero: bool  # neither gradient is larger than rounding makes of 0


@dataclass(frozen=True)
class Report:
    """A gradient check of one network."""

    tensors: tuple[TensorCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every tensor passed in every check."""
        return all(tensor.passed for tensor in self.tensors)

    @property
    def error(self) -> float:
        """The largest relative error of a tensor."""
        return float(np.max([tensor.error for tensor in self.tensors]))  # a NaN is the largest of all

    @property
    def guilty(self) -> TensorCheck | None:
        """Of the first check that failed, the tensor nearest to the output: a fault spoils what lies before it."""
        failed = [tensor for tensor in self.tensors if not tensor.passed]
        return next((last for check in CHECKS for last in reversed(failed) if last.check == check), None)

    @property
    def verdict(self) -> str:
        """`passed` or `failed`."""
        return "passed" if self.passed else "failed"


def check(
    network: Network,
    x: Array,
    targets: Array,
    rng: np.random.Generator,
    *,
    coordinates: int | None = COORDINATES,
    tolerance: float = TOLERANCE,
) -> Report:
    """Check a float64 network on a batch, at random parameters.

    `coordinates`: how many of each tensor to compare; None for all. Overwrites the network's parameters,
    gradient, statistics and penalty coefficients.
    """
    always_zero: set[tuple[str, str]] | None = None
    for draw in range(DRAWS):
        tensors = tuple(_check_once(network, x, targets, rng, coordinates, tolerance, 2.0**draw))
        if all(tensor.decided for tensor in tensors):
            return Report(tensors)
        zero = {(tensor.check, tensor.tensor) for tensor in tensors if tensor.zero}
        always_zero = zero if always_zero is None else always_zero & zero
    return Report(tuple(_acquitted(tensor, always_zero or set()) for tensor in tensors))


def _acquitted(tensor: TensorCheck, always_zero: set[tuple[str, str]]) -> TensorCheck:
    """Pass a tensor whose gradients were both zero but for rounding at every scale of the weights.

    So is the β of a batch norm that another one follows without a kink between them, which takes it off again.
    """
    if tensor.decided or (tensor.check, tensor.tensor) not in always_zero:
        return tensor
    return replace(tensor, error=0.0, passed=True, decided=True)


def _check_once(
    network: Network,
    x: Array,
    targets: Array,
    rng: np.random.Generator,
    coordinates: int | None,
    tolerance: float,
    weight_scale: float,
) -> Iterator[TensorCheck]:
    _randomise(network, rng, weight_scale)
    for penalty in network.penalties:
        penalty.coefficient = 0.0
    for name, difference in _checks(network, x, targets, rng):
        cost, gradient = _gradients(network, x, targets)
        rounding = ROUNDING * np.finfo(network.dtype).eps * (1 + abs(cost)) / STEP
        if name == "penalty":
            for penalty in network.penalties:
                penalty.coefficient = 1.0
            _, with_penalty = _gradients(network, x, targets)
            gradient = {key: with_penalty[key] - gradient[key] for key in gradient}
        for tensor in network.tensors.values():
            if name != "penalty" or tensor.penalised:
                sample = _sample(tensor, gradient[tensor.name].ravel(), difference, rng, coordinates)
                verdict = _verdict(name, tensor.name, sample, tolerance, rounding)
                if not verdict.passed:
                    refined = _refined(tensor, sample, difference)
                    verdict = _verdict(name, tensor.name, refined, tolerance, REFINEMENT * rounding)
                yield verdict


Difference = Callable[[Tensor, int, float], float | None]
"""The central difference at one coordinate of a tensor, h divided by the last argument; None across a kink."""


def _checks(network: Network, x: Array, targets: Array, rng: np.random.Generator) -> Iterator[tuple[str, Difference]]:
    """Put the network in the state of each check, and give the difference that belongs to it."""

    def of_loss(tensor: Tensor, index: int, divisor: float) -> float | None:
        return _loss_difference(network, x, targets, tensor, index, STEP / divisor)

    def of_penalty(tensor: Tensor, index: int, divisor: float) -> float | None:
        return _penalty_difference(network, tensor, index, PENALTY_STEP / divisor)

    network.keep_all(len(x))
    yield "data", of_loss
    network.draw([rng], len(x))
    yield "dropout", of_loss
    yield "penalty", of_penalty


def _randomise(network: Network, rng: np.random.Generator, weight_scale: float) -> None:
    """Parameters as before training, but with nothing at a special value such as 0."""
    network.initialise(rng)
    for tensor in network.tensors.values():
        if tensor.penalised:
            tensor.value[...] *= weight_scale
        else:
            tensor.value[...] += BIAS_SCALE * rng.standard_normal(tensor.value.shape)


def _gradients(network: Network, x: Array, targets: Array) -> tuple[float, dict[str, Array]]:
    scores = network.forward(x, train=True)
    network.backward(scores, targets)
    gradients = {name: tensor.gradient.copy() for name, tensor in network.tensors.items()}
    return float(network.loss.value(scores, targets)), gradients


def _loss_difference(
    network: Network, x: Array, targets: Array, tensor: Tensor, index: int, step: float
) -> float | None:
    def look() -> tuple[float, list[Array]]:
        return float(network.cost(x, targets)), network.patterns()

    return _slope(*_moved(tensor, index, step, look), step)


def _penalty_difference(network: Network, tensor: Tensor, index: int, step: float) -> float | None:
    """With a smaller step where the penalty has a kink nearby: where L1 turns, at 0."""

    def look() -> tuple[float, list[Array]]:
        patterns = [penalty.pattern(tensor.value) for penalty in network.penalties]
        return float(network.penalty()), [pattern for pattern in patterns if pattern is not None]

    found = _slope(*_moved(tensor, index, step, look), step)
    distance = abs(float(tensor.value.reshape(-1)[index]))
    if found is not None or distance == 0:
        return found
    return _slope(*_moved(tensor, index, distance / 2, look), distance / 2)


def _slope(above: tuple[float, list[Array]], below: tuple[float, list[Array]], step: float) -> float | None:
    """The central difference, or None if the patterns at its two ends differ."""
    if any(not np.array_equal(a, b) for a, b in zip(above[1], below[1], strict=True)):
        return None
    return (above[0] - below[0]) / (2 * step)


def _moved(tensor: Tensor, index: int, step: float, look: Callable[[], T]) -> tuple[T, T]:
    """What `look` sees with one coordinate moved up and down by `step`."""
    value = tensor.value.reshape(-1)
    original = value[index]
    try:
        value[index] = original + step
        above = look()
        value[index] = original - step
        return above, look()
    finally:
        value[index] = original


@dataclass(frozen=True)
class _Sample:
    indices: Array
    gradient: Array
    differences: Array
    kinks: int


def _sample(
    tensor: Tensor, gradient: Array, difference: Difference, rng: np.random.Generator, coordinates: int | None
) -> _Sample:
    """Differences at random coordinates, drawn until enough are found on smooth ground."""
    order = rng.permutation(tensor.value.size)
    wanted = len(order) if coordinates is None else min(coordinates, len(order))
    found: dict[int, float] = {}
    kinks = 0
    for index in order:
        slope = difference(tensor, int(index), 1.0)
        if slope is None:
            kinks += 1
            continue
        found[int(index)] = slope
        if len(found) == wanted:
            break
    indices = np.array(list(found), dtype=np.intp)
    return _Sample(indices, gradient[indices], np.array(list(found.values())), kinks)


def _refined(tensor: Tensor, sample: _Sample, difference: Difference) -> _Sample:
    """The same coordinates by Richardson's extrapolation to h = 0 (L. F. Richardson 1911).

    The error of a central difference falls with h², so what a smaller h changes tells what is still to be
    taken off. Where the cost is strongly curved, as behind a batch norm of nearly equal rows, h = 1e-5
    alone would accuse a right gradient; a wrong one stays wrong.
    """
    finer = np.array([difference(tensor, int(index), REFINEMENT) for index in sample.indices], dtype=np.float64)
    factor = REFINEMENT**2
    return replace(sample, differences=(factor * finer - sample.differences) / (factor - 1))


def _verdict(check: str, tensor: str, sample: _Sample, tolerance: float, rounding: float) -> TensorCheck:
    count = len(sample.indices)
    distance = np.abs(sample.gradient - sample.differences)
    worst = int(distance.argmax()) if count else None
    error = relative_error(sample.gradient, sample.differences)
    passed = count > 0 and error < tolerance
    floor = float(rounding * np.sqrt(count))
    return TensorCheck(
        check=check,
        tensor=tensor,
        error=error,
        mean_absolute_difference=float(distance.mean()) if count else float("nan"),
        checked=count,
        kinks=sample.kinks,
        worst=int(sample.indices[worst]) if worst is not None else -1,
        gradient=float(sample.gradient[worst]) if worst is not None else float("nan"),
        difference=float(sample.differences[worst]) if worst is not None else float("nan"),
        passed=passed,
        decided=passed or (count > 0 and float(np.linalg.norm(distance)) > floor),
        zero=count > 0 and max(map(float, map(np.linalg.norm, (sample.gradient, sample.differences)))) <= floor,
    )


def relative_error(a: Array, b: Array) -> float:
    """‖a − b‖₂ / (‖a‖₂ + ‖b‖₂), and 0 where both are zero."""
    scale = float(np.linalg.norm(a) + np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / scale if scale != 0 else 0.0
