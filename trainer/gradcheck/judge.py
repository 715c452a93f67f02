"""The judgement of one tensor: its gradient by back-propagation against slopes of the cost.

What is compared are directional derivatives along unit vectors d: random directions, in which every parameter
takes part, and coordinates. For either kind the expectation of (e·d)² is ‖e‖²/n, so K of them estimate
‖g − ĝ‖ as √(n/K) · ‖(g·d − ĝ·d)‖; for all n coordinates that is no estimate but the norm itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trainer.arrays import Array
from trainer.gradcheck.probes import Probe, Probes
from trainer.gradcheck.report import TensorCheck
from trainer.gradcheck.settings import Settings
from trainer.gradcheck.surface import Look, Surface

FLOW = 100.0  # so many ε of all that flows may be left of a gradient: 1 − y² of a saturated y errs by ε, not by ε of itself
NOISE = 1e6  # times as much as was measured, rounding may do: 9 000 times was seen where it mostly cancels
DOUBT = 1e3  # times as much as was measured, and rounding decides nothing where it may not excuse
REFINEMENT = 4.0  # Richardson's second h is the first divided by this


@dataclass(frozen=True)
class Slopes:
    """What back-propagation (g·d) and the cost (ĝ·d) say along some probes, and how far rounding lets them differ."""

    method: str
    probes: Sequence[Probe]
    gradients: Array
    slopes: Array
    floor: float  # of ‖g − ĝ‖: so far rounding lets them differ
    doubt: float  # up to this ‖g − ĝ‖ nothing is decided


def judge(surface: Surface, variable: str, settings: Settings, probes: Probes) -> TensorCheck:
    """Compare the gradient of one variable with slopes of the surface.

    Differences acquit. What they do not acquit, complex step decides where the surface allows it: they may have
    met rounding, curvature or a kink, of which it knows nothing. Elsewhere Richardson's extrapolation takes the
    curvature off, and a distance within rounding leaves the judgement undecided.
    """
    found, kinked, steps = _differences(surface, variable, settings, probes)
    size = surface.values[variable].size
    first = _compared(surface, variable, found, len(kinked), settings, size)
    if first.passed or not (found.probes or surface.analytic):
        return first
    if surface.analytic:
        second = _by_complex_step(surface, variable, found.probes or kinked, settings, size)
    else:
        second = _extrapolated(surface, variable, found, steps)
    return _compared(surface, variable, second, len(kinked), settings, size)


def _differences(
    surface: Surface, variable: str, settings: Settings, probes: Probes
) -> tuple[Slopes, list[Probe], list[float]]:
    """Central differences on smooth ground; the probes that found none; and the steps taken."""
    found: list[tuple[Probe, float, float]] = []
    kinked: list[Probe] = []
    size = surface.values[variable].size
    for candidates, wanted in probes.candidates(size, settings):
        missing = wanted
        for candidate in candidates:
            probe = _on_smooth_ground(surface, variable, candidate)
            difference = _difference(surface, variable, probe)
            if difference is None:
                kinked.append(probe)
                continue
            found.append((probe, *difference))
            missing -= 1
            if missing == 0:
                break
    compared = [probe for probe, _, _ in found]
    steps = [step for _, _, step in found]
    unit = settings.rounding * float(np.finfo(np.float64).eps) * (1 + abs(surface.cost))
    floor = float(np.sqrt(size / max(1, len(found))) * np.linalg.norm(unit / np.array(steps)))
    slopes = np.array([slope for _, slope, _ in found])
    return Slopes("differences", compared, _expected(surface, variable, compared), slopes, floor, floor), kinked, steps


def _on_smooth_ground(surface: Surface, variable: str, probe: Probe) -> Probe:
    """A direction without those elements that straddle a kink each by itself."""
    if probe.coordinate >= 0:
        return probe
    kinked = surface.kinked(variable, probe.move(surface.steps[0]))
    return probe if kinked is None else replace(probe, vector=np.where(kinked, 0.0, probe.vector))


def _difference(surface: Surface, variable: str, probe: Probe) -> tuple[float, float] | None:
    """The central difference along a probe and its h, the largest that straddles no kink."""
    for step in surface.steps:
        above, below = _both_sides(surface, variable, probe, step)
        if all(np.array_equal(a, b) for a, b in zip(above[1], below[1], strict=True)):
            return (above[0] - below[0]) / (2 * step), step
    return None


def _both_sides(surface: Surface, variable: str, probe: Probe, step: float) -> tuple[Look, Look]:
    part = surface.values[variable][probe.place]
    original = part.copy()
    move = probe.move(step)
    try:
        np.add(original, move, out=part)
        above = surface.look(variable)
        np.subtract(original, move, out=part)
        return above, surface.look(variable)
    finally:
        part[...] = original


def _expected(surface: Surface, variable: str, probes: Sequence[Probe]) -> Array:
    return np.array([probe.along(surface.gradients[variable]) for probe in probes])


def _by_complex_step(surface: Surface, variable: str, probes: Sequence[Probe], settings: Settings, size: int) -> Slopes:
    """Slopes that are exact but for what rounding does to them and to the gradients, which may cancel to 0.

    That is measured, but never excuses more than the tolerance allows of the whole network's gradient: if rounding
    does more, as where many a batch norm divides by next to nothing, nothing is decided.
    """
    slopes, expected = surface.slopes(variable, probes), _expected(surface, variable, probes)
    excusable = settings.tolerance * surface.norm
    estimate = float(np.sqrt(size / len(probes)))
    noise = surface.noise(variable)
    if NOISE * noise < estimate * np.linalg.norm(expected - slopes) <= excusable:
        nudged = surface.slopes(variable, probes, nudged=True)
        noise = max(noise, estimate * float(np.linalg.norm(slopes - nudged)))
    unit = FLOW * float(np.finfo(np.float64).eps) * float(np.sqrt(size))
    floor = max(unit * (1 + abs(surface.cost) + surface.norm), min(NOISE * noise, excusable))
    doubt = max(floor, DOUBT * noise, 10 * unit * surface.flow)
    return Slopes("complex step", probes, expected, slopes, floor, doubt)


def _extrapolated(surface: Surface, variable: str, found: Slopes, steps: Sequence[float]) -> Slopes:
    """Differences taken on to h = 0: their error falls with h², so what a smaller h changes tells what is left.

    L. F. Richardson 1911. Where the cost is strongly curved, as behind a batch norm of nearly equal rows, one h
    alone would accuse a right gradient; a wrong one stays wrong.
    """
    factor = REFINEMENT**2
    slopes = []
    for probe, slope, step in zip(found.probes, found.slopes, steps, strict=True):
        above, below = _both_sides(surface, variable, probe, step / REFINEMENT)
        finer = (above[0] - below[0]) / (2 * step / REFINEMENT)
        slopes.append((factor * finer - slope) / (factor - 1))
    floor = REFINEMENT * found.floor
    return Slopes("extrapolation", found.probes, found.gradients, np.array(slopes), floor, floor)


def _compared(surface: Surface, variable: str, found: Slopes, kinks: int, settings: Settings, size: int) -> TensorCheck:
    """The rule: differences must agree to the tolerance; what complex step finds, to that or to its rounding."""
    count = len(found.probes)
    estimate = float(np.sqrt(size / max(1, count)))
    differences = np.abs(found.gradients - found.slopes)
    distance = estimate * float(np.linalg.norm(differences))
    own = float(np.linalg.norm(surface.gradients[variable]))
    measured = estimate * float(np.linalg.norm(found.slopes))
    scale = own + measured
    exact = found.method == "complex step"
    error = distance / scale if count and scale else 0.0 if count else float("nan")
    agrees = count > 0 and bool(np.isfinite(scale)) and distance <= settings.tolerance * scale
    is_rounding = exact and not agrees and bool(np.isfinite(scale)) and distance <= found.floor
    passed = agrees or is_rounding
    worst = _worst(found.probes, differences)
    return TensorCheck(
        check=surface.name,
        tensor=variable,
        method=found.method,
        error=0.0 if is_rounding else error,
        mean_absolute_difference=float(differences.mean()) if count else float("nan"),
        checked=count,
        kinks=kinks,
        worst=found.probes[worst].coordinate if worst is not None else -1,
        gradient=float(found.gradients[worst]) if worst is not None else None,
        slope=float(found.slopes[worst]) if worst is not None else None,
        passed=passed,
        decided=passed or (count > 0 and not distance <= found.doubt),
        zero=count > 0 and max(own, measured) <= found.floor,
    )


def _worst(probes: Sequence[Probe], differences: Array) -> int | None:
    """The place, among the probes, of the coordinate with the largest difference; a NaN is the largest of all."""
    places = [place for place, probe in enumerate(probes) if probe.coordinate >= 0]
    return max(places, key=lambda place: np.nan_to_num(differences[place], nan=np.inf), default=None)
