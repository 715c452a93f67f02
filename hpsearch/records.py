"""What a sweep is made of: planned trials and rounds, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hpsearch.space import Scalar


class Status(StrEnum):
    """How a trial ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"  # by the sweep's stopping rule
    GATE_FAILED = "gate_failed"  # a gradient check failed: before the training, or in it after `epochs_run` epochs
    DIVERGED = "diverged"  # a loss was no longer a finite number
    FAILED = "failed"  # the machine failed: worker lost, or an error in the trial


@dataclass(frozen=True, slots=True)
class Trial:
    """One sampled configuration, planned to be trained once."""

    number: int  # from 0, over the whole sweep
    round: int
    seed: int
    unit: tuple[float, ...]  # the point in the unit cube
    values: Mapping[str, Scalar]  # the searched settings by name
    limits: tuple[float, ...] = ()  # the worst scores, smaller being better, with which it goes on after its rungs
    configuration: int | None = None  # from 0, over the whole sweep; None if each is trained once


@dataclass(frozen=True)
class Interval:
    """Where a round looked, for one setting; in the setting's own values."""

    setting: str
    centre: Scalar  # the leader's value; None while there was no leader
    low: Scalar  # None for a choice, which has no order
    high: Scalar
    range_low: Scalar = None  # the ends of the setting's whole range, where ranges may be widened; None else
    range_high: Scalar = None


@dataclass(frozen=True)
class Round:
    """Trials planned together."""

    number: int
    trials: tuple[Trial, ...]
    global_share: float  # the part of the trials drawn from the whole space
    region: tuple[Interval, ...]  # where the others were drawn


@dataclass(frozen=True, slots=True)
class EpochRow:
    """A trial after an epoch."""

    epoch: int
    scores: Mapping[str, float]
    segment: Mapping[str, Scalar] = field(default_factory=dict)  # columns on its segment, where there are segments


@dataclass(frozen=True, slots=True)
class GradcheckRow:
    """A trial's gradient check of one parameter tensor."""

    epoch: int  # after which; 0: before the training
    check: str
    tensor: str
    method: str  # that decided
    error: float
    mean_absolute_difference: float | None
    checked: int
    kinks: int
    passed: bool
    blamed: str | None = None  # if it failed, the layer or loss at fault


@dataclass(frozen=True, slots=True)
class Place:
    """When and where a trial ran: true, but no part of its result."""

    started_at: datetime  # UTC
    duration_s: float
    worker: str
    node: str | None  # None if the worker was lost before it could say
    platform: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """How a trial ended: a pure function of config, data and the trial's seed."""

    status: Status
    scores: Mapping[str, float] = field(default_factory=dict)  # val_loss, val_<metric>, train_loss at best_epoch
    best_epoch: int | None = None
    epochs: tuple[EpochRow, ...] = ()
    gradchecks: tuple[GradcheckRow, ...] = ()
    gradcheck_error: float | None = None
    gradcheck_verdict: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial."""

    trial: Trial
    result: Result
    place: Place


@dataclass(frozen=True, slots=True)
class Observation:
    """What a sampler may know of a finished trial."""

    number: int
    round: int
    unit: tuple[float, ...]
    score: float | None  # smaller is better; None if the trial did not complete
    rungs: tuple[float, ...] = ()  # its scores where it could have been stopped, as far as it came
    extrapolated: bool = False  # whether the score was reckoned for a trial that was stopped
