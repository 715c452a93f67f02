"""A run's settings in the trainer's terms: what depends on the data is worked out, and refused if it does not fit."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from hpsearch.config import Config, Run, nearest
from hpsearch.errors import UsageError
from trainer import Architecture, Plugin, Training
from trainer.data import Rows
from trainer.losses import LOSSES, USUAL, LossSettings, Task
from trainer.optimizers import OPTIMIZERS
from trainer.plugins import kinds_with

BINARY = "logistic_cross_entropy"
"""The loss that tells two classes apart in one column."""


def architecture_of(run: Run, train: Rows, classes: Sequence[str], plugins: tuple[Plugin, ...] = ()) -> Architecture:
    """The network that a run trains on these rows; no classes: the targets are numbers.

    Raises UsageError if the loss, the class weights or the groups of dropout do not fit the data.
    """
    loss = loss_of(run, classes, plugins, multilabel=train.multilabel)
    return Architecture(
        n_in=train.x.shape[1],
        n_out=1 if loss == BINARY and not train.multilabel else train.targets.shape[1],
        hidden=run.model.widths,
        activation=run.model.activation,
        batch_norm=run.model.batch_norm,
        dropout=run.model.dropout,
        input_dropout=run.model.input_dropout,
        input_groups=_groups(run.model.input_groups, train.x.shape[1]),
        initializer=run.model.initializer,
        l1=run.train.l1,
        l2=run.train.l2,
        loss=loss,
        label_smoothing=run.train.label_smoothing,
        class_weights=_class_weights(run.train.class_weights, train, classes),
        delta=run.train.delta,
        plugins=plugins,
        after_activation=tuple(run.model.after_activation),
        penalties=tuple(run.train.penalties.items()),
    )


def plugins_of(config: Config) -> tuple[Plugin, ...]:
    """The plug-ins of a config."""
    return tuple(Plugin(*plugin) for plugin in config.known.plugins)


def training_of(run: Run) -> Training:
    """How a run trains."""
    return Training(**{field.name: getattr(run.train, field.name) for field in fields(Training)})


def steered(run: Run) -> dict[str, float]:
    """The settings of a run that may change between segments of its training: those that it uses.

    One that is 0 is none of them: with it the gate would have checked another network.
    """
    used = {"learning_rate", "l2", *OPTIMIZERS[run.train.optimizer].uses}
    names = [name for name in ("learning_rate", "beta", "weight_decay", "l2") if name in used]
    found: dict[str, float] = {name: getattr(run.train, name) for name in names}
    if run.model.widths:
        found["dropout"] = run.model.dropout
    return {name: value for name, value in found.items() if value}


def with_settings(run: Run, settings: Mapping[str, float]) -> Run:
    """The run with other values of settings that are `steered`."""
    model = {name: value for name, value in settings.items() if name == "dropout"}
    train = {name: value for name, value in settings.items() if name != "dropout"}
    return run.model_copy(
        update={"model": run.model.model_copy(update=model), "train": run.train.model_copy(update=train)}
    )


def rows_of(loss: str, rows: Rows) -> Rows:
    """The rows with the targets that the loss learns from."""
    return rows.as_yes_or_no() if loss == BINARY and not rows.multilabel else rows


def loss_of(run: Run, classes: Sequence[str], plugins: tuple[Plugin, ...] = (), *, multilabel: bool = False) -> str:
    """The loss that was asked for, or the usual one; raises UsageError if it or its settings do not fit."""
    task: Task = "classification" if classes else "regression"
    loss, losses = run.train.loss or (BINARY if multilabel else USUAL[task]), kinds_with(plugins).losses
    if losses[loss].task != task:
        learns, has = ("numbers", "classes") if classes else ("classes", "numbers")
        fitting = ", ".join(name for name, kind in losses.items() if kind.task == task)
        raise UsageError(f"train.loss: {loss!r} learns {learns}, and the data has {has}; take one of {fitting}")
    if multilabel and loss in LOSSES and loss != BINARY:
        raise UsageError(f"train.loss: {loss!r} learns one class of several, and the data has labels; take {BINARY}")
    if loss == BINARY and len(classes) != 2 and not multilabel:
        raise UsageError(
            f"train.loss: {loss!r} tells two classes apart, and the data has {len(classes)}; take {USUAL[task]}"
        )
    for name in ("label_smoothing", "class_weights", "delta"):
        value = getattr(run.train, name)
        if name not in losses[loss].uses and value != getattr(LossSettings, name):
            raise UsageError(
                f"train.{name} must be left out, or another loss be taken: {loss!r} has none; it is {value!r}"
            )
    return loss


def _class_weights(
    setting: str | Sequence[float] | Mapping[str, float] | None, train: Rows, classes: Sequence[str]
) -> tuple[float, ...] | None:
    """One number a class. Balanced: rows / (classes · rows of the class) of the training rows (King, Zeng 2001)."""
    if setting is None:
        return None
    if isinstance(setting, str):
        if train.multilabel:
            raise UsageError(
                "train.class_weights: 'balanced' is for classes, and the data has labels; give each a number"
            )
        counts = train.targets.sum(axis=0, dtype=np.float64)
        return tuple((len(train) / (len(classes) * counts)).tolist())
    if isinstance(setting, Mapping):
        for label in setting:
            if label not in classes:
                raise UsageError(f"train.class_weights: there is no class {label!r}; {nearest(label, classes)}")
        return tuple(setting.get(label, 1.0) for label in classes)
    if len(setting) != len(classes):
        raise UsageError(
            f"train.class_weights must be one number for each of the {len(classes)} classes; it has {len(setting)}"
        )
    return tuple(setting)


def _groups(groups: Sequence[int] | None, features: int) -> tuple[int, ...] | None:
    if groups is None:
        return None
    if len(groups) != features or max(groups) + 1 != len(set(groups)):
        raise UsageError(
            f"model.input_groups must give each of the {features} features a group, counted 0, 1, … without gaps; "
            f"it has {len(groups)} numbers, {len(set(groups))} of them different, the largest {max(groups, default=None)}"
        )
    return tuple(groups)
