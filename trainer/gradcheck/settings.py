"""What a gradient check is told, and where its numbers come from."""

from dataclasses import dataclass

DRAWS = 6
"""How often a check that decides nothing is drawn in all, with weights twice as large each time."""
CLOSER = 5000
"""So many parameters of a tensor are compared one by one once something near it has failed; all, if it has fewer."""


@dataclass(frozen=True)
class Settings:
    """How closely to look.

    - `step`: the h of central differences. Truncation falls with h², rounding grows with 1/h; in double
      precision correct networks err least at 1e-5, by 1e-10 relative.
    - `tolerance`: of ‖g − ĝ‖ / (‖g‖ + ‖ĝ‖). The literature calls < 1e-7 right and > 1e-4 suspicious (A. Karpathy,
      notes of CS231n, 2015; A. Ng, Improving Deep Neural Networks, 2017); without kinks 1e-6 leaves room for
      networks ten times as deep as theirs, and for no error in a formula.
    - `rounding`: the constant c of the floor c·ε·(1 + |J|)/h·√n, below which differences decide nothing. A cost
      is a sum that errs by a few ε; no more than 4 ε was ever measured.
    - `directions`, `coordinates`: how many random directions and random coordinates of each tensor are compared.
      A direction moves every parameter: an error r of a tensor, relative to its gradient, escapes one with a
      probability of about 1.6 · tolerance / r. `coordinates` None: every parameter, one by one, and no direction.
    """

    step: float = 1e-5
    tolerance: float = 1e-6
    rounding: float = 4.0
    directions: int = 1
    coordinates: int | None = 0
