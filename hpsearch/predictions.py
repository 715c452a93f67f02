"""A model file at work: predictions for new rows, and how good they are where the truth is known."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hpsearch.errors import UsageError
from hpsearch.location import Location
from hpsearch.store.files import local_copy, reaching, replace_file
from trainer import Model, Plugin, TrainerError, load
from trainer.arrays import Array
from trainer.data import BUNDLED, Arrays, Columns, read
from trainer.data import load as load_dataset
from trainer.data.loading import with_targets
from trainer.data.table import rows_in
from trainer.data.targets import truth_of_array, truth_of_columns
from trainer.metrics import require_metrics
from trainer.model import MissingPluginError
from trainer.plugins import kinds_with

if TYPE_CHECKING:
    from pandas import DataFrame

USUAL_METRICS = {
    "classification": ("accuracy",),
    "regression": ("r2", "neg_mean_absolute_error", "neg_root_mean_squared_error"),
}
SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True)
class Predictions:
    """What a model says of every row of a file, in the file's order."""

    frame: "DataFrame"
    notes: tuple[str, ...]  # sentences about what was ignored


@dataclass(frozen=True)
class Evaluation:
    """How good a model is on a file."""

    rows: int
    scores: Mapping[str, float]  # the loss, and the metrics
    notes: tuple[str, ...]


def predict(model_path: Location, data: str) -> Predictions:
    """Predictions for a file's rows; raises UsageError if the model or the data cannot be read or do not fit.

    Of classes `prediction` and a column `probability_<class>` each; of numbers `prediction`, or `prediction_<target>`
    each; of labels for each whether it holds, `prediction_<label>`, and its probability.
    """
    model = read_model(model_path)
    content, said = _content(data, model)
    with _naming(data):
        features, notes = _features(model, content)
        return Predictions(_frame(model, features), (*_outdated(model_path), *said, *notes))


def evaluate(model_path: Location, data: str, metrics: Sequence[str] = ()) -> Evaluation:
    """The loss and the metrics on the rows of a file whose target is known; raises UsageError as `predict` does."""
    model = read_model(model_path)
    content, said = _content(data, model)
    metrics = metrics or USUAL_METRICS["classification" if model.classes else "regression"]
    _require_metrics(metrics, model)
    with _naming(data):
        content, y, left_out = _with_truth(model, content)
        features, notes = _features(model, content)
        return Evaluation(
            len(y), model.evaluate(features, y, metrics), (*_outdated(model_path), *said, *left_out, *notes)
        )


def write(frame: "DataFrame", path: Path) -> None:
    """A table as CSV or Parquet, by the suffix, put in place whole; raises UsageError if that cannot be."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--output ends with one of {', '.join(SUFFIXES)}; it is {str(path)!r}")
    save = frame.to_csv if path.suffix.lower() == ".csv" else frame.to_parquet
    try:
        replace_file(path, lambda beside: save(beside, index=False))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def _naming(data: str) -> Iterator[None]:
    """Turn what does not fit into a sentence that begins with the file."""
    try:
        yield
    except TrainerError as error:
        raise UsageError(f"{data}: {error}") from error


def model_file(path: Location) -> Location:
    """A model's file, or that of a sweep's best model; raises UsageError if the sweep has none."""
    with reaching(path):
        is_sweep = path.is_dir()
        file = path / "best" / "model.npz" if is_sweep else path
        has_model = not is_sweep or file.is_file()
    if not has_model:
        raise UsageError(f"{path} has no model yet; make one by: hpsearch best {path}")
    return file


def _outdated(path: Location) -> list[str]:
    """A sentence, if this is a sweep whose best model is of an earlier state of it."""
    from hpsearch.rerun import outdated  # which imports all that trains

    with reaching(path):
        note = outdated(path) if path.is_dir() else None
    return [note] if note else []


def read_model(path: Location) -> Model:
    """The model in a file, or the best one of a sweep, with the plug-ins in the sweep's folder if it needs some."""
    file = model_file(path)
    try:
        with local_copy(file) as local:
            try:
                return load(local)
            except MissingPluginError:
                return load(local, _plugins(file.parent.parent / "plugins"))
    except TrainerError as error:
        raise UsageError(str(error)) from error


