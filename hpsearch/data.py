"""The data of a config: read, split, prepared, and refused where the config's networks do not fit it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hpsearch.config import Config, Run
from hpsearch.errors import UsageError
from hpsearch.seeds import split_seed
from hpsearch.settings import architecture_of, plugins_of
from trainer import Architecture, TrainerError
from trainer.data import (
    GIVEN,
    Dataset,
    Given,
    Layout,
    Prepared,
    dataset_of,
    given,
    load,
    prepare,
    prepare_folds,
    require_there,
)
from trainer.data.given import WHERE
from trainer.errors import SourceError
from trainer.metrics import require_metrics
from trainer.plugins import kinds_with


@dataclass(frozen=True)
class Data:
    """A config's data, whole and prepared."""

    dataset: Dataset
    prepared: Prepared  # with folds, all rows but those of the test are training rows here
    folds: tuple[Prepared, ...] = ()


LoadData = Callable[[Config], Data]


def given_data(data: Any) -> Given:
    """Data that a program has in memory, (X, y) or a DataFrame; raises UsageError if it is something else."""
    try:
        return given(data)
    except TrainerError as error:
        raise UsageError(f"data: {error}") from error


def require_source(config: Config) -> None:
    """Raise UsageError at once if there is nothing that the data could be read from; reading it may take long."""
    if config.run.data.source != GIVEN:
        with _naming_its_key():
            require_there(config.run.data.source)


def load_data(config: Config, given: Given | None = None) -> Data:
    """Read and split a config's data, or take what is given in its place.

    Raises UsageError, also if a point of the config's space does not fit the data.
    """
    run = config.run
    if run.data.source == GIVEN and given is None:
        raise UsageError(
            "the data of this sweep was given from Python and stands in no file; give it again from Python, as in "
            "hpsearch.resume(path, data=(X, y))"
        )
    with _naming_its_key():
        dataset = _dataset(run, given)
        prepared, folds = _prepared(run, dataset)
    plugins = plugins_of(config)
    for point in config.space.trials_of_every_pair():
        trial = config.trial(config.space.values(point))
        for part in folds or (prepared,):
            _require_metrics(run, architecture_of(trial, part.train, prepared.classes, plugins))
    return Data(dataset, prepared, folds)


@contextmanager
def _naming_its_key() -> Iterator[None]:
    """Turn what the trainer says of the data into a UsageError about the setting that it comes from."""
    try:
        yield
    except TrainerError as error:
        key = "data.source" if isinstance(error, SourceError) else "data"
        raise UsageError(f"{key}: {error}") from error


def _prepared(run: Run, dataset: Dataset) -> tuple[Prepared, tuple[Prepared, ...]]:
    """The data as a whole, and in folds if there are to be some."""
    test, seed, validation = run.data.test, split_seed(run.seed), run.data.validation
    if isinstance(validation, float):
        return prepare(dataset, validation=validation, test=test, seed=seed), ()
    folds = prepare_folds(dataset, folds=validation.folds, test=test, seed=seed)
    return prepare(dataset, validation=0.0, test=test, seed=seed), folds


def _dataset(run: Run, given: Given | None) -> Dataset:
    layout = _layout_of(run)
    return load(run.data.source, layout) if given is None else dataset_of(given.content, run.name, layout, WHERE)


def _layout_of(run: Run) -> Layout:
    data = run.data
    return Layout(tuple(data.target), tuple(data.drop), data.task, data.group, data.time)


def _require_metrics(run: Run, network: Architecture) -> None:
    """Raise UsageError for a metric that is not defined for what the data asks for."""
    loss = kinds_with(network.plugins).losses[network.loss]
    for key, names in (("metrics", run.metrics), ("train_metrics", run.train_metrics)):
        try:
            require_metrics(names, loss, network.n_out)
        except TrainerError as error:
            raise UsageError(f"{key}: {error}") from error


def require_same_data(manifest: Mapping[str, Any], run: Run, data: Data) -> None:
    """Raise UsageError if the data is not that of the sweep with this manifest."""
    if manifest["data"]["fingerprint"] != data.dataset.fingerprint():
        which = WHERE if run.data.source == GIVEN else f"the data {run.data.source!r}"
        raise UsageError(
            f"{which} is not what this sweep began with; put the old data back, or begin a new sweep under another name"
        )
