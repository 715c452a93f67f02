"""What courses teach about tuning a network, each as an experiment that measures it."""

from collections.abc import Mapping

import pandas as pd

from benchmarks.experiments.back_propagation import BackPropagation
from benchmarks.experiments.base import Conditions, Experiment
from benchmarks.experiments.batch_norm import BatchNorm
from benchmarks.experiments.coarse_to_fine import CoarseToFine
from benchmarks.experiments.drift import Drift
from benchmarks.experiments.dropout import Dropout
from benchmarks.experiments.dropout_in_groups import DropoutInGroups
from benchmarks.experiments.fault import Fault
from benchmarks.experiments.gradient_check import GradientCheck
from benchmarks.experiments.grid_or_random import GridOrRandom
from benchmarks.experiments.one_or_many import OneOrMany
from benchmarks.experiments.right_scale import RightScale

EXPERIMENTS: Mapping[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        GradientCheck(),
        BackPropagation(),
        Dropout(),
        GridOrRandom(),
        RightScale(),
        CoarseToFine(),
        OneOrMany(),
        BatchNorm(),
        DropoutInGroups(),
        Drift(),
        Fault(),
    )
}


def measured(name: str, conditions: Conditions, seed: int) -> pd.DataFrame:
    """One experiment from one seed."""
    return EXPERIMENTS[name].measure(conditions, seed).assign(seed=seed)
