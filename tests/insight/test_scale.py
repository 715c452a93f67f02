"""A sweep of 100 000 trials is read and explained in the time that a person waits.

Times are of the processor, since other tests run beside this one.
"""

import time
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import hpsearch
from hpsearch.config import Config
from hpsearch.folders import schemas_of
from hpsearch.records import Interval, Round, Trial
from hpsearch.report import as_html, page_of
from hpsearch.store import create_folder

from .planted import BEGAN, config_in

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

TEXT = """\
name: large
data: {source: digits}
model: {dropout: {uniform: [0.0, 0.5]}, activation: {choice: [relu, tanh]}}
train: {learning_rate: {log: [1e-4, 1]}, beta: {one_minus_log: [0.9, 0.999]}, l2: {choice: [0, 0.1]}}
"""
TRIALS, ROUND, EPOCHS = 100_000, 20, 5
TENSORS = ("dense_1.W", "dense_2.W", "dense_3.W")


def tables(config: Config, trials: list[Trial]) -> dict[str, pa.Table]:
    """A row a trial, and what belongs to it; every tenth trial was stopped."""
    rng, count = np.random.default_rng(0), len(trials)
    numbers = np.arange(count)
    loss = np.exp(rng.standard_normal(count))
    frame = pd.DataFrame(map(attrgetter("values"), trials)).add_prefix("param_").astype({"param_l2": str})
    frame["trial"], frame["round"], frame["seed"] = numbers, numbers // ROUND, numbers
    frame["status"] = np.where(numbers % 10 == 9, "stopped", "completed")
    frame["val_loss"], frame["val_accuracy"], frame["train_loss"] = loss, 1 / (1 + loss), loss / 2
    frame["started_at"] = pd.to_datetime(BEGAN) + pd.to_timedelta(numbers, unit="s")
    frame["duration_s"], frame["worker"], frame["platform"] = 0.9, "worker", "here"
    epochs = frame.loc[np.repeat(numbers, EPOCHS), ["trial", "val_loss", "val_accuracy", "train_loss"]]
    epochs["epoch"] = np.tile(np.arange(1, EPOCHS + 1), count)
    checks = pd.DataFrame({"trial": np.repeat(numbers, len(TENSORS)), "tensor": np.tile(TENSORS, count)})
    checks["epoch"], checks["check"], checks["passed"] = 0, "rows", True
    checks["error"] = 10 ** rng.uniform(-12, -9, len(checks))
    found = {"trials": frame, "epochs": epochs, "gradchecks": checks}
    schemas = schemas_of(config)
    return {name: filled(table, schemas[name]) for name, table in found.items()}


def filled(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """As a table of this schema; what is not in the frame is null."""
    return pa.Table.from_pandas(frame.reindex(columns=schema.names), schema=schema, preserve_index=False)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    config = config_in(folder, TEXT, f"search.trials={TRIALS}")
    rng = np.random.default_rng(1)
    points = rng.uniform(size=(TRIALS, len(config.space.settings))).tolist()
    trials = [Trial(n, n // ROUND, n, tuple(unit), config.space.values(unit)) for n, unit in enumerate(points)]
    region = (Interval("dropout", 0.2, 0.1, 0.3), Interval("learning_rate", 0.01, 0.001, 0.1))
    rounds = [Round(n // ROUND, tuple(trials[n : n + ROUND]), 0.1, region) for n in range(0, TRIALS, ROUND)]
    manifest = {"seed": 0, "platform": "here", "data": {"fingerprint": "digits"}}
    return create_folder(
        folder / "large", config.text(), manifest, schemas_of(config), rounds=rounds, tables=tables(config, trials)
    ).path


def test_100_000_trials_are_loaded_in_2_s_and_reported_in_20_s_and_15_mb(large: Path) -> None:
    begun = time.process_time()
    results = hpsearch.load(large)
    assert len(results.trials) == TRIALS
    assert time.process_time() - begun < 2
    begun = time.process_time()
    text = as_html(page_of(results, np.random.default_rng(0)))
    assert time.process_time() - begun < 20
    assert len(text.encode()) < 15e6
    assert "2,000 of 100,000 trials are drawn, evenly picked." in text
