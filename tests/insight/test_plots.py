"""Every figure can be drawn of every sweep, on the right scales, and says what it leaves out."""

import json
import re
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

import hpsearch
from hpsearch import plots
from hpsearch.plots.axes import axis_of
from hpsearch.plots.style import MOST_MARKS, thinned, thinned_note
from hpsearch.results import Results
from hpsearch.space import Choice
from hpsearch.space.continuous import Log, OneMinusLog, Uniform
from hpsearch.space.integer import Integer, LogInteger
from tests.processes.program import REPOSITORY

from .planted import Planted

FIGURES: Mapping[str, Callable[[Results], go.Figure]] = {
    "history": plots.history,
    "learning_curves": plots.learning_curves,
    "parallel": plots.parallel,
    "zoom": plots.zoom,
    "gate": plots.gate,
    "statuses": plots.statuses,
    "timeline": plots.timeline,
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_can_be_drawn_of_every_sweep(any_sweep: Results, name: str) -> None:
    figure = FIGURES[name](any_sweep)
    assert figure.layout.title.text
    assert figure.layout.meta["caption"]
    assert figure.data or figure.layout.annotations
    json.loads(figure.to_json())


def test_every_setting_has_a_figure(any_sweep: Results) -> None:
    for title in any_sweep.space.titles:
        assert plots.setting(any_sweep, title).layout.title.text == title


@pytest.mark.parametrize(
    "distribution",
    [Uniform(0, 2), Log(1e-4, 1), OneMinusLog(0.9, 0.999), Integer(1, 40), LogInteger(8, 4096)],
    ids=str,
)
def test_a_setting_is_drawn_on_the_scale_on_which_it_is_searched(distribution: Uniform | Integer) -> None:
    axis = axis_of("name", distribution)
    places = np.array(axis.positions([distribution.from_unit(u) for u in (0.1, 0.5, 0.9)]))
    if axis.layout.get("type") == "log":
        places = np.log10(places)
    low, high = axis.layout["range"]
    shares = (places - low) / (high - low)
    assert shares == pytest.approx([0.1, 0.5, 0.9], abs=0.05)


def test_labels_of_choices_are_no_markup() -> None:
    axis = axis_of("<i>name", Choice.parse(["<b>bold", "x" * 40]))
    assert axis.layout["ticktext"] == ["&lt;b&gt;bold", "x" * 13 + "…"]
    assert axis.layout["title"]["text"] == "&lt;i&gt;name"


def test_marks_that_would_hide_one_another_stand_side_by_side() -> None:
    places = axis_of("name", Choice.parse(["a", "b"])).positions(["a"] * 50 + ["b"] * 50)
    assert len(set(places)) == 100
    assert max(places[:50]) < min(places[50:])


@pytest.mark.parametrize("count", [0, 1, 5, MOST_MARKS, MOST_MARKS + 1, 100_000])
def test_thinning_keeps_the_ends_and_says_what_it_leaves_out(count: int) -> None:
    kept = thinned(count)
    assert len(kept) == min(count, MOST_MARKS)
    assert list(kept[[0, -1]] if count else kept) == ([0, count - 1] if count else [])
    assert bool(thinned_note(len(kept), count)) == (count > MOST_MARKS)


MIXED = """\
name: mixed
data: {source: digits}
train: {clip: {choice: [null, 1.0]}, weight_decay: {choice: [0, 0.1]}, patience: {choice: [null, 3]}}
search: {strategy: grid, trials: 8, stopping: none}
"""


def test_choices_keep_their_members_whatever_a_column_makes_of_them(plant: Callable[..., Planted]) -> None:
    results = hpsearch.load(plant(text=MIXED).finish(lambda trial: 1.0 + trial.number))
    planned = {trial.number: trial for each in results.folder.read_rounds() for trial in each.trials}
    for title, setting in zip(results.space.titles, results.space.settings, strict=True):
        drawn = next(trace for trace in plots.setting(results, title).data if trace.name == "completed")
        assert len(drawn.x) == 8
        for number, x in zip(results.trials["trial"], drawn.x, strict=True):
            assert setting.distribution.labels[round(x)] == planned[number].values.get(title)


def test_trials_without_a_score_are_marked_in_the_history(motley: Results) -> None:
    names = {trace.name for trace in plots.history(motley).data}
    assert names >= {"completed", "stopped", "best so far", "diverged", "gate failed", "failed"}


def test_a_failed_check_is_marked_where_its_error_is(motley: Results) -> None:
    [failed] = [trace for trace in plots.gate(motley).data if trace.name == "failed"]
    assert list(failed.x) == [0.3]
    assert list(failed.y) == ["dense_1.W"]


def test_the_zoom_draws_the_regions_that_were_recorded(motley: Results) -> None:
    figure = plots.zoom(motley, "learning_rate", "dropout")
    last = motley.rounds[motley.rounds["round"] == motley.rounds["round"].max()].set_index("setting")
    box = figure.data[-1]
    assert (min(box.x), max(box.x)) == pytest.approx(tuple(last.loc["learning_rate", ["low", "high"]]))
    assert (min(box.y), max(box.y)) == pytest.approx(tuple(last.loc["dropout", ["low", "high"]]))


SHARED = """\
name: shared
data: {source: digits}
model: {dropout: {uniform: [0.0, 0.5]}}
train: {choice: {slow: {learning_rate: {log: [1e-4, 1e-3]}}, fast: {learning_rate: {log: [1e-1, 1]}}}}
search: {strategy: zoom, trials: 32, stopping: none}
"""


def test_the_zoom_draws_no_trial_of_another_member_whose_setting_has_the_same_name(
    plant: Callable[..., Planted],
) -> None:
    results = hpsearch.load(plant(text=SHARED).finish(lambda trial: 1.0 + trial.number))
    for title, low, high in (("learning_rate (slow)", 1e-4, 1e-3), ("learning_rate (fast)", 1e-1, 1)):
        marks = plots.zoom(results, title, "dropout").data[0]
        assert len(marks.x) == (results.trials["param_learning_rate"].between(low, high)).sum() > 0


def test_every_python_block_of_the_guide_runs(motley: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "digits").symlink_to(motley.path)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs" / "report.md").read_text(), flags=re.DOTALL)
    (tmp_path / "guide.py").write_text("\n".join(blocks))
    found = runpy.run_path("guide.py")
    assert found["found"].settings[0] == "learning_rate"
