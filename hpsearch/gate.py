"""The gate: a trial's own network, on its own data, must pass a gradient check before it may train."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from hpsearch.config import Config, Run
from hpsearch.errors import HpsearchError
from hpsearch.records import GradcheckRow, Result, Status
from hpsearch.seeds import TrialGenerators, trial_seed
from hpsearch.settings import architecture_of, plugins_of, rows_of
from hpsearch.space import Scalar
from trainer import Architecture, Epoch
from trainer.arrays import Array
from trainer.data import Rows
from trainer.gradcheck import Batch, Settings, TensorCheck, check
from trainer.gradcheck import Report as Report  # noqa: PLC0414 - exported again
from trainer.plugins import place_in_plugins, require_shapes

GATE_ROWS = 8  # training rows in a gradient check
SHOWN = 20  # coordinates of each tensor that `hpsearch check` compares


class Gate:
    """The gate of one trial, and what it has found so far.

    networks: those of the trial with their training rows: one, or one a fold. Folds whose networks are alike, as they
    mostly are, are one network to the gate, which checks it on the rows of the first of them.
    """

    def __init__(self, networks: Sequence[tuple[Architecture, Rows]], run: Run, rng: np.random.Generator) -> None:
        architectures = [architecture for architecture, _ in networks]
        self._networks = {architectures.index(each): networks[architectures.index(each)] for each in architectures}
        self._rng, self._settings = rng, settings_of(run)
        self._epochs = run.gradcheck.epochs
        self._reports: dict[int, Report] = {}  # by epoch; 0: before the training

    def opens(self, epoch: int = 0, parameters: Sequence[Array] | None = None) -> bool:
        """Check at random parameters or, after an epoch, at each network's trained ones; whether the check passed."""
        tensors: list[TensorCheck] = []
        for place, (architecture, train) in self._networks.items():
            at = None if parameters is None else parameters[place]
            report = check_gradients(architecture, train, self._rng, self._settings, at)
            fold = f", fold {place + 1}" if place else ""
            tensors += [replace(tensor, check=f"{tensor.check}{fold}") for tensor in report.tensors]
        self._reports[epoch] = Report(tuple(tensors))
        return self._reports[epoch].passed

    def closes(self, epoch: Epoch, parameters: Sequence[Array]) -> bool:
        """Whether a check that is due after this epoch failed; a training that has diverged is not checked."""
        due = epoch.epoch in self._epochs and all(map(math.isfinite, epoch.scores.values()))
        return due and not self.opens(epoch.epoch, parameters)

    def result(self) -> Result:
        """How the trial ends if nothing comes after; with an error if a check failed."""
        whole = Report(tuple(tensor for report in self._reports.values() for tensor in report.tensors))
        place = f"after epoch {max(self._reports)}: " if max(self._reports) else ""
        return Result(
            Status.GATE_FAILED,
            gradchecks=tuple(row for epoch, report in self._reports.items() for row in gradcheck_rows(report, epoch)),
            gradcheck_error=whole.error,
            gradcheck_verdict=whole.verdict,
            error=None if whole.passed else place + accusation(whole),
        )


def settings_of(run: Run) -> Settings:
    """How closely a run's gate looks."""
    return Settings(**run.gradcheck.model_dump(exclude={"at", "on_failure"}))


def check_gradients(
    architecture: Architecture,
    train: Rows,
    rng: np.random.Generator,
    settings: Settings,
    parameters: Array | None = None,
) -> Report:
    """The gradient check of a network, on rows of its own training data; at these parameters, or at random ones."""
    train = rows_of(architecture.loss, train)
    rows = rng.choice(len(train), size=min(GATE_ROWS, len(train)), replace=False)
    if architecture.plugins:
        for dtype in (np.float64, np.float32):  # of the check, and of training
            require_shapes(architecture.build(capacity=len(rows), dtype=dtype))
    weights = None if train.weights is None else train.weights[rows]
    batch = Batch(train.x[rows], train.targets[rows], weights)
    return check(
        lambda dtype: architecture.build(capacity=len(rows), dtype=dtype), batch, rng, settings, parameters=parameters
    )


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
    """Check each of `networks`, at so many coordinates more than a gate that there is something to read; or at all."""
    settings = settings_of(config.run)
    settings = replace(settings, coordinates=None if full else max(SHOWN, settings.coordinates or 0))
    for index, (values, architecture) in enumerate(networks(config, train, classes)):
        rng = TrialGenerators.of(trial_seed(config.run.seed, 0, index)).gradcheck
        try:
            report = check_gradients(architecture, train, rng, settings)
        except Exception as error:  # a plug-in may raise anything
            if not architecture.plugins:
                raise
            place = place_in_plugins(architecture.plugins, error)
            raise HpsearchError(f"the plug-ins cannot be checked: {type(error).__name__}: {error}{place}") from error
        yield values, architecture, report


def accusation(report: Report) -> str:
    """A sentence about the layer to blame in a failed check, and the tensor to look at first."""
    guilty = report.guilty
    if guilty is None:
        raise ValueError("nothing failed")
    seen = (
        f"at coordinate {guilty.worst} back-propagation gives {guilty.gradient:.6g}, the cost's slope is {guilty.slope:.6g}"
        if guilty.worst >= 0
        else "no coordinate could be compared"
    )
    return (
        f"gradient check ({guilty.check}) failed at {guilty.tensor}: relative error {guilty.error:.2e}; "
        f"{seen}; to blame: {guilty.blamed or 'not found'}"
    )


def gradcheck_rows(report: Report, epoch: int) -> tuple[GradcheckRow, ...]:
    """A report as rows of the results; `epoch`: after which it was made."""
    return tuple(
        GradcheckRow(
            epoch=epoch,
            check=tensor.check,
            tensor=tensor.tensor,
            method=tensor.method,
            error=tensor.error,
            mean_absolute_difference=tensor.mean_absolute_difference if tensor.checked else None,
            checked=tensor.checked,
            kinks=tensor.kinks,
            passed=tensor.passed,
            blamed=tensor.blamed,
        )
        for tensor in report.tensors
    )
