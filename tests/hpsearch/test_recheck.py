"""Laws of `hpsearch recheck`: leaders of an old sweep in pairs on new data."""

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_iris
from typer.testing import CliRunner

from hpsearch.cli.app import app
from hpsearch.cli.recheck import _verdict
from hpsearch.config import load_config
from hpsearch.confirmation import Leader, with_shared_seeds
from hpsearch.data import load_data
from hpsearch.errors import HpsearchError, UsageError
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, train_trial
from hpsearch.recheck import Recheck, Verdict, gains_over, judged, recheck
from hpsearch.records import Trial
from hpsearch.running import Execution, Hooks, run
from hpsearch.store import SweepFolder

SERIAL = Execution(serial=True)
TEXT = """name: old
data: {source: SOURCE}
model: {hidden: [16]}
train: {l2: {log: [1e-6, 10]}, epochs: 12, learning_rate: 0.05}
search: {trials: 3, round: 3, stopping: none, start_with: [{l2: 9.0}, {l2: 1e-5}, {l2: 1e-6}]}
"""


def _leader(number: int, *scores: float | None) -> Leader:
    return Leader(Trial(number, 0, 0, (), {}), 0.0, scores, None)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Data in which there is nothing to learn, so that the strongest penalty is best, and data in which there is."""
    folder, (x, y) = tmp_path_factory.mktemp("data"), load_iris(return_X_y=True)
    rng = np.random.default_rng(0)
    found = {"noise": rng.permutation(y), "other noise": rng.permutation(y), "real": y}
    for name, labels in found.items():
        np.savez(folder / f"{name}.npz", X=x, y=labels)
    return {name: folder / f"{name}.npz" for name in found}


@pytest.fixture(scope="module")
def sweep(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    (results / "config.yaml").write_text(TEXT.replace("SOURCE", str(sources["noise"])))
    run(load_config(results / "config.yaml", KNOWN), results, SERIAL, Hooks())
    return results / "old"


def _recheck(sweep: Path, data: object, seeds: int = 4) -> Recheck:
    return recheck(sweep, str(data), time.time, top=3, seeds=seeds)


def test_the_old_best_leads_until_another_is_better_beyond_the_noise(sweep: Path, sources: dict[str, Path]) -> None:
    due = _recheck(sweep, sources["real"])
    assert (due.verdict, due.old_best, sorted(due.better)) == (Verdict.DUE, 0, [1, 2])
    assert due.leaders[-1].trial.number == 0
    leads = _recheck(sweep, sources["other noise"])
    assert (leads.verdict, leads.old_best, leads.better, leads.config) == (Verdict.LEADS, 0, [], None)
    assert not (sweep / "recheck" / "config.yaml").exists()  # that of the earlier recheck
    assert json.loads((sweep / "recheck" / "report.json").read_text())["verdict"] == Verdict.LEADS


def test_the_new_sweep_runs_on_the_new_data_and_begins_with_the_leaders_in_their_new_order(
    sweep: Path, sources: dict[str, Path], tmp_path: Path
) -> None:
    found = _recheck(sweep, sources["real"])
    again = load_config(found.config, KNOWN)
    assert again.run.name == "old-again"
    assert again.run.data.source == str(sources["real"])
    assert again.run.search.start_with == [leader.trial.values for leader in found.leaders]
    run(again, tmp_path, SERIAL, Hooks())
    trials = SweepFolder(tmp_path / "old-again").read_tables()["trials"]
    assert trials["param_l2"].to_pylist() == [leader.trial.values["l2"] for leader in found.leaders]


def test_each_leaders_scores_are_those_of_its_trial_with_seeds_that_all_share(
    sweep: Path, sources: dict[str, Path]
) -> None:
    found = _recheck(sweep, sources["real"], seeds=3)
    config = load_config(sweep / "config.yaml", KNOWN, [f"data.source={sources['real']}"])
    task = Task.of(config, load_data(config))
    for leader in found.leaders:
        trials = with_shared_seeds(leader.trial, config.run.seed, 3)
        outcomes = [train_trial(task, trial, Worker("w", "n", "p", time.time, time.monotonic))[0] for trial in trials]
        assert leader.scores == tuple(outcome.result.scores["val_loss"] for outcome in outcomes)
        assert [trial.seed for trial in trials] == [t.seed for t in with_shared_seeds(Trial(9, 0, 1, (), {}), 0, 3)]
        assert leader.trial.seed not in {trial.seed for trial in trials}


@pytest.mark.parametrize("maximise", [False, True])
def test_gains_are_those_of_a_paired_t_test_shared_out_over_the_comparisons(maximise: bool) -> None:
    rng = np.random.default_rng(1)
    old, *others = (rng.random(6) for _ in range(4))
    gains = gains_over(
        _leader(0, *old.tolist()),
        [_leader(number, *scores.tolist()) for number, scores in enumerate(others, start=1)],
        maximise=maximise,
    )
    for number, scores in enumerate(others, start=1):
        better = scores - old if maximise else old - scores
        low, high = stats.ttest_1samp(better, 0).confidence_interval(1 - 0.05 / 3)
        assert gains[number].mean == pytest.approx(better.mean())
        assert gains[number].half_width == pytest.approx((high - low) / 2)


@pytest.mark.parametrize("scores", [(0.1, None, 0.1), (None, None, None)])
def test_a_configuration_that_does_not_complete_with_every_seed_is_not_compared(scores: Sequence[float | None]) -> None:
    assert gains_over(_leader(0, 1.0, 2.0, 3.0), [_leader(1, *scores)], maximise=False) == {}
    assert gains_over(_leader(0, *scores), [_leader(1, 1.0, 2.0, 3.0)], maximise=False) == {}


def test_a_sweep_is_due_where_the_old_best_no_longer_completes_and_never_for_who_does_not() -> None:
    whole, broken = _leader(1, 0.5, 0.5, 0.5), _leader(0, 0.1, None, 0.1)
    assert judged("new", 0, [whole, broken], maximise=False).verdict is Verdict.DUE
    assert judged("new", 1, [whole, broken], maximise=False).verdict is Verdict.LEADS


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("nowhere.npz", "nowhere.npz"),
        ("nö😀.csv", "nö😀.csv"),
        ("{source: iris, valdation: 0.1}", "did you mean 'validation'"),
        ("{source: iris", "not YAML"),
    ],
)
def test_data_that_cannot_be_used_is_refused_in_a_sentence(sweep: Path, data: str, rule: str) -> None:
    with pytest.raises(UsageError, match=rule) as error:
        _recheck(sweep, data)
    assert "\n" not in str(error.value)


def test_the_very_data_of_the_sweep_is_refused_with_the_command_that_confirms(
    sweep: Path, sources: dict[str, Path]
) -> None:
    with pytest.raises(UsageError, match=r"is the very data .*: hpsearch best \S+ --top 3 --seeds 4"):
        _recheck(sweep, sources["noise"])
    with pytest.raises(HpsearchError, match="only one trial"):
        recheck(sweep, "iris", time.time, top=1, seeds=4)


def test_a_better_mean_within_the_noise_is_called_that() -> None:
    leaders = [_leader(1, 0.2, 0.5, 0.1), _leader(0, 0.3, 0.3, 0.3)]
    [sentence] = _verdict(judged("new", 0, leaders, maximise=False))
    assert sentence.startswith("The old best, trial 0, is not overtaken: the mean of trial 1 is better, but within")


def test_what_is_printed_names_the_verdict_and_the_command_of_the_new_sweep(
    sweep: Path, sources: dict[str, Path]
) -> None:
    def printed(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["recheck", str(sweep), "--top", "3", "--seeds", "3", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    block = f"{{source: '{sources['real']}', validation: 0.3}}"
    assert f"A new sweep is due, which begins with these leaders: hpsearch run {sweep}/recheck/config.yaml" in (
        printed("--data", block)
    )
    assert "The old best, trial 0, still leads." in printed("--data", str(sources["other noise"]))
    report = json.loads(printed("--data", str(sources["other noise"]), "--json"))
    assert report["verdict"] == "the old best still leads"
    assert all(math.isfinite(gain["half_width"]) for gain in report["gains"].values())
