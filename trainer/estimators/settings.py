"""The settings of an estimator, by hpsearch's names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

from trainer.architecture import Architecture
from trainer.checks import require, require_flag, require_fraction
from trainer.training import Training


@dataclass(kw_only=True, eq=False, repr=False)
class Settings:
    """What both estimators can be told. Nothing is checked before `fit`, as scikit-learn wants it."""

    hidden: Sequence[int] | int = (100,)  # widths; () is softmax, logistic or linear regression
    activation: str = "relu"
    batch_norm: bool = False
    dropout: float = 0.0  # probability of dropping a hidden unit
    input_dropout: float = 0.0
    initializer: str | None = "xavier"  # None: the usual one for the activation
    l1: float = 0.0
    l2: float | None = None  # None: chosen on held-out rows, see trainer.estimators.strength
    optimizer: str = "adam"
    learning_rate: float = 3e-3
    beta: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01  # AdamW's
    clip: float | None = None
    max_norm: float | None = None
    schedule: str = "cosine"
    warmup: float = 0.0
    decay: float | None = None
    decay_every: int = 10
    decay_times: int | None = None
    batch_size: int = 32
    epochs: int = 100
    patience: int | None = None  # epochs without a better loss on held-out rows (if there are none, on all rows)
    validation_fraction: float = 0.2  # of the rows, held out where that makes ten or more
    standardize: bool = True  # inputs, and the targets of regression
    warm_start: bool = False  # fit goes on from the weights of the last fit
    random_state: Any = None

    def _training(self) -> Training:
        """How to train; raises TrainerError for a bad setting."""
        for name in ("standardize", "warm_start"):
            require_flag(name, getattr(self, name))
        require_fraction("validation_fraction", self.validation_fraction)
        return Training(**{field.name: getattr(self, field.name) for field in fields(Training)})

    def _architecture(self, n_in: int, n_out: int, l2: float, loss: str) -> Architecture:
        """What to train; raises TrainerError for a bad setting."""
        own = {"n_in", "n_out", "hidden", "l2", "loss"}
        names = [field.name for field in fields(Architecture) if field.name not in own and hasattr(self, field.name)]
        others = {name: getattr(self, name) for name in names}
        return Architecture(n_in=n_in, n_out=n_out, hidden=self._widths(), l2=l2, loss=loss, **others)

    def _widths(self) -> tuple[int, ...]:
        hidden: Any = self.hidden
        if isinstance(hidden, Integral):
            return (int(hidden),)
        require(isinstance(hidden, Iterable), "hidden", hidden, "the widths of the hidden layers, such as (64, 64)")
        return tuple(hidden)
