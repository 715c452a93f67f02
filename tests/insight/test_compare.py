"""A comparison says whether there is a difference, by which test, and refuses what cannot be compared."""

import json
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from scipy import stats

from hpsearch.compare import Member, Side, compare, contrast
from tests.processes.program import program_here

from .planted import TEXT, Planted, by_learning_rate, config_in

ONE = """\
name: one
data: {source: digits}
model: {hidden: [8]}
train: {epochs: 2}
"""


def side(name: str, scores: list[float | None], first_seed: int = 0) -> Side:
    return Side(name, [Member(name, first_seed + seed, score, [], 0.0) for seed, score in enumerate(scores)])


def test_the_same_seeds_are_compared_in_pairs_as_scipy_does() -> None:
    before, after = [1.0, 2.0, 3.0, 5.0], [0.9, 1.7, 2.95, 4.6]
    found = contrast(side("a", before), side("b", after), maximise=False, contrasts=1)
    expected = stats.ttest_rel(before, after)
    interval = expected.confidence_interval(0.95)
    assert found.test == "paired t-test over 4 seeds"
    assert found.p == pytest.approx(expected.pvalue)
    assert found.gain is not None
    assert found.gain.mean == pytest.approx(expected.statistic * np.std(np.subtract(before, after), ddof=1) / 2)
    assert found.gain.half_width == pytest.approx((interval.high - interval.low) / 2)


def test_other_seeds_are_compared_by_welchs_test_as_scipy_does() -> None:
    before, after = [1.0, 2.0, 3.0, 5.0], [7.9, 8.7, 8.95]
    found = contrast(side("a", before), side("b", after, first_seed=9), maximise=True, contrasts=2)
    expected = stats.ttest_ind(after, before, equal_var=False)
    assert found.test.startswith("Welch's t-test")
    assert found.p == pytest.approx(2 * expected.pvalue)  # Bonferroni
    assert found.gain is not None
    assert found.gain.mean == pytest.approx(np.mean(after) - np.mean(before))
    interval = expected.confidence_interval(0.975)
    assert found.gain.half_width == pytest.approx((interval.high - interval.low) / 2)


@pytest.mark.parametrize("maximise", [False, True])
def test_above_zero_is_better_in_either_direction(maximise: bool) -> None:
    low, high = side("low", [1.0, 2.0]), side("high", [2.0, 3.5])
    found = contrast(low, high, maximise=maximise, contrasts=1)
    assert found.gain is not None
    assert (found.gain.mean > 0) == maximise


def test_what_is_always_the_same_is_no_difference_and_what_always_differs_is_one() -> None:
    same = contrast(side("a", [1.0, 2.0]), side("b", [1.0, 2.0]), maximise=False, contrasts=1)
    differs = contrast(side("a", [1.0, 2.0]), side("b", [2.0, 3.0]), maximise=False, contrasts=1)
    assert (same.p, differs.p) == (1.0, 0.0)


def test_seeds_that_did_not_complete_leave_their_pairs_out_and_are_told() -> None:
    found = contrast(side("a", [1.0, None, 3.0]), side("b", [1.0, 2.0, 2.0]), maximise=False, contrasts=1)
    assert found.test == "paired t-test over 2 seeds with which both completed"


def test_one_seed_each_is_no_test() -> None:
    found = contrast(side("a", [1.0]), side("b", [2.0]), maximise=False, contrasts=1)
    assert (found.gain, found.p) == (None, None)


def test_two_configs_are_trained_with_the_same_seeds(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ONE)
    (tmp_path / "b.yaml").write_text(ONE.replace("epochs: 2", "epochs: 2, learning_rate: 1e-5"))
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    found = compare(files, lambda: 0.0, lambda text: None, seeds=3)
    assert [each.seed for each in found.sides[0].members] == [each.seed for each in found.sides[1].members]
    assert found.contrasts[0].gain is not None
    assert found.contrasts[0].gain.mean < 0
    assert found.contrasts[0].p is not None
    assert found.contrasts[0].p < 0.05
    assert all(len(member.curve) == 2 for each in found.sides for member in each.members)


