"""A report says what is so, of every sweep, in one file that asks nobody for anything."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpsearch
from hpsearch.analysis import Importance, importance, noise
from hpsearch.records import Status
from hpsearch.report import as_markdown, page_of
from hpsearch.report.page import Code, Figures, Page, Section, Table, Words, content
from hpsearch.report.verdicts import verdicts
from hpsearch.results import Results
from tests.processes.program import program_here

from .planted import Planted, by_learning_rate

pytestmark = pytest.mark.usefixtures("few_forests")

WHOLE_GRID = """\
name: grid
data: {source: digits}
model: {activation: {choice: [relu, tanh]}, batch_norm: {choice: [true, false]}}
train: {batch_size: {choice: [16, 32]}}
search: {strategy: grid, trials: 8, stopping: none}
"""


def words_of(results: Results, found: Importance | None = None) -> str:
    return "\n".join(verdicts(results, found, noise(results)))


def test_every_sweep_has_a_report(any_sweep: Results) -> None:
    page = page_of(any_sweep, np.random.default_rng(0))
    text = as_markdown(page)
    assert f"{any_sweep.summary.done:,} of {any_sweep.summary.planned:,} trial" in text
    assert all(f"## {section.title}" in text for section in page.sections[:2])
    assert "triangles" not in text  # which are in figures alone
    assert all(figure in content(page) for figure in ("Optimisation history", "Timeline of the workers", "The gate"))


def test_the_words_name_what_was_planted(planted: Results) -> None:
    words = words_of(planted, importance(planted, np.random.default_rng(0)))
    assert planted.best is not None
    assert f"Trial {planted.best['trial']} is the best: val_loss {planted.best['val_loss']:.4g}" in words
    assert "learning_rate matters most" in words
    assert f"hpsearch best {planted.path}" in words
    assert "All 96 networks passed the gradient check" in words


def test_the_words_count_every_way_to_end(motley: Results) -> None:
    words = words_of(motley)
    assert "1 diverged, 1 failed, 1 gate failed, 2 stopped" in words
    assert "1 trial of 40 failed the gradient check and was not trained to the end; to blame: dense_1." in words
    assert "1 trial diverged" in words
    assert "--retry-failed" in words


def test_only_networks_that_were_checked_are_said_to_have_passed(plant: Callable[..., Planted]) -> None:
    lost = plant("search.trials=8").finish(
        ending=lambda trial: Status.FAILED if trial.number in {2, 3, 5} else Status.COMPLETED
    )
    assert "All 5 networks passed the gradient check" in words_of(hpsearch.load(lost))


def test_more_trials_are_advised_only_where_there_are_more(plant: Callable[..., Planted]) -> None:
    for sweep, more in ((plant("search.strategy=grid", "search.trials=8"), True), (plant(text=WHOLE_GRID), False)):
        words = words_of(hpsearch.load(sweep.finish(lambda trial: 10.0 - trial.number)))
        assert "The best came late, as number 8 of 8" in words
        assert ("--trials 16" in words) == more


def test_seeds_that_scatter_more_than_trials_differ_make_the_best_one_of_many(plant: Callable[..., Planted]) -> None:
    results = hpsearch.load(
        plant("search.repeats=4", "search.trials=64").finish(lambda t: np.random.default_rng(t.seed).uniform(1, 2))
    )
    assert re.search(r"\d+ other configurations cannot be told from the best", words_of(results))
    means = results.trials.groupby("configuration")["val_loss"].mean().sort_values()
    assert list(results.leaders(5)["configuration"]) == list(means.index[:5])
    assert "The best 10 configurations, means over 4 trials each" in as_markdown(
        page_of(results, np.random.default_rng(0))
    )


def test_what_best_found_is_told_with_its_look_at_the_test_rows(finished: Path, tmp_path: Path) -> None:
    sweep = shutil.copytree(finished, tmp_path / "small")
    assert program_here("best", sweep).returncode == 0
    report = program_here("report", sweep, "--format", "md", "--output", tmp_path / "report.md")
    assert report.returncode == 0, report.stderr
    text = (tmp_path / "report.md").read_text()
    assert "trained again by hpsearch best: identical" in text
    assert "On the test rows (look 1" in text


def test_a_running_sweep_has_a_report_and_is_not_disturbed(plant: Callable[..., Planted], tmp_path: Path) -> None:
    sweep = plant("search.trials=32")
    sweep.run(2, by_learning_rate)
    run = program_here("report", sweep.folder.path, "--format", "md", "--output", tmp_path / "report.md")
    assert run.returncode == 0, run.stderr
    text = (tmp_path / "report.md").read_text()
    assert "The sweep is running: 16 of 32 trials have ended (16 completed)" in text
    sweep.finish()
    assert len(hpsearch.load(sweep.folder.path).trials) == 32


def test_the_file_asks_nothing_of_the_network(motley: Results, tmp_path: Path) -> None:
    run = program_here("report", motley.path, "--output", tmp_path / "report.html")
    assert run.returncode == 0, run.stderr
    text = (tmp_path / "report.html").read_text()
    outside_scripts = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", outside_scripts)
    assert "@import" not in outside_scripts
    assert len(text.encode()) < 15e6


def test_what_users_wrote_is_shown_and_never_run() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&"
    blocks = [Words([evil]), Words([evil, evil]), Table([evil], [[evil]], evil), Code(evil)]
    text = content(Page(evil, evil, [Section(evil, blocks)]))
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("&lt;img") == 10


def test_what_users_wrote_cannot_end_a_figures_data(plant: Callable[..., Planted]) -> None:
    from hpsearch import plots

    evil = '"</script><script>alert(1)</script>"'
    sweep = plant(f"model.activation={{choice: {{{evil}: relu, other: tanh}}}}", "search.trials=8")
    results = hpsearch.load(sweep.finish())
    assert results.space.settings[1].distribution.labels[0] == evil.strip('"')
    text = content(
        Page("", "", [Section("", [Figures([plots.setting(results, "activation"), plots.parallel(results)])])])
    )
    assert text.count("</script>") == text.count("<script type") == 2
    assert "alert(1)" in text


def test_markdown_shows_markup_as_text() -> None:
    text = as_markdown(Page("a|b", "*c*", [Section("d", [Table(["e|f"], [["`g` <h>"]])])]))
    assert r"a\|b" in text
    assert r"| e\|f |" in text
    assert r"\`g\` \<h\>" in text


def test_drawing_less_than_everything_is_said(plant: Callable[..., Planted], monkeypatch: pytest.MonkeyPatch) -> None:
    from hpsearch.plots import search

    results = hpsearch.load(plant("search.trials=32").finish())
    monkeypatch.setattr(search, "thinned", lambda count, most=10: np.arange(min(count, most)))
    assert "10 of 32 trials are drawn, evenly picked." in content(page_of(results, np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--output", "nowhere/report.html"], "there is no folder nowhere"),
        (["--output", "."], "is a folder"),
        (["--output", "s3://bucket/report.html"], "a file of this machine"),
        (["--format", "pdf"], "'pdf'"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_in_a_sentence(
    motley: Results, arguments: list[str], sentence: str
) -> None:
    run = program_here("report", motley.path, *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


def test_what_is_no_file_is_not_replaced_by_a_report(motley: Results, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # stands for a device, which a mistake here would cost the machine
    run = program_here("report", motley.path, "--output", tmp_path / "pipe")
    assert run.returncode == 2
    assert "is no file" in run.stderr
    assert (tmp_path / "pipe").is_fifo()


def test_a_report_of_what_is_no_sweep_is_refused(tmp_path: Path) -> None:
    run = program_here("report", tmp_path)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_report_inside_a_sweeps_folder_leaves_its_parquet_readable(plant: Callable[..., Planted]) -> None:
    path = plant("search.trials=8").finish()
    assert program_here("report", path).returncode == 0
    assert (path / "report.html").stat().st_size > 1e6
    assert pd.read_parquet(path / "trials")["status"].eq(Status.COMPLETED).all()
