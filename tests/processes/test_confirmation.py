"""`hpsearch best --top --seeds`: leaders with fresh seeds, and the test rows only once the winner stands."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.processes.program import program_here


@pytest.fixture(scope="module")
def sweep(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "small"))


@pytest.fixture(scope="module")
def report(sweep: Path) -> dict[str, Any]:
    run = program_here("best", sweep, "--top", "3", "--seeds", "4", "--json")
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def test_the_leaders_of_the_sweep_are_ranked_by_their_means_over_fresh_seeds(
    sweep: Path, report: dict[str, Any]
) -> None:
    trials = pd.read_parquet(sweep / "trials").query("status == 'completed'").set_index("trial")
    leaders = report["confirmation"]
    assert {leader["trial"]["number"] for leader in leaders} == set(trials["val_loss"].nsmallest(3).index)
    means = [leader["estimate"]["mean"] for leader in leaders]
    assert means == sorted(means)
    for leader in leaders:
        scores = pd.Series(leader["scores"])
        assert len(set(scores)) == 4  # each seed gives another network
        assert leader["recorded"] == trials.loc[leader["trial"]["number"], "val_loss"]
        assert leader["recorded"] not in set(scores)
        assert leader["estimate"]["mean"] == pytest.approx(scores.mean())
        # Student's t for 3 degrees of freedom at 97.5% is 3.182 (any statistical table).
        assert leader["estimate"]["half_width"] == pytest.approx(3.182 * scores.std() / 2, rel=1e-3)


def test_the_winner_by_mean_is_the_one_that_is_re_run_and_tested_over_its_seeds(
    sweep: Path, report: dict[str, Any]
) -> None:
    assert report["trial"]["number"] == report["confirmation"][0]["trial"]["number"]
    assert report["verdict"] == "identical"
    assert report["test"]["seeds"] == 4
    assert report["test"]["scores"].keys() == report["test"]["half_widths"].keys()
    assert 0 < report["test"]["half_widths"]["test_accuracy"] < 0.2
    assert (sweep / "best" / "model.npz").exists()


def test_a_confirmation_is_repeatable_and_one_more_look(sweep: Path, report: dict[str, Any]) -> None:
    looks = sweep / "best" / "looks.jsonl"
    before = len(looks.read_text().splitlines())
    again = program_here("best", sweep, "--top", "3", "--seeds", "4")
    assert again.returncode == 0
    assert "Leaders, each trained with 4 fresh seeds:" in again.stdout
    assert "mean of 4 seeds with its 95% interval" in again.stdout
    repeated = json.loads((sweep / "best" / "report.json").read_text())
    assert repeated["confirmation"] == report["confirmation"]
    assert repeated["test"] == {**report["test"], "number": before + 1}
    assert len(looks.read_text().splitlines()) == before + 1


def test_more_leaders_than_there_are_trials_are_all_of_them(sweep: Path) -> None:
    run = program_here("best", sweep, "--top", "1000", "--seeds", "2", "--json")
    assert run.returncode == 0, run.stderr
    completed = pd.read_parquet(sweep / "trials").query("status == 'completed'")
    assert len(json.loads(run.stdout)["confirmation"]) == len(completed)
