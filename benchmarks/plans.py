"""Sweeps for benchmarks, which differ in what is written where they are made, and in nothing else."""

from hpsearch.samplers import SAMPLERS
from hpsearch.space import Space
from hpsearch.stopping import STOPPING
from hpsearch.sweep import Plan

SCORES = ("train_loss", "val_loss")
"""What trials record."""


def plan_of(
    space: Space,
    strategy: str,
    trials: int,
    round_size: int,
    *,
    seed: int = 0,
    lookahead: int = 0,
    stopping: str = "none",
    epochs: int = 1,
) -> Plan:
    """A search for the least `val_loss`, whose trials have all as many epochs."""
    return Plan(
        space=space,
        sampler=SAMPLERS[strategy](),
        seed=seed,
        trials=trials,
        round_size=round_size,
        lookahead=lookahead,
        metric="val_loss",
        maximise=False,
        stopping=STOPPING[stopping],
        epochs=lambda values: epochs,
    )
