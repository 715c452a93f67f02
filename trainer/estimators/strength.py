"""The strength of L2 where none is given: networks side by side, judged on held-out rows."""

import numpy as np

from trainer.arrays import Array

STRENGTHS = (0.1, 1.0, 5.0, 20.0, 50.0)
"""Tried are these, divided by the number of rows: the penalty of a prior, which counts for less the more is known."""
MOST_ROWS = 10_000
"""With more rows the choice matters less than the time it takes."""


def candidates(l2: float | None, rows: float, *, held_out: bool, usual: float) -> tuple[float, ...]:
    """The L2 to try: the one given; or else several, or the `usual` strength where no rows can judge."""
    if l2 is not None:
        return (l2,)
    return tuple(strength / rows for strength in (STRENGTHS if held_out and rows <= MOST_ROWS else (usual,)))


def strongest(losses: Array) -> int:
    """The last of the candidates that cannot be told from the best by losses (candidates, rows).

    That is, whose mean loss is above the best one's by at most one standard error of the difference, which is
    taken row by row (the rule of one standard error, Breiman, Friedman, Olshen, Stone 1984, section 3.4.3, for
    pairs). So noise is met with a strong penalty, and clean data keeps a weak one.
    """
    with np.errstate(all="ignore"):
        excess = losses - losses[np.argmin(np.nan_to_num(losses.mean(axis=1), nan=np.inf))]
        bound = excess.std(axis=1) / np.sqrt(losses.shape[1])
        return int(np.flatnonzero(excess.mean(axis=1) <= bound)[-1]) if np.isfinite(excess).any() else 0