def _plugins(folder: Location) -> list[Plugin]:
    found = []
    for file in sorted(folder.glob("*.py"), key=lambda file: file.name):
        try:
            found.append(Plugin(file.name, file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the plug-in {file} cannot be read as UTF-8 text: {error}") from error
    return found


def _content(data: str, model: Model) -> tuple[Columns | Arrays, tuple[str, ...]]:
    """What is in a file, as the model expects it, and sentences about how it was read."""
    if data in BUNDLED:
        dataset = load_dataset(data)
        return Arrays(np.asarray(dataset.x), dataset.y, dataset.classes), ()
    try:
        content = read(data, model.expected)
    except TrainerError as error:
        raise UsageError(str(error)) from error
    return (content, ()) if isinstance(content, Arrays) else (content.columns, content.notes)


def _features(model: Model, content: Columns | Arrays) -> tuple[Array | Columns, tuple[str, ...]]:
    """What the model takes, and sentences about what it ignores."""
    if model.encoder is None:
        return (content.x if isinstance(content, Arrays) else _numbers(content, model)), ()
    if isinstance(content, Arrays):
        raise TrainerError("the model takes a table with named columns, and this is none")
    notes = []
    unknown = model.encoder.unknown(content)
    if unknown:
        notes.append(f"ignored, because there was no such column in training: {', '.join(unknown)}")
    return content, (*notes, *model.encoder.notes(content))


def _numbers(table: Columns, model: Model) -> Array:
    """A table for a model of arrays: all its columns, in their order."""
    for name, values in table.items():
        if values.dtype.kind != "f" or np.isnan(values).any():
            raise TrainerError(f"the model takes numbers; the column {name!r} holds something else, or nothing")
    if len(table) != model.architecture.n_in:
        raise TrainerError(f"the model takes {model.architecture.n_in} columns; there are {len(table)}")
    return np.column_stack(list(table.values()))


def _frame(model: Model, features: Array | Columns) -> "DataFrame":
    from pandas import DataFrame

    answers = model.answers(features)
    if not model.classes:
        several = len(model.target) > 1 or answers.shape[1] > 1
        names = model.target or tuple(map(str, range(answers.shape[1])))
        return DataFrame(answers, columns=[f"prediction_{name}" for name in names] if several else ["prediction"])
    probabilities = DataFrame(answers, columns=[f"probability_{name}" for name in model.classes])
    if model.multilabel:
        held = DataFrame((answers > 0.5).astype(int), columns=[f"prediction_{name}" for name in model.classes])
        return held.join(probabilities)
    probabilities.insert(0, "prediction", [model.classes[place] for place in answers.argmax(axis=1)])
    return probabilities


def _with_truth(model: Model, content: Columns | Arrays) -> tuple[Columns | Arrays, Array, list[str]]:
    """The rows whose target is known, their targets, and a sentence about the others."""
    if isinstance(content, Arrays):
        if content.y is None:
            raise TrainerError("there is no array 'y' to compare with")
        if not len(content.y):
            raise TrainerError("there is no row to compare with")
        outputs = model.architecture.n_out
        y = truth_of_array(content.y, model.classes, content.classes, outputs=outputs, multilabel=model.multilabel)
        return content, y, []
    absent = [name for name in model.target if name not in content]
    if absent or not model.target:
        raise TrainerError(
            f"there is no column {absent[0]!r} to compare with" if absent else "the model knows no target"
        )
    table, notes = with_targets(content, model.target)
    if not rows_in(table):
        raise TrainerError("no row has a target to compare with")
    truth = {name: table[name] for name in model.target}
    return table, truth_of_columns(truth, model.classes, multilabel=model.multilabel), notes


def _require_metrics(names: Sequence[str], model: Model) -> None:
    network = model.architecture
    try:
        require_metrics(names, kinds_with(network.plugins).losses[network.loss], network.n_out)
    except TrainerError as error:
        raise UsageError(f"--metric: {error}") from error
