"""The names that the trainer offers to configs."""

from dataclasses import replace

from hpsearch.config import Known
from hpsearch.errors import UsageError
from trainer import Plugin, TrainerError
from trainer.data import BUNDLED
from trainer.initializers import INITIALIZERS
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES
from trainer.metrics import METRICS, larger_is_better
from trainer.optimizers import OPTIMIZERS
from trainer.plugins import kinds_with
from trainer.schedules import SCHEDULES


def _known_with(plugins: tuple[tuple[str, str], ...]) -> Known:
    try:
        kinds = kinds_with(tuple(Plugin(*plugin) for plugin in plugins))
    except TrainerError as error:
        raise UsageError(str(error)) from error
    return replace(
        KNOWN,
        activations=list(kinds.activations),
        losses=list(kinds.losses),
        layers=list(kinds.layers),
        penalties=list(kinds.penalties),
        plugins=plugins,
    )


KNOWN = Known(
    activations=list(ACTIVATIONS),
    initializers=list(INITIALIZERS),
    losses=list(LOSSES),
    optimizers=list(OPTIMIZERS),
    schedules=list(SCHEDULES),
    metrics=list(METRICS),
    bundled=list(BUNDLED),
    extended=_known_with,
)
"""The names that the trainer offers to configs."""


def maximise(metric: str) -> bool:
    """Whether the better of two trials has the larger value of a recorded metric."""
    return larger_is_better(metric)
