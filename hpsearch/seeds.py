"""Every random number of a sweep comes from its seed by a path of purposes, never by order of events.

`numpy.random.SeedSequence` gives independent streams for different spawn keys, on every platform
(M. O'Neill 2015, "Developing a seed_seq alternative"; NumPy's documentation on parallel generators).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

TRIAL_STREAMS = 4  # with the spawn keys from 0 on


class Purpose(IntEnum):
    """The first element of a spawn key; the numbers are part of what makes old sweeps reproducible."""

    SPLIT = 0
    ROUND = 1
    TRIAL = 2
    CONFIRMATION = 3
    SWEEP = 4
    RECHECK = 5


def split_seed(sweep_seed: int) -> np.random.SeedSequence:
    """For cutting the data into training, validation and test rows."""
    return np.random.SeedSequence(sweep_seed, spawn_key=(Purpose.SPLIT,))


def round_generator(sweep_seed: int, round_number: int) -> np.random.Generator:
    """For proposing the trials of a round."""
    return np.random.default_rng(np.random.SeedSequence(sweep_seed, spawn_key=(Purpose.ROUND, round_number)))


def sweep_generator(sweep_seed: int) -> np.random.Generator:
    """For what a sampler draws once and keeps for all rounds."""
    return np.random.default_rng(np.random.SeedSequence(sweep_seed, spawn_key=(Purpose.SWEEP,)))


def trial_seed(sweep_seed: int, round_number: int, index: int) -> int:
    """A trial's own seed: 63 bits, so that it fits a signed column."""
    return _seed(sweep_seed, Purpose.TRIAL, round_number, index)


def confirmation_seed(sweep_seed: int, trial: int, index: int) -> int:
    """A fresh seed for a trial's configuration: 63 bits."""
    return _seed(sweep_seed, Purpose.CONFIRMATION, trial, index)


def recheck_seed(sweep_seed: int, index: int) -> int:
    """A fresh seed that configurations share which are to be compared in pairs: 63 bits."""
    return _seed(sweep_seed, Purpose.RECHECK, index)


def _seed(sweep_seed: int, *path: int) -> int:
    sequence = np.random.SeedSequence(sweep_seed, spawn_key=path)
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def segment_generator(seed: int, number: int) -> np.random.Generator:
    """For what follows on segment `number` (from 1) of the training of the trial with this seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(TRIAL_STREAMS, number)))


@dataclass(frozen=True)
class TrialGenerators:
    """The independent random streams within a trial."""

    initialise: np.random.Generator
    shuffle: np.random.Generator
    noise: np.random.Generator
    gradcheck: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> "TrialGenerators":
        """The streams of the trial with this seed."""
        return cls(*(np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(TRIAL_STREAMS)))
