"""From Python: the same promises as from the command line."""

import inspect
import json
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hpsearch
from hpsearch import training
from hpsearch.config import load_config
from hpsearch.data import load_data
from hpsearch.errors import HpsearchError, Interrupted, UsageError
from hpsearch.known import KNOWN
from hpsearch.running import Execution, Hooks, retry_failed, run
from hpsearch.segments import Watch
from hpsearch.store import SweepFolder
from hpsearch.training import load_single
from tests.processes.program import REPOSITORY, kill_group, wait_for_trials
from tests.trainer.table_cases import dirty_table
from trainer import load as load_model
from trainer.data import load as load_source

from .worlds import content

SETTINGS = {
    "name": "small",
    "model": {"hidden": [8], "dropout": {"uniform": [0.0, 0.5]}},
    "train": {"learning_rate": {"log": [np.float64(1e-3), 1]}, "epochs": np.int64(2)},
    "search": {"trials": 6},
}
TEXT = """
name: small
model: {hidden: [8], dropout: {uniform: [0.0, 0.5]}}
train: {learning_rate: {log: [1e-3, 1]}, epochs: 2}
search: {trials: 6}
"""


def rows(path: Path) -> dict[str, list[str]]:
    return content(SweepFolder(path).read_tables())


def sweep(config: Any, data: Any, results: Path, **options: Any) -> Path:
    return hpsearch.run(config, data, results=results, serial=True, progress=False, **options).path


@pytest.fixture
def iris() -> tuple[np.ndarray, np.ndarray]:
    dataset = load_source("iris")
    return np.asarray(dataset.x), dataset.y


def test_the_public_surface_is_this() -> None:
    assert hpsearch.__all__ == ["__version__", "best", "load", "resume", "run"]
    assert all(hasattr(hpsearch, name) for name in hpsearch.__all__)
    with pytest.raises(AttributeError, match="no attribute 'search'"):
        _ = hpsearch.search


def test_a_config_means_the_same_as_file_as_text_and_as_mapping(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(TEXT)
    found = [
        load_config(config, KNOWN, ["data.source=iris"])
        for config in (tmp_path / "small.yaml", str(tmp_path / "small.yaml"), TEXT, SETTINGS)
    ]
    assert len({config.text() for config in found}) == 1
    assert len({config.space for config in found}) == 1


def _array(folder: Path) -> tuple[str, Any, tuple[str, ...]]:
    x, y = np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32), np.repeat(["a", "b", "c"], 30)
    np.savez(folder / "data.npz", X=x, y=y)
    return "data.npz", (x, pd.Series(y)), ()


def _numbers(folder: Path) -> tuple[str, Any, tuple[str, ...]]:
    x = np.random.default_rng(0).normal(size=(90, 3))
    np.savez(folder / "data.npz", X=x, y=x @ [[1, 2], [3, 4], [5, 6]])
    return "data.npz", (x.tolist(), x @ [[1, 2], [3, 4], [5, 6]]), ("data.task=regression", "metrics=[r2]")


def _frame(folder: Path) -> tuple[str, Any, tuple[str, ...]]:
    dirty_table(120).to_csv(folder / "data.csv", index=False)
    return "data.csv", pd.read_csv(folder / "data.csv"), ("data.target=price", "data.drop=[dear]", "metrics=[r2]")


def _frame_and_target(folder: Path) -> tuple[str, Any, tuple[str, ...]]:
    dirty_table(120).drop(columns="price").to_csv(folder / "data.csv", index=False)
    frame = pd.read_csv(folder / "data.csv").sample(frac=1, random_state=0)
    frame.to_csv(folder / "data.csv", index=False)
    return "data.csv", (frame.drop(columns="dear"), frame["dear"].sort_index().loc[frame.index]), ("data.target=dear",)


