"""All mutants over all their architectures, or a fixed share of these."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.mutation.matrix import Bench, Case, Fate, cases
from tests.mutation.mutants import Mutant

SEED = 20


@dataclass(frozen=True)
class Found:
    """A mutant, and on how many architectures it had which fate."""

    mutant: Mutant
    fates: Counter[Fate]

    @property
    def equivalent(self) -> bool:
        """Whether it changes nothing anywhere."""
        return set(self.fates) == {Fate.SAME}


def survey(mutants: Sequence[Mutant], share: float = 1.0) -> Iterable[Found]:
    """Each mutant on a share of its architectures, drawn by a fixed seed; at least on one."""
    bench = cache(lambda case: Bench(case, SEED))
    for number, mutant in enumerate(mutants):
        rng = np.random.default_rng([SEED, number])
        matrix = cases(mutant)
        chosen: list[Case] = [
            matrix[index] for index in rng.permutation(len(matrix))[: max(1, round(share * len(matrix)))]
        ]
        yield Found(mutant, Counter(bench(case).fate(mutant, int(rng.integers(2**63))) for case in chosen))
