"""Sweeps over a user's own table, from the config to a model that predicts."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, roc_auc_score

from hpsearch.config import Config, load_config
from hpsearch.data import load_data
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN
from hpsearch.rerun import rerun_best
from hpsearch.running import Execution, Hooks, resume, run
from hpsearch.seeds import split_seed
from tests.trainer.table_cases import dirty_table
from trainer import load as load_model
from trainer.data.splits import split

ALONE = Execution(serial=True)
SMALL = ("model.hidden=[16]", "train.epochs=25", "train.learning_rate={log: [1e-2, 3e-2]}", "search.trials=2")
TASKS = {
    "regression": ("data.target=price", "data.drop=dear", "metrics=[r2, neg_mean_absolute_error]"),
    "classification": ("data.target=dear", "data.drop=[price]", "metrics=[accuracy, roc_auc]"),
    "multilabel": ("data.target=[big, near]", "data.drop=[price, dear]", "metrics=[roc_auc]"),
}

Configure = Callable[..., Config]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """A config of the dirty table."""
    frame = dirty_table(300)
    frame["big"], frame["near"] = (frame["price"] > 1.2e5).astype(int), frame["town"] == "Ulm"
    frame.to_csv(tmp_path / "houses.csv", index=False)
    file = tmp_path / "houses.yaml"
    file.write_text(f"name: houses\ndata: {{source: {tmp_path / 'houses.csv'}}}\n")

    def of(*overrides: str) -> Config:
        return load_config(file, KNOWN, [*SMALL, *overrides])

    return of


@pytest.mark.parametrize("task", TASKS)
def test_a_table_becomes_a_model_that_is_as_good_as_was_said(task: str, configure: Configure, tmp_path: Path) -> None:
    said: list[str] = []
    config = configure(*TASKS[task])
    run(config, tmp_path, ALONE, Hooks(say=said.append))
    assert any("'name' is left out" in sentence for sentence in said)
    best = rerun_best(tmp_path / "houses", lambda: 0.0)
    assert best.rerun.verdict == "identical"
    model = load_model(tmp_path / "houses" / "best" / "model.npz")
    rows = split(load_data(config).dataset, validation=0.2, test=0.2, seed=split_seed(0))[2]
    test = pd.read_csv(tmp_path / "houses.csv").iloc[rows]
    scores, answers = best.look.scores, model.answers(test)
    near = partial(pytest.approx, rel=1e-4)
    match task:
        case "regression":
            assert scores["test_r2"] == near(r2_score(test["price"], answers[:, 0]))
            assert scores["test_r2"] > 0.7
            assert -scores["test_neg_mean_absolute_error"] == near(mean_absolute_error(test["price"], answers[:, 0]))
        case "classification":
            assert scores["test_accuracy"] == np.mean(np.array(model.predict(test)) == test["dear"])
            assert scores["test_roc_auc"] == near(roc_auc_score(test["dear"] == "yes", answers[:, 1]))
            assert scores["test_roc_auc"] > 0.85
        case "multilabel":
            truth = test[["big", "near"]].to_numpy().astype(int)
            assert scores["test_roc_auc"] == near(roc_auc_score(truth, answers))
            assert scores["test_roc_auc"] > 0.8
    assert json.loads((tmp_path / "houses" / "manifest.json").read_text())["data"]["task"] == task


def test_a_sweep_is_not_resumed_on_a_table_in_which_a_value_has_changed(configure: Configure, tmp_path: Path) -> None:
    run(configure(*TASKS["regression"]), tmp_path, ALONE, Hooks())
    frame = pd.read_csv(tmp_path / "houses.csv")
    frame.loc[7, "town"] = "Rome"
    frame.to_csv(tmp_path / "houses.csv", index=False)
    manifest = (tmp_path / "houses" / "manifest.json").read_bytes()
    with pytest.raises(UsageError, match="is not what this sweep began with"):
        resume(tmp_path / "houses", ALONE, Hooks(), trials=3)
    assert (tmp_path / "houses" / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("data.target=price", "data.drop=dear"), ["metrics", "'accuracy'", "regression", "r2"]),
        (("data.target=town", "metrics=[f1]"), ["metrics: 'f1'", "4 classes", "f1_macro"]),
        (
            ("data.target=[big, near]", "train_metrics=[recall]"),
            ["train_metrics: 'recall'", "2 labels", "recall_macro"],
        ),
        (("data.target=prise",), ["data:", "'prise'", "price"]),
        (("data.target=dear", "data.drop=dear"), ["data:", "'dear'", "two uses"]),
        (("data.target=dear", "data.group=town", "data.time=sold"), ["data:", "group and time"]),
        (("data.target=town", "data.group=name", "data.test=0.001"), ["data:", "test", "no row"]),
        (("data.target=dear", "train.loss=huber"), ["train.loss", "huber"]),
    ],
)
def test_what_does_not_fit_the_table_is_refused_in_a_sentence(
    overrides: tuple[str, ...], words: list[str], configure: Configure
) -> None:
    with pytest.raises(UsageError) as refused:
        load_data(configure(*overrides))
    assert all(word in str(refused.value) for word in words), refused.value


def test_a_folder_with_the_name_of_a_bundled_data_set_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "iris").mkdir()
    (tmp_path / "config.yaml").write_text("name: a\ndata: {source: iris}\n")
    monkeypatch.chdir(tmp_path)
    assert load_config(tmp_path / "config.yaml", KNOWN).run.data.source == "iris"
