"""The gate: a trial's own network, on its own data, must pass a gradient check before it may train."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hpsearch.config import Config
from hpsearch.errors import HpsearchError
from hpsearch.records import GradcheckRow
from hpsearch.seeds import TrialGenerators, trial_seed
from hpsearch.settings import architecture_of, plugins_of, rows_of
from hpsearch.space import Scalar
from trainer import Architecture
from trainer.data import Rows
from trainer.gradcheck import COORDINATES, check
from trainer.gradcheck import Report as Report  # noqa: PLC0414 - exported again
from trainer.plugins import require_shapes

GATE_ROWS = 8  # training rows in a gradient check


def check_gradients(
    architecture: Architecture, train: Rows, rng: np.random.Generator, coordinates: int | None = COORDINATES
) -> Report:
    """The gradient check of a network, on rows of its own training data."""
    train = rows_of(architecture.loss, train)
    rows = rng.choice(len(train), size=min(GATE_ROWS, len(train)), replace=False)
    network = architecture.build(capacity=len(rows), dtype=np.float64)
    if architecture.plugins:
        require_shapes(network)
    x, targets = (part[rows].astype(np.float64) for part in (train.x, train.targets))
    return check(network, x, targets, rng, coordinates=coordinates)


def networks(
    config: Config, train: Rows, classes: Sequence[str]
) -> Iterator[tuple[Mapping[str, Scalar], Architecture]]:
    """The different networks at the middle and the extremes of a config's space, each with the values that give it."""
    seen = set()
    for _, point in config.space.trials_of_every_kind():
        values = config.space.values(point)
        architecture = architecture_of(config.trial(values), train, classes, plugins_of(config))
        if architecture not in seen:
            seen.add(architecture)
            yield values, architecture


def check_networks(
    config: Config, train: Rows, classes: Sequence[str], *, full: bool
) -> Iterator[tuple[Mapping[str, Scalar], Architecture, Report]]:
    """Check each of `networks`; with `full`, at every parameter."""
    for index, (values, architecture) in enumerate(networks(config, train, classes)):
        rng = TrialGenerators.of(trial_seed(config.run.seed, 0, index)).gradcheck
        try:
            report = check_gradients(architecture, train, rng, None if full else COORDINATES)
        except Exception as error:
            if not architecture.plugins:
                raise
            raise HpsearchError(f"the plug-ins cannot be checked: {type(error).__name__}: {error}") from error
        yield values, architecture, report


def accusation(report: Report) -> str:
    """A sentence about the tensor to look at first in a failed check."""
    guilty = report.guilty
    if guilty is None:
        raise ValueError("nothing failed")
    return (
        f"gradient check ({guilty.check}) failed at {guilty.tensor}: relative error {guilty.error:.2e}; "
        f"at coordinate {guilty.worst} back-propagation gives {guilty.gradient:.6g}, the cost's slope is {guilty.difference:.6g}"
    )


def gradcheck_rows(report: Report) -> tuple[GradcheckRow, ...]:
    """A report as rows of the results."""
    return tuple(
        GradcheckRow(
            check=tensor.check,
            tensor=tensor.tensor,
            error=tensor.error,
            mean_absolute_difference=tensor.mean_absolute_difference if tensor.checked else None,
            checked=tensor.checked,
            kinks=tensor.kinks,
            passed=tensor.passed,
        )
        for tensor in report.tensors
    )