def test_a_config_does_not_differ_from_itself(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(ONE)
    found = compare([tmp_path / "a.yaml", tmp_path / "b.yaml"], lambda: 0.0, lambda text: None, seeds=2)
    assert found.sides[0].scores == found.sides[1].scores
    assert found.contrasts[0].p == 1.0


@pytest.fixture
def sweeps(tmp_path: Path) -> Callable[..., Path]:
    """Make a finished sweep of this name, seed and strategy, whose losses are `worse` times the usual."""

    def made(name: str, *overrides: str, worse: float = 1.0) -> Path:
        config = config_in(tmp_path / "configs", TEXT, f"name={name}", "search.trials=16", *overrides)
        return Planted(tmp_path / name, config).finish(lambda trial: worse * by_learning_rate(trial))

    return made


def test_sweeps_that_differ_in_their_seeds_alone_are_one_side(sweeps: Callable[..., Path], tmp_path: Path) -> None:
    good = [sweeps(f"good-{seed}", f"seed={seed}") for seed in range(3)]
    bad = [sweeps(f"bad-{seed}", f"seed={seed}", "search.strategy=random", worse=3) for seed in range(3)]
    run = program_here("compare", *good, *bad, "--json", "--output", tmp_path / "page.html")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert [len(each["members"]) for each in found["sides"]] == [3, 3]
    assert found["contrasts"][0]["test"] == "paired t-test over 3 seeds"
    assert found["contrasts"][0]["p"] < 0.05
    assert all(len(member["curve"]) == 16 for each in found["sides"] for member in each["members"])
    text = (tmp_path / "page.html").read_text()
    assert "good-0, good-1, good-2" in text
    assert "is worse than" in text


def test_one_sweep_each_is_said_to_prove_nothing(sweeps: Callable[..., Path]) -> None:
    run = program_here("compare", sweeps("one"), sweeps("other", "search.strategy=random", worse=9))
    assert run.returncode == 0, run.stderr
    assert "no test: it takes two seeds of each at least, so nothing tells a difference from luck" in run.stdout


def test_where_the_data_lies_and_who_is_told_is_no_difference(
    sweeps: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpsearch.tracking.find_spec", lambda name: True)  # whether MLflow is there or not
    there = sweeps("there", "data.source=/there/data.csv", "tracking=mlflow", "seed=1")
    here, other = sweeps("here", "seed=2"), sweeps("other", "search.strategy=random")
    found = compare([there, here, other], lambda: 0.0, lambda text: None, seeds=2)
    assert [len(each.members) for each in found.sides] == [2, 1]


def test_what_cannot_be_compared_is_refused_in_a_sentence(sweeps: Callable[..., Path], tmp_path: Path) -> None:
    sweep, twin = sweeps("sweep"), sweeps("twin")
    metric = sweeps("metric", "search.metric=val_accuracy")
    split = sweeps("split", "data.validation=0.3")
    reseeded = sweeps("reseeded", "seed=9")
    (tmp_path / "one.yaml").write_text(ONE)
    (tmp_path / "seed.yaml").write_text(ONE + "seed: 5\n")
    (tmp_path / "many.yaml").write_text(TEXT)
    one = tmp_path / "one.yaml"
    for arguments, sentence in [
        ([sweep], "or more"),
        ([sweep, one], "not both"),
        ([sweep, twin], "the same sweep"),
        ([sweep, reseeded], "nothing to compare"),
        ([sweep, metric], "goes by val_loss and"),
        ([sweep, split], "split it differently"),
        ([one, tmp_path / "seed.yaml"], "data or seed"),
        ([one, tmp_path / "many.yaml"], "has a distribution"),
        ([one, tmp_path / "nothing.yaml"], "nothing.yaml"),
        ([one, one, "--output", tmp_path / "no" / "page.html"], "there is no folder"),
    ]:
        run = program_here("compare", *arguments)
        assert run.returncode == 2, arguments
        assert run.stderr.count("\n") == 1, run.stderr
        assert sentence in run.stderr


def test_a_comparison_that_is_interrupted_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.yaml").write_text(ONE)
    monkeypatch.setattr("hpsearch.compare.run_all", Mock(side_effect=KeyboardInterrupt))
    run = program_here("compare", tmp_path / "one.yaml", tmp_path / "one.yaml", "--output", tmp_path / "page.html")
    assert run.returncode == 130
    assert "nothing was written" in run.stderr
    assert not (tmp_path / "page.html").exists()
