"""The keys of a config, their types, bounds and defaults.

These models describe one training run: what is left of a config when values stand in place of distributions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from hpsearch.samplers import SAMPLERS
from hpsearch.stopping import STOPPING


@dataclass(frozen=True)
class Known:
    """Names that only the trainer knows; given to validation as its context."""

    activations: Sequence[str]
    initializers: Sequence[str]
    losses: Sequence[str]
    optimizers: Sequence[str]
    schedules: Sequence[str]
    metrics: Sequence[str]
    extended: Callable[[tuple[tuple[str, str], ...]], "Known"]
    """These names and those of plug-ins, given as name and text; raises UsageError for one that cannot be used."""
    layers: Sequence[str] = ()  # of plug-ins
    penalties: Sequence[str] = ()  # of plug-ins
    plugins: tuple[tuple[str, str], ...] = ()  # name and text of each file
    bundled: Sequence[str] = ()  # data sets that need no file


def nearest(name: str, names: Sequence[str]) -> str:
    """The end of a sentence about an unknown name: what was probably meant, or what there is."""
    if not names:
        return "there are none"
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"


def _one_of(field: str) -> AfterValidator:
    def validate(name: str, info: ValidationInfo) -> str:
        names = getattr(info.context, field)
        if name not in names:
            raise ValueError(f"is not one of the {field}; {nearest(name, names)}")
        return name

    return AfterValidator(validate)


def _strategy(name: str) -> str:
    if name not in SAMPLERS:
        raise ValueError(f"is not one of the strategies; {nearest(name, list(SAMPLERS))}")
    return name


def _stopping(name: str) -> str:
    if name not in STOPPING:
        raise ValueError(f"is not one of the stopping rules; {nearest(name, list(STOPPING))}")
    return name


WIDTHS, BLOCK = "<widths>", "<block>"  # which form `hidden` has; pydantic puts it in the path of an error
WORD, NUMBERS, LABELS = "<word>", "<numbers>", "<labels>"  # which form `class_weights` has
SHARE, FOLDS = "<share>", "<folds>"  # which form `validation` has
FORMS = (WIDTHS, BLOCK, WORD, NUMBERS, LABELS, SHARE, FOLDS)

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Block(BaseModel):
    """A part of a config: no unknown keys, no silent change of type, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _as_list(value: Any) -> Any:
    if not isinstance(value, str | list):
        raise ValueError("is neither a column's name nor a list of names; put a name that is a number in quotes")
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[str], BeforeValidator(_as_list)]
"""Names of columns; one may stand alone."""


class Folds(Block):
    """Cross-validation."""

    folds: Annotated[int, Field(ge=2)]


class Data(Block):
    """What to learn from."""

    source: str  # a bundled name or a path
    target: Columns = []  # of a table: what to predict
    drop: Columns = []  # of a table: what to leave out
    task: Literal["auto", "classification", "regression", "multilabel"] = "auto"
    group: str | None = None  # of a table: rows that are equal here come into one part
    time: str | None = None  # of a table: the latest rows are the test rows
    validation: Annotated[
        Annotated[Annotated[float, Field(gt=0, lt=1)], Tag(SHARE)] | Annotated[Folds, Tag(FOLDS)],
        Discriminator(lambda value: FOLDS if isinstance(value, dict | Folds) else SHARE),
    ] = 0.2  # fraction of all rows; or folds of all rows but those of the test
    test: Fraction = 0.2  # fraction of all rows

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> "Data":
        if isinstance(self.validation, float) and self.validation + self.test >= 1:
            raise ValueError(
                f"validation and test take {self.validation:g} + {self.test:g}: no row is left to train on"
            )
        return self

    @property
    def folds(self) -> int | None:
        """How many folds there are; None where the same rows judge every trial."""
        return self.validation.folds if isinstance(self.validation, Folds) else None


class Hidden(Block):
    """Hidden layers of equal width."""

    layers: Annotated[int, Field(ge=0)]
    units: Annotated[int, Field(ge=1)]


def _form_of_weights(value: Any) -> str:
    return NUMBERS if isinstance(value, list) else LABELS if isinstance(value, dict) else WORD


ClassWeights = Annotated[
    Annotated[Literal["balanced"], Tag(WORD)]
    | Annotated[list[Positive], Tag(NUMBERS)]
    | Annotated[dict[str, Positive], Tag(LABELS)],
    Discriminator(_form_of_weights),
]
"""How much the rows of each class count: as their rarity asks for, or a number a class, in order or by label."""


