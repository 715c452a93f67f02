"""`hpsearch.load` gives what the sweep has acknowledged, no more and no less."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import hpsearch
from hpsearch.errors import HpsearchError, UsageError
from hpsearch.records import Status, Trial
from hpsearch.results import Results

from .planted import Planted, by_learning_rate

FRAMES = ("trials", "epochs", "gradchecks", "rounds")


@pytest.mark.parametrize("name", FRAMES)
def test_the_frames_of_a_finished_sweep_are_its_parquet(motley: Results, name: str) -> None:
    frame, parquet = getattr(motley, name), pd.read_parquet(motley.path / name)
    keys = [column for column in ("trial", "epoch", "check", "tensor", "round", "setting") if column in frame]
    pd.testing.assert_frame_equal(
        frame.sort_values(keys, ignore_index=True), parquet.sort_values(keys, ignore_index=True)
    )
    assert len(frame)


def test_what_was_acknowledged_is_there_before_it_is_in_parquet(plant: Callable[..., Planted]) -> None:
    sweep = plant()
    sweep.run(2, by_learning_rate)
    results = hpsearch.load(sweep.folder.path)
    assert results.running
    assert len(pd.read_parquet(results.path / "trials")) < len(results.trials) == 16
    assert set(results.epochs["trial"]) == set(results.gradchecks["trial"]) == set(results.trials["trial"])
    assert set(results.rounds["round"]) == {0, 1}


def test_trials_that_end_after_the_loading_are_in_no_frame(plant: Callable[..., Planted]) -> None:
    sweep = plant()
    sweep.run(2, by_learning_rate)
    results = hpsearch.load(sweep.folder.path)
    sweep.run(1, by_learning_rate)
    assert set(results.epochs["trial"]) == set(results.gradchecks["trial"]) == set(range(16))


def test_the_best_is_the_completed_trial_with_the_best_score(motley: Results) -> None:
    completed = motley.trials[motley.trials["status"] == Status.COMPLETED].set_index("trial")
    assert motley.best is not None
    assert motley.best["trial"] == completed["val_loss"].idxmin()
    assert motley.best["val_loss"] == completed["val_loss"].min()


def test_the_best_settings_are_those_that_were_planned_null_and_types_included(plant: Callable[..., Planted]) -> None:
    text = "name: a\ndata: {source: digits}\nmodel: {choice: {0: {hidden: [8]}, b: {hidden: [4]}}}\n"
    text += "train: {clip: {choice: [null, 1.0]}}\nsearch: {trials: 16}\n"
    sweep = plant(text=text)
    best = {"model": 0, "clip": None}
    results = hpsearch.load(sweep.finish(lambda trial: float(dict(trial.values) != best)))
    assert results.summary.settings == best


def test_the_best_config_has_the_best_trials_values(motley: Results, tmp_path: Path) -> None:
    from hpsearch.config import load_config
    from hpsearch.known import KNOWN

    (tmp_path / "best.yaml").write_text(motley.best_config or "")
    config = load_config(tmp_path / "best.yaml", KNOWN)
    assert not config.space.settings
    assert motley.best is not None
    assert config.run.train.learning_rate == motley.best["param_learning_rate"]
    assert config.run.model.activation == motley.best["param_activation"]


def test_a_best_at_an_edge_is_told_beside_choices_whose_labels_a_column_keeps_as_text(
    plant: Callable[..., Planted],
) -> None:
    def the_more_dropout_the_better(trial: Trial) -> float:
        return 2 - dict(trial.values)["dropout"]

    results = hpsearch.load(plant("search.trials=64").finish(the_more_dropout_the_better))
    assert set(results.trials["param_l2"]) == {"0", '{"log": [1e-06, 0.1]}'}
    assert any(each.startswith("the best dropout") for each in results.summary.edges)


def test_before_a_trial_has_completed_there_is_no_best(plant: Callable[..., Planted]) -> None:
    results = hpsearch.load(plant().folder.path)
    assert results.best is None
    assert results.best_config is None
    assert results.trials.empty


def test_what_is_no_sweep_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not a sweep's folder") as error:
        hpsearch.load(tmp_path)
    assert "\n" not in str(error.value)


def test_importing_hpsearch_imports_nothing_heavy() -> None:
    code = "import sys, hpsearch; print([each for each in ('numpy', 'pandas', 'plotly', 'ray') if each in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_journal_of_rounds_that_lost_some_is_told_in_a_sentence(plant: Callable[..., Planted]) -> None:
    path = plant("search.trials=16").finish()
    (path / "journal" / "rounds.jsonl").write_text("")
    with pytest.raises(HpsearchError, match=r"the journal is damaged: trial \d+ is not in it"):
        hpsearch.load(path)
