"""`hpsearch train`: one network without a search, watched over or not, and what is left when it is interrupted."""

import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpsearch import gate
from hpsearch.cli.training import ending_at_signals
from hpsearch.errors import Interrupted
from hpsearch.store.compare import differences
from tests.processes.program import finish, kill_group, program_here, start, tables
from tests.processes.verdicts import failing
from tests.trainer.plugin_texts import SWISH

CONFIG = """\
name: one
seed: 3
data: {source: iris}
model: {hidden: [12], dropout: 0.1}
train: {optimizer: adam, l2: 0.001, epochs: 6}
"""
LONG = "--set=train.epochs=1000000"
SEGMENTS = "--set=babysit={segment: 2}"
ANSWERS = ["", "back", "nonsense", "keep learning_rate=0.003, dropout=0.3"]
"""For the boundaries of six epochs in segments of two; one of them is refused, and asked for again."""


@pytest.fixture
def single(tmp_path: Path) -> Path:
    file = tmp_path / "one.yaml"
    file.write_text(CONFIG)
    return file


def train(single: Path, *arguments: object, name: str = "one") -> subprocess.CompletedProcess[str]:
    """Train in this process; the results are beside the single."""
    return program_here("train", single, "--results", single.parent, f"--set=name={name}", *arguments)


def trained(single: Path, *arguments: object, name: str = "one") -> Path:
    run = train(single, *arguments, name=name)
    assert run.returncode == 0, run.stderr
    return single.parent / name


def equal(first: Path, second: Path) -> bool:
    return not differences(tables(first), tables(second))


def asking(single: Path, *arguments: object) -> subprocess.Popen[str]:
    return start("train", single, "--results", single.parent, "--ask", *arguments, asks=True)


