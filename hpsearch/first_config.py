"""A first config for data that nobody has searched on: what there is, and a space and a budget for its size."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpsearch.errors import UsageError
from hpsearch.seeds import split_seed
from hpsearch.words import counted
from trainer import TrainerError
from trainer.data import BUNDLED, Arrays, Columns, Layout, Prepared, dataset_of, load, prepare, read
from trainer.data.table import is_missing

TARGETS = ("target", "label", "class", "y")
"""Names that say of a column that it is to be predicted."""
VALIDATION = TEST = 0.2
PLURALS: Mapping[str, str] = {"number": "numbers", "date": "dates", "category": "categories"}
METRICS: Mapping[str, str] = {
    "classification": "[accuracy, f1_macro]",
    "regression": "[r2, neg_mean_absolute_error]",
    "multilabel": "[accuracy, f1_macro]",
}


@dataclass(frozen=True)
class Budget:
    """How much to search for so many training rows."""

    below: float  # training rows
    trials: int
    epochs: int
    batch_size: tuple[int, ...]
    units: tuple[int, int]
    layers: tuple[int, int]  # 0 is a linear model, often the best for few rows


BUDGETS = (
    Budget(200, 48, 60, (8, 16, 32), (8, 64), (0, 2)),
    Budget(2_000, 48, 60, (16, 32, 64), (16, 128), (0, 2)),
    Budget(10_000, 48, 30, (32, 64, 128), (32, 256), (1, 3)),
    Budget(50_000, 48, 20, (64, 128, 256), (32, 256), (1, 3)),
    Budget(float("inf"), 32, 10, (128, 256, 512), (64, 256), (1, 3)),
)
"""Each is minutes at most on two processors; small data trains long in small steps."""


@dataclass(frozen=True)
class FirstConfig:
    """A config in YAML, the sweep's name in it, and sentences about the data."""

    name: str
    text: str
    seen: tuple[str, ...]


def first_config(source: str, target: Sequence[str] = ()) -> FirstConfig:
    """Look at a source, and write a config for it; `target`: the columns to predict, if the source is a table.

    Without `target` it is the column called target, label, class or y, or else the last one.
    Raises UsageError if the source cannot be read or learned from.
    """
    try:
        content = None if source in BUNDLED else read(source)
        table = None if content is None or isinstance(content, Arrays) else content.columns
        chosen, why = _target(table, target)
        layout, name = Layout(chosen), Path(source).name.partition(".")[0]
        dataset = load(source, layout) if content is None else dataset_of(content, name, layout, source)
        prepared = prepare(dataset, validation=VALIDATION, test=TEST, seed=split_seed(0))
    except TrainerError as error:
        sentence = str(error)
        raise UsageError(sentence if sentence.startswith(source) else f"{source}: {sentence}") from error
    seen = (*_sizes(prepared, table), *why, *prepared.notes)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", dataset.name).strip("._-") or "sweep"
    return FirstConfig(name, _text(name, source, prepared, seen), seen)


def _target(table: Columns | None, asked: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns to predict, and why those."""
    if table is None or asked:
        return tuple(asked), ()
    named = [name for name in table if name.lower() in TARGETS]
    chosen = named[0] if named else list(table)[-1]
    reason = "by its name" if named else "the last column"
    return (chosen,), (f"the target is {chosen!r}, {reason}; another one by --target",)


def _sizes(prepared: Prepared, table: Columns | None) -> list[str]:
    sizes = prepared.sizes()
    features = prepared.train.x.shape[1]
    rows = f"{sum(sizes.values())} rows: {sizes['train']} to train on, {sizes['validation']} to validate, {sizes['test']} to test"
    if table is None or prepared.encoder is None:
        return [f"{rows}; {counted(features, 'feature')}"]
    columns = prepared.encoder.columns
    kinds = Counter(column.kind for column in columns)
    listed = ", ".join(f"{count} {kind if count == 1 else PLURALS[kind]}" for kind, count in kinds.items())
    holes = float(np.mean([is_missing(table[column.name]).mean() for column in columns]))
    missing = f"; {holes:.0%} of their values are missing" if holes else ""
    return [
        rows,
        f"{counted(len(columns), 'column')} to learn from, {listed}, as {counted(features, 'feature')}{missing}",
    ]


def _text(name: str, source: str, prepared: Prepared, seen: Sequence[str]) -> str:
    """The config, with a reason beside each choice."""
    budget = next(budget for budget in BUDGETS if prepared.sizes()["train"] < budget.below)
    layers, units = list(budget.layers), list(budget.units)
    target = [f"  target: {_flow(prepared.target)}"] if prepared.target else []
    steps = ", ".join(map(str, budget.batch_size))
    lines = [
        *(f"# {_line(sentence)}" for sentence in seen),
        f"name: {_scalar(name)}",
        "seed: 0",
        "data:",
        f"  source: {_scalar(source)}",
        *target,
        f"  task: {prepared.task}",
        f"  validation: {VALIDATION}             # of all rows, on which trials are judged",
        f"  test: {TEST}                   # of all rows, which only the best configuration meets",
        "model:",
        *([] if layers[0] else ["  # Without layers it is a linear model, in which units and dropout have no part."]),
        f"  hidden: {{layers: {{int: {layers}}}, units: {{log_int: {units}}}}}",
        "  dropout: {uniform: [0.0, 0.5]}",
        "train:",
        "  optimizer: adamw",
        "  learning_rate: {log: [1e-3, 1e-1]}    # what matters most; falls to 0 along a cosine",
        "  weight_decay: {log: [1e-3, 1]}",
        f"  batch_size: {{choice: [{steps}]}}",
        f"  epochs: {budget.epochs}",
        *(["  loss: mean_squared_error    # or huber, if some targets are far off"] if not prepared.classes else []),
        f"metrics: {METRICS[prepared.task]}",
        "search:",
        "  strategy: zoom          # from coarse to fine",
        f"  trials: {budget.trials}              # more find better ones: hpsearch resume ... --trials N",
        "  metric: val_loss",
    ]
    return "\n".join(lines) + "\n"


def _flow(names: Sequence[str]) -> str:
    return _scalar(names[0]) if len(names) == 1 else f"[{', '.join(map(_scalar, names))}]"


def _scalar(text: str) -> str:
    """Text in YAML, in quotes unless it is a plain word that can be nothing else."""
    plain = re.fullmatch(r"(\.{0,2}/|[A-Za-z_])[A-Za-z0-9_./-]*", text) and text.lower() not in {
        "null",
        "true",
        "false",
    }
    return text if plain else json.dumps(text, ensure_ascii=False)


def _line(sentence: str) -> str:
    return " ".join(sentence.split())