@pytest.mark.parametrize("case", [_array, _numbers, _frame, _frame_and_target])
def test_data_in_memory_give_the_rows_of_the_same_data_in_a_file(
    case: Callable[[Path], tuple[str, Any, tuple[str, ...]]], tmp_path: Path
) -> None:
    file, data, settings = case(tmp_path)
    config = load_config(TEXT, KNOWN, [f"data.source={tmp_path / file}", *settings])
    run(config, tmp_path / "file", Execution(serial=True), Hooks())
    path = sweep(TEXT, data, tmp_path / "memory", overrides=settings)
    assert rows(path) == rows(tmp_path / "file" / "small")
    assert (
        SweepFolder(path).read_manifest()["data"]["fingerprint"] in (tmp_path / "file/small/manifest.json").read_text()
    )
    assert "completed" in SweepFolder(path).read_tables()["trials"]["status"].to_pylist()


def test_a_sweep_on_given_data_is_interrupted_refused_other_data_and_resumed(iris: Any, tmp_path: Path) -> None:
    whole = sweep(SETTINGS, iris, tmp_path / "whole")
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted, match=r"0 of 6 trials done; go on by: hpsearch\.resume\('.*small', data=…\)"):
        hpsearch.run(SETTINGS, iris, results=tmp_path, serial=True, progress=interrupt)
    assert any("6 trials" in line for line in lines)
    x, y = iris
    with pytest.raises(UsageError, match="the given data is not what this sweep began with"):
        hpsearch.resume(tmp_path / "small", (x + 1e-9, y), serial=True)
    with pytest.raises(UsageError, match="give it again from Python"):
        hpsearch.resume(tmp_path / "small", serial=True)
    summary = hpsearch.resume(tmp_path / "small", iris, serial=True, progress=False)
    assert (summary.path, summary.done, summary.counts["completed"]) == (tmp_path / "small", 6, 6)
    assert rows(tmp_path / "small") == rows(whole)


def test_the_best_of_a_sweep_on_given_data_comes_back_and_predicts(iris: Any, tmp_path: Path) -> None:
    path = sweep(TEXT, iris, tmp_path)
    with pytest.raises(UsageError, match="give it again from Python"):
        hpsearch.best(path)
    best = hpsearch.best(path, iris, refit=True)
    assert best.rerun.verdict == "identical"
    assert best.look is not None
    assert best.look.number == 1
    assert set(load_model(path / "best" / "model-refit.npz").predict(iris[0])) <= {"0", "1", "2"}


KILLED = """
import hpsearch
from trainer.data import load
digits = load("digits")
settings = {"name": "killed", "model": {"hidden": {"layers": 1, "units": {"int": [8, 64]}}}, "train": {"epochs": 5}, "search": {"trials": 24}}
hpsearch.run(settings, (digits.x, digits.y), results=RESULTS, serial=True, progress=print)
"""


def test_a_program_that_is_killed_leaves_a_sweep_that_goes_on(tmp_path: Path) -> None:
    program = KILLED.replace("RESULTS", repr(str(tmp_path)))
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=REPOSITORY, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    wait_for_trials(tmp_path / "killed", 1, process)
    kill_group(process)
    done = len(SweepFolder(tmp_path / "killed").read_tables()["trials"])
    assert 1 <= done < 24
    digits = load_source("digits")
    summary = hpsearch.resume(tmp_path / "killed", (digits.x, digits.y), serial=True, progress=False)
    assert summary.done == 24


def test_a_single_training_is_shown_and_never_made_a_sweep(tmp_path: Path) -> None:
    single = {"name": "one", "data": {"source": "iris"}, "model": {"hidden": [4]}, "train": {"epochs": 1}}
    config = load_single(single, (), babysit=False)
    folder = training._created(tmp_path / "one", config, load_data(config))  # as if it had been interrupted here
    for trials in (None, 3):
        with pytest.raises(UsageError, match=f"is a single training.*`hpsearch resume {folder.path}`"):
            hpsearch.resume(folder.path, trials=trials, serial=True, progress=False)
    assert "extensions" not in folder.read_manifest()
    training.resume_training(folder, Watch())
    assert hpsearch.resume(folder.path, serial=True, progress=False).done == 1
    with pytest.raises(UsageError, match="cannot be extended"):
        hpsearch.resume(folder.path, trials=3, serial=True, progress=False)
    with pytest.raises(UsageError, match=r"--retry-failed: .* is a single training"):
        retry_failed(folder.path, Execution(serial=True), Hooks())