class Model(Block):
    """The network."""

    hidden: Annotated[
        Annotated[list[Annotated[int, Field(ge=1)]], Tag(WIDTHS)] | Annotated[Hidden, Tag(BLOCK)],
        Discriminator(lambda value: BLOCK if isinstance(value, dict | Hidden) else WIDTHS),
    ] = [256, 256]  # widths, or a number of layers and their width
    activation: Annotated[str, _one_of("activations")] = "relu"
    batch_norm: bool = True
    dropout: Fraction = 0.0  # of hidden units
    input_dropout: Fraction = 0.0
    input_groups: list[Annotated[int, Field(ge=0)]] | None = None  # of each feature: one group is dropped together
    initializer: Annotated[str, _one_of("initializers")] | None = None  # the usual one for the activation
    after_activation: list[Annotated[str, _one_of("layers")]] = []  # layers of plug-ins, in each hidden layer

    @property
    def widths(self) -> tuple[int, ...]:
        """The width of each hidden layer."""
        return (self.hidden.units,) * self.hidden.layers if isinstance(self.hidden, Hidden) else tuple(self.hidden)


class Train(Block):
    """How the network is trained."""

    optimizer: Annotated[str, _one_of("optimizers")] = "adamw"
    learning_rate: Positive = 0.01
    beta: Fraction = 0.9
    beta2: Fraction = 0.999
    epsilon: Positive = 1e-8
    weight_decay: NotNegative = 0.2  # of adamw
    l1: NotNegative = 0.0
    l2: NotNegative = 0.0
    loss: Annotated[str, _one_of("losses")] | None = None  # the usual one for classes, or for numbers
    label_smoothing: Fraction = 0.0  # of the cross-entropies
    class_weights: ClassWeights | None = None  # of the cross-entropies; every class counts 1
    delta: Positive = 1.0  # of huber: where it turns from square to linear
    clip: Positive | None = None  # the gradient's largest norm
    max_norm: Positive | None = None  # the largest norm of a unit's incoming weights
    schedule: Annotated[str, _one_of("schedules")] = "cosine"
    warmup: NotNegative = 0.0  # epochs
    decay: Positive | None = None  # of the schedules step (a half) and exponential (0.95)
    decay_every: Count = 10  # epochs, of the schedule step
    decay_times: Count | None = None  # of the schedule step
    penalties: dict[Annotated[str, _one_of("penalties")], NotNegative] = {}  # of plug-ins: their coefficients
    batch_size: Count = 32
    epochs: Count = 20
    patience: Count | None = None  # epochs without a better val_loss

    @model_validator(mode="after")
    def _warms_up_in_time(self) -> "Train":
        if self.warmup and self.warmup >= self.epochs:
            raise ValueError(
                f"warmup must end before the training does: it takes {self.warmup:g} epochs, and epochs is {self.epochs}"
            )
        return self


