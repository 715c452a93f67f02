"""A small Gaussian process (C. Rasmussen, C. Williams 2006, "Gaussian Processes for Machine Learning", chapter 2).

By NumPy's linear algebra alone: SciPy brings a BLAS of its own, of whose threads and bits the sweep knows nothing.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hpsearch.samplers.base import Array

SCALE, SCALE_SPREAD = 0.7, 0.8
"""The prior of a length scale is log-normal: its median, and the standard deviation of its logarithm."""
NOISE, NOISE_SPREAD = 0.05, 1.0
"""The same of the noise's variance, as a share of the signal's."""
SIGNAL_WEIGHT = 2.0  # observations of variance 1 that the prior of the signal's variance is worth
STEPS, RATE = 30, 0.15  # of the ascent to the most probable settings


@dataclass(frozen=True)
class Kernel:
    """Matérn 5/2 with a length scale a setting: k(r) = s² (1 + √5 r + 5r²/3) exp(−√5 r)."""

    scales: Array  # (settings,)
    noise: float  # variance, as a share of the signal's
    signal: float  # variance s²


def fit_kernel(distances: Array, y: Array) -> Kernel:
    """The most probable kernel for targets `y` (n,), given squared distances along each setting (settings, n, n).

    Adam's ascent of the log posterior by its gradient (equation 5.9), the signal's variance integrated out, in a
    fixed number of steps from the prior's median.
    """
    settings = len(distances)
    prior = np.log([*[SCALE] * settings, NOISE])
    spread = np.array([*[SCALE_SPREAD] * settings, NOISE_SPREAD])
    place, first, second = prior.copy(), np.zeros(settings + 1), np.zeros(settings + 1)
    flat = distances.reshape(settings, -1)
    signal = 1.0
    for step in range(1, STEPS + 1):
        slope, signal = _slope(flat, y, place)
        slope -= (place - prior) / spread**2
        first, second = 0.8 * first + 0.2 * slope, 0.95 * second + 0.05 * slope**2
        place += RATE * (first / (1 - 0.8**step)) / (np.sqrt(second / (1 - 0.95**step)) + 1e-8)
    return Kernel(np.exp(place[:-1]), math.exp(place[-1]), signal)


def _slope(flat: Array, y: Array, place: Array) -> tuple[Array, float]:
    """The gradient of the log likelihood in the logarithms of scales and noise, and the signal's variance there."""
    n, weights, noise = len(y), np.exp(-2 * place[:-1]), math.exp(place[-1])
    root = np.sqrt(5 * (weights @ flat)).reshape(n, n)
    decay = np.exp(-root)
    correlation = (1 + root + root**2 / 3) * decay
    correlation.flat[:: n + 1] += noise
    inverse = np.linalg.inv(correlation)
    alpha = inverse @ y
    signal = float(y @ alpha + SIGNAL_WEIGHT) / (n + SIGNAL_WEIGHT)
    change = np.outer(alpha, alpha) / signal - inverse  # twice the slope in each correlation
    by_distance = 5 / 6 * change * (1 + root) * decay
    return np.append(weights * (flat @ by_distance.ravel()), noise * np.trace(change) / 2), signal


class Posterior:
    """What a kernel and observations say of `places` (m, columns), and what it would be worth to know more."""

    def __init__(self, kernel: Kernel, columns: npt.NDArray[np.intp], x: Array, y: Array, places: Array) -> None:
        """`x` (n, columns) with targets `y` (n,); `columns` says to which setting each column belongs."""
        self._kernel = kernel
        x, self._places = (rows / kernel.scales[columns] for rows in (x, places))
        known = matern(x, x)
        known.flat[:: len(x) + 1] += kernel.noise
        factor = np.linalg.cholesky(known)
        across = np.linalg.solve(factor, matern(x, self._places))  # (n, m)
        self.mean = across.T @ np.linalg.solve(factor, y)  # (m,)
        self._variance = np.maximum(1 - (across**2).sum(axis=0), 0.0)  # (m,), in units of the signal's
        self._across = [across]

    @property
    def deviation(self) -> Array:
        """The standard deviation at each place (m,)."""
        deviation: Array = np.sqrt(self._kernel.signal * self._variance)
        return deviation

    def condition(self, index: int) -> None:
        """Reckon with an observation at a place, whose outcome is not known: only the uncertainty shrinks."""
        covariance = matern(self._places, self._places[[index]])[:, 0]
        for across in self._across:
            covariance -= across.T @ across[:, index]
        reach = covariance / math.sqrt(self._variance[index] + self._kernel.noise)
        self._variance = np.maximum(self._variance - reach**2, 0.0)
        self._across.append(reach[None, :])


def matern(a: Array, b: Array) -> Array:
    """Matérn 5/2 correlations (n, m) of rows (n, columns) and (m, columns) in units of their length scales."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    root = np.sqrt(5 * np.maximum(squares, 0.0))
    correlations: Array = (1 + root + root**2 / 3) * np.exp(-root)
    return correlations