def answer(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Answer what this process is asked."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines(words).encode())))


def lines(words: list[str]) -> str:
    return "".join(f"{word}\n" for word in words)


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_training_is_a_sweep_of_one_trial_with_a_line_for_each_epoch(single: Path) -> None:
    run = train(single)
    assert run.returncode == 0, run.stderr
    told = [line.split(" · ")[0] for line in run.stderr.splitlines()]
    assert told == [f"epoch {number}/6" for number in range(1, 7)]
    folder = single.parent / "one"
    trials, epochs = (pd.read_parquet(folder / name) for name in ("trials", "epochs"))
    assert trials[["trial", "status", "epochs_run", "best_epoch"]].to_numpy().tolist() == [[0, "completed", 6, 6]]
    assert list(epochs.columns) == ["trial", "epoch", "val_loss", "val_accuracy", "train_loss"]
    assert list(epochs["epoch"]) == [1, 2, 3, 4, 5, 6]
    assert not pd.read_parquet(folder / "gradchecks").empty
    assert f"{trials['val_loss'][0]:.6g}" in run.stdout
    assert "1 of 1 trial done" in program_here("status", folder).stdout
    assert "identical" in program_here("best", folder).stdout


def test_the_model_is_there_to_predict_and_to_evaluate(single: Path) -> None:
    folder = trained(single, "--set=train.epochs=30")
    assert json.loads(program_here("evaluate", folder, "iris", "--json").stdout)["accuracy"] > 0.9
    assert program_here("predict", folder, "iris", "--output", single.parent / "p.csv").returncode == 0
    assert len(pd.read_csv(single.parent / "p.csv")) == 150


def test_the_test_rows_are_looked_at_when_asked_for_and_each_look_is_counted(single: Path) -> None:
    shown = json.loads(train(single, "--test", "--json").stdout)
    assert shown["test"]["number"] == 1
    assert set(shown["test"]["scores"]) == {"test_loss", "test_accuracy"}
    assert json.loads(program_here("best", single.parent / "one", "--json").stdout)["test"]["number"] == 2
    assert json.loads(train(single, "--json", name="two").stdout)["test"] is None
    assert not (single.parent / "two" / "best" / "looks.jsonl").exists()


@pytest.mark.parametrize("way", [[], ["--babysit", SEGMENTS]])
def test_the_same_config_gives_the_same_rows_also_from_the_folder(single: Path, way: list[str]) -> None:
    first = trained(single, *way)
    assert equal(first, trained(single, *way, "--quiet", name="two"))
    assert equal(first, trained(first / "config.yaml", name="again"))
    assert equal(first, trained(first / "best" / "config.yaml", name="best-again"))
    assert "identical" in program_here("best", first).stdout


def test_the_best_config_of_a_sweep_can_be_trained(finished: Path, tmp_path: Path) -> None:
    sweep = Path(shutil.copytree(finished, tmp_path / "small"))
    assert program_here("best", sweep).returncode == 0
    run = program_here("train", sweep / "best" / "config.yaml", "--results", tmp_path, "--set=name=best")
    assert run.returncode == 0, run.stderr
    assert pd.read_parquet(tmp_path / "best" / "trials")["status"].tolist() == ["completed"]


def test_the_best_config_of_a_sweep_that_knew_where_to_start_is_a_config(tmp_path: Path) -> None:
    text = CONFIG.replace("l2: 0.001", "l2: {log: [1e-4, 1e-2]}")
    (tmp_path / "one.yaml").write_text(text + "search: {trials: 2, start_with: [{l2: 0.002}]}\n")
    assert program_here("run", tmp_path / "one.yaml", "--serial", "--results", tmp_path).returncode == 0
    assert program_here("best", tmp_path / "one").returncode == 0
    assert program_here("check", tmp_path / "one" / "best" / "config.yaml").returncode == 0


def test_patience_ends_a_training_with_its_best_weights(single: Path) -> None:
    shown = json.loads(train(single, "--set=train.epochs=500", "--set=train.patience=3", "--json").stdout)
    assert shown["epochs_run"] == shown["best_epoch"] + 3 < 500


def test_answers_are_kept_in_a_config_whose_re_run_gives_every_bit(single: Path) -> None:
    run = finish(asking(single, SEGMENTS), lines(ANSWERS))
    assert run.returncode == 0, run.stderr
    assert "'nonsense' is none of" in run.stderr
    folder = single.parent / "one"
    epochs = pd.read_parquet(folder / "epochs")
    assert list(epochs["kept"]) == [True] * 2 + [False] * 2 + [True] * 2
    assert list(epochs["begun_from"]) == [0, 0, 2, 2, 2, 2]
    again = trained(folder / "config.yaml", name="again")
    assert equal(folder, again)
    models = [np.load(each / "best" / "model.npz") for each in (folder, again)]
    assert all(np.array_equal(models[0][name], models[1][name]) for name in models[0].files)
    assert "identical" in program_here("best", folder).stdout
    assert not (single.parent / "one.answers.yaml").exists()


def test_whoever_gives_no_answer_leaves_it_to_the_babysitter(single: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, [])
    asked = trained(single, "--ask", SEGMENTS)
    assert equal(asked, trained(single, "--babysit", SEGMENTS, name="two"))


def test_answers_survive_kill_9_and_are_gone_on_from(single: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, ANSWERS)
    whole = trained(single, "--ask", SEGMENTS, name="whole")
    process, answers = asking(single, SEGMENTS), single.parent / "one.answers.yaml"
    assert process.stdin is not None
    process.stdin.write(lines(ANSWERS[:2]))
    process.stdin.flush()
    wait_for(lambda: answers.exists() and answers.read_text().count("keep:") == 2)
    kill_group(process)
    refused = train(single, "--ask", SEGMENTS)
    assert refused.returncode == 2
    assert f"hpsearch train {answers} --ask" in refused.stderr
    answer(monkeypatch, ANSWERS[2:])
    assert equal(trained(answers, "--ask"), whole)
    assert not answers.exists()


def test_a_training_that_is_killed_is_trained_again_with_the_same_rows(single: Path) -> None:
    long = ["--set=train.epochs=1000", "--set=babysit={segment: 250}"]  # about a second after the folder is there
    process = start("train", single, "--results", single.parent, *long)
    folder = single.parent / "one"
    wait_for((folder / "manifest.json").exists)
    kill_group(process)
    assert "0 of 1 trial" in program_here("status", folder).stdout
    run = program_here("resume", folder)
    assert run.returncode == 0, run.stderr
    assert equal(folder, trained(single, *long, name="two"))
    assert program_here("predict", folder, "iris").returncode == 0
    again = program_here("resume", folder)
    assert again.returncode == 0
    assert "1 of 1 trial done" in again.stdout


def test_a_training_that_is_stopped_says_how_to_go_on(single: Path) -> None:
    process = start("train", single, "--results", single.parent, LONG)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("epoch 1/")
    process.send_signal(signal.SIGINT)
    run = finish(process)
    assert run.returncode == 130
    assert f"hpsearch resume {single.parent / 'one'}" in run.stderr
    assert "Traceback" not in run.stderr
    assert tables(single.parent / "one")["trials"].num_rows == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("there", ["", "one.answers.yaml", "one/manifest.json"])
def test_each_signal_ends_a_training_with_the_way_on_from_what_is_there(
    tmp_path: Path, number: signal.Signals, there: str
) -> None:
    one, answers = tmp_path / "one", tmp_path / "one.answers.yaml"
    one.mkdir()
    if there:
        (tmp_path / there).touch()
    words = {
        "": "before anything was written",
        "one.answers.yaml": f"hpsearch train {answers} --ask",
        "one/manifest.json": f"hpsearch resume {one}",
    }
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as ended, ending_at_signals(one, answers):
        signal.raise_signal(number)
    assert str(ended.value).endswith(words[there])
    assert signal.getsignal(number) is before


def test_a_network_that_fails_its_gate_is_not_trained_and_exits_3(
    single: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "check_gradients", failing(gate.check_gradients))
    run = train(single)
    assert run.returncode == 3
    assert "gate failed" in run.stdout
    assert pd.read_parquet(single.parent / "one" / "trials")["status"].tolist() == ["gate_failed"]
    assert not (single.parent / "one" / "best").exists()


def test_a_training_that_diverges_exits_1_and_leaves_its_row(single: Path) -> None:
    run = train(single, "--set=train.learning_rate=1e30", "--set=model.batch_norm=false", "--set=train.optimizer=sgd")
    assert run.returncode == 1
    assert "diverged" in run.stdout
    assert pd.read_parquet(single.parent / "one" / "trials")["status"].tolist() == ["diverged"]


def test_answers_about_a_users_own_layers_are_kept_with_them(single: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (single.parent / "layers").mkdir()
    (single.parent / "layers" / "swish.py").write_text(SWISH)
    own = ["--set=plugins=[layers/swish.py]", "--set=model.activation=swish"]
    answer(monkeypatch, ["same"])
    folder = trained(single, "--ask", SEGMENTS, *own)
    (single.parent / "layers" / "swish.py").unlink()
    assert equal(folder, trained(folder / "config.yaml", name="again"))


REFUSED = {
    "something searched": (["--set=train.l2={log: [1e-4, 1]}"], ["train.l2 is a distribution", "hpsearch run"]),
    "folds": (["--set=data.validation={folds: 3}"], ["data.validation: folds are 3 networks"]),
    "a look at no rows": (["--test", "--set=data.test=0"], ["--test", "data.test"]),
    "patience": (["--babysit", "--set=train.patience=3"], ["train.patience", "it is 3"]),
    "no segment": (["--set=babysit={segment: 0}"], ["babysit.segment", "it is 0"]),
    "a factor that is none": (["--set=babysit={learning_rate: 1}"], ["babysit.learning_rate", "greater than 1"]),
    "a setting that is not used": (
        ["--set=babysit={decisions: [{keep: true, weight_decay: 0.1}]}"],
        ["babysit.decisions.0", "weight_decay", "learning_rate, beta, l2, dropout"],
    ),
    "a decision that is none": (
        ["--set=babysit={decisions: [{keep: true, bta: 0.5}]}"],
        ["'babysit.decisions.0.bta'", "did you mean 'beta'"],
    ),
    "a warm-up that never ends": (["--set=train.warmup=6"], ["train: warmup", "6 epochs, and epochs is 6"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_gets_one_sentence_and_exit_2(name: str, single: Path) -> None:
    arguments, words = REFUSED[name]
    run = train(single, *arguments)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert all(word in run.stderr for word in words), run.stderr
    assert not (single.parent / "one").exists()


def test_what_is_for_a_sweep_or_for_a_training_alone_is_refused_of_the_other(single: Path) -> None:
    run = program_here("run", single, SEGMENTS, "--serial", "--results", single.parent)
    assert (run.returncode, "hpsearch train" in run.stderr) == (2, True)
    folder = trained(single, SEGMENTS)
    run = program_here("resume", folder, "--trials", "2")
    assert (run.returncode, "cannot be extended" in run.stderr) == (2, True)
    run = program_here("best", folder, "--refit")
    assert (run.returncode, "refit" in run.stderr) == (1, True)
    run = train(single)
    assert (run.returncode, "hpsearch resume" in run.stderr) == (2, True)