Factor = Annotated[float, Field(gt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Decision(Block):
    """What becomes of a segment, and how the next one is trained; a setting that is not named stays."""

    keep: bool  # or go back to where the segment began
    learning_rate: Positive | None = None
    beta: Share | None = None
    weight_decay: Positive | None = None
    l2: Positive | None = None
    dropout: Share | None = None

    @property
    def settings(self) -> dict[str, float]:
        """The settings that are named."""
        return self.model_dump(exclude={"keep"}, exclude_none=True)


class Babysit(Block):
    """Training in segments: how long they are, and how far each setting is nudged between them; null: not at all."""

    segment: Count = 2  # epochs
    learning_rate: Factor | None = 2.0
    beta: Factor | None = 2.0  # of 1 - beta
    weight_decay: Factor | None = 2.0
    l2: Factor | None = 3.0
    dropout: Share | None = 0.1  # added or taken off
    decisions: list[Decision] = []  # in place of its own, from the first segment on

    @property
    def steps(self) -> dict[str, float]:
        """How far each setting that may be nudged is."""
        return self.model_dump(exclude={"segment", "decisions"}, exclude_none=True)


class Search(Block):
    """How the space is searched."""

    strategy: Annotated[str, AfterValidator(_strategy)] = "zoom"
    trials: Annotated[int, Field(ge=1)] = 48
    round: Annotated[int, Field(ge=1)] = 4  # configurations planned together
    lookahead: Annotated[int, Field(ge=0)] = 1  # rounds that may be under way before the one being planned
    repeats: Count = 1  # trials of each configuration, with seeds of their own; their mean ranks it
    metric: str = "val_loss"
    stopping: Annotated[str, AfterValidator(_stopping)] = "envelope"  # of trials that fall behind earlier ones
    start_with: list[dict[str, Any]] = []  # known configurations, by the names of the searched settings; tried first
    widen: bool = False  # a range at whose end the best lies
    cost: Literal["flops"] | None = None  # what cheap networks have less of, and are preferred for
    points: Annotated[int, Field(ge=1)] = 5  # of grid: how many values of each setting


class Gradcheck(Block):
    """The gate: when it checks, and how closely; `trainer.gradcheck.Settings` says where the numbers come from."""

    at: list[Literal["start"] | Count] = ["start"]  # and after which epochs
    on_failure: Literal["skip", "abort"] = "skip"
    tolerance: Positive = 1e-6  # of the relative error
    step: Positive = 1e-5  # of central differences
    rounding: Positive = 4.0  # the constant of the rounding floor
    directions: Count = 1  # in each tensor
    coordinates: Annotated[int, Field(ge=0)] = 0  # of each tensor; directions see them all

    @field_validator("at")
    @classmethod
    def _begins_at_the_start(cls, at: list[Literal["start"] | int]) -> list[Literal["start"] | int]:
        if "start" not in at:
            raise ValueError('does not name "start", and no trial trains unchecked; add it')
        if len(set(at)) < len(at):
            raise ValueError("names an epoch twice; name each once")
        return at

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs after which the gate checks again."""
        return tuple(epoch for epoch in self.at if isinstance(epoch, int))


class Engine(Block):
    """Where trials run; never part of a sweep's identity."""

    workers: Annotated[int, Field(ge=1)] | None = None
    address: str | None = None  # of a Ray cluster
    retries: Annotated[int, Field(ge=0)] = 3  # after a worker was lost
    trial_timeout: Positive | None = None  # seconds, after which a worker and its trial are ended
    memory: Positive | None = None  # GiB that a worker's trials may take
    mixed: bool = False  # let workers of another numeric platform take part


class Resources(Block):
    """What one trial may use."""

    cpus: Annotated[int, Field(ge=1)] = 1  # also the number of BLAS threads, on which bits depend


class Run(Block):
    """One training run."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    seed: Annotated[int, Field(ge=0)] = 0
    data: Data
    model: Model = Model()
    train: Train = Train()
    plugins: list[str] = []  # Python files that define a user's own parts of networks
    metrics: list[Annotated[str, _one_of("metrics")]] = ["accuracy"]  # of the validation rows
    train_metrics: list[Annotated[str, _one_of("metrics")]] = []  # of the training rows
    search: Search = Search()
    gradcheck: Gradcheck = Gradcheck()
    babysit: Babysit | None = None  # of `hpsearch train`
    resources: Resources = Resources()
    engine: Engine = Engine()
    tracking: Literal["mlflow"] | None = None  # where trials are also reported; never part of the sweep's identity

    @field_validator("metrics", "train_metrics")
    @classmethod
    def _each_once(cls, metrics: list[str]) -> list[str]:
        if len(set(metrics)) < len(metrics):
            raise ValueError("names a metric twice")
        return metrics

    @field_validator("babysit")
    @classmethod
    def _goes_back_by_itself(cls, babysit: Babysit | None, info: ValidationInfo) -> Babysit | None:
        train, data = info.data.get("train"), info.data.get("data")
        if babysit and train and train.patience is not None:
            raise ValueError(
                "train.patience must be null where a training is babysat, because that goes back by itself; it is "
                f"{train.patience}"
            )
        if babysit and data and data.folds is not None:
            raise ValueError(
                f"data.validation must be a share of the rows, as 0.2, where a training is babysat; it is {data.folds} folds"
            )
        return babysit

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The settings of a run of which nothing is said; without those that have no default."""
        run = cls(name="any", data=Data(source="any"))
        return run.model_dump(mode="json", exclude={"name": True, "data": {"source"}})

    @property
    def recorded(self) -> list[str]:
        """The names of the scores in the results by which trials can be ranked."""
        of_validation = ["val_loss", *(f"val_{metric}" for metric in self.metrics)]
        return [*of_validation, "train_loss", *(f"train_{metric}" for metric in self.train_metrics)]

    @property
    def spreads(self) -> list[str]:
        """The names of what the results have beside the scores: how far folds are from one another."""
        return [] if self.data.folds is None else ["val_loss_std"]