Y = np.repeat([0, 1], 20)
REFUSED: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "no file": ("none.yaml", None, {}, "there is no config file 'none.yaml'"),
    "no mapping": ("a\nb", None, {}, "the config must hold a mapping"),
    "a typing error in text": (
        TEXT.replace("epochs", "epoch"),
        (Y[:, None], Y),
        {},
        "the config, line 4: .* did you mean .epochs.",
    ),
    "no setting of YAML": ({"name": "x", "seed": object()}, (Y[:, None], Y), {}, "Python's own types"),
    "no source": ({"name": "x"}, None, {}, "'data' is missing"),
    "no pair": (TEXT, Y, {}, r"a pair \(X, y\) or a DataFrame; it is ndarray"),
    "too few targets": (TEXT, (Y[:, None], Y[1:]), {}, r"X \(40, 1\) and y \(39,\)"),
    "too few targets of a table": (TEXT, (pd.DataFrame({"a": Y}), Y[1:]), {}, "X has 40, y 39"),
    "no numbers": (TEXT, (np.full((40, 1), "a"), Y), {}, "X must hold finite real numbers"),
    "not finite": (TEXT, (np.full((40, 1), np.nan), Y), {}, "X must hold finite real numbers"),
    "no labels": (TEXT, (Y[:, None], np.where(Y, None, "a")), {}, "y must hold labels or numbers"),
    "no target": (TEXT, pd.DataFrame({"a": Y}), {}, "name the column to predict by target"),
    "two targets": (
        {**SETTINGS, "data": {"target": "b"}},
        (pd.DataFrame({"a": Y}), pd.Series(Y, name="c")),
        {},
        "leave one of them out",
    ),
    "a target that is a feature": (TEXT, (pd.DataFrame({"a": Y}), pd.Series(Y, name="a")), {}, "over several columns"),
    "no workers": (TEXT, (Y[:, None], Y), {"workers": 0}, "workers must be above 0; it is 0"),
    "no time": (TEXT, (Y[:, None], Y), {"time_budget": -1.0}, "time_budget must be above 0; it is -1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    config, data, options, sentence = REFUSED[case]
    with pytest.raises(HpsearchError, match=sentence) as refusal:
        hpsearch.run(config, data, results=tmp_path / "results", serial=True, progress=False, **options)
    assert isinstance(refusal.value, UsageError)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(("options", "sentence"), [({"seeds": 1}, "seeds must be 0"), ({"top": 3}, "needs seeds")])
def test_a_confirmation_that_is_none_is_refused(options: dict[str, int], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        hpsearch.best(tmp_path, **options)


def test_the_program_in_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (REPOSITORY / "docs" / "python.md").read_text()
    program = text.partition("```python\n")[2].partition("```")[0]
    assert "    data=(X, y),\n" in program
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(program.replace("data=(X, y),\n", "data=(X, y),\n    serial=True,\n"))
    runpy.run_path("program.py")
    assert capsys.readouterr().out.endswith("identical\n")


@pytest.mark.parametrize("function", [hpsearch.run, hpsearch.resume, hpsearch.best])
def test_every_argument_stands_in_the_documentation_with_its_default(function: Callable[..., Any]) -> None:
    said: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in said:
            said.append("*")
        default = "" if parameter.default is parameter.empty else f"={json.dumps(parameter.default)}"
        said.append(parameter.name + default)
    written = {"null": "None", "true": "True", "false": "False", "[]": "()"}
    for word, python in written.items():
        said = [each.replace(f"={word}", f"={python}") for each in said]
    assert f"| `hpsearch.{function.__name__}({', '.join(said)})` |" in (REPOSITORY / "docs" / "python.md").read_text()
