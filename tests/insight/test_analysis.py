"""What the analysis finds is what was planted."""

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest

import hpsearch
from hpsearch import analysis
from hpsearch.analysis import Importance, best_so_far, importance, noise, points
from hpsearch.records import Status, Trial
from hpsearch.report.verdicts import TRUSTED, verdicts
from hpsearch.results import Results

from .planted import Planted


def found_in(results: Results, seed: int = 0) -> Importance:
    found = importance(results, np.random.default_rng(seed))
    assert found is not None
    return found


def test_importance_finds_the_setting_that_matters(planted: Results) -> None:
    found = found_in(planted)
    assert found.settings[0] == "learning_rate"
    assert found.alone[0].low > 0.8
    assert all(share.high < 0.1 for share in found.alone[1:])
    assert found.explained > 0.8


def test_importance_finds_settings_that_act_together(plant: Callable[..., Planted]) -> None:
    def saddle(trial: Trial) -> float:
        return 3 + 8 * (np.log10(trial.values["learning_rate"]) / 4 + 0.5) * (trial.values["dropout"] - 0.25)

    found = found_in(hpsearch.load(plant("search.trials=256").finish(saddle)))
    assert set(found.pairs[0].name.split(" × ")) == {"learning_rate", "dropout"}
    assert found.pairs[0].low > max(0.3, *(share.high for share in found.alone))


def test_of_many_settings_those_that_matter_most_are_looked_at_in_pairs(
    plant: Callable[..., Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "FORESTS", 3)
    names = [
        "learning_rate",
        "beta",
        "beta2",
        "epsilon",
        "weight_decay",
        "l1",
        "l2",
        "label_smoothing",
        "delta",
        "decay",
    ]
    ranges = "".join(f"  {name}: {{uniform: [0.1, 0.9]}}\n" for name in [*names, "warmup", "clip", "max_norm"])
    text = f"name: many\ndata: {{source: digits}}\ntrain:\n{ranges}search: {{strategy: sobol, trials: 96}}\n"
    sweep = plant(text=text).finish(lambda trial: trial.values["clip"] * trial.values["max_norm"])
    found = found_in(hpsearch.load(sweep))
    assert set(found.settings[:2]) == {"clip", "max_norm"}
    assert len(found.pairs) == 66
    assert {name for pair in found.pairs for name in pair.name.split(" × ")} == set(found.settings[:12])


def test_scores_that_are_noise_are_called_so(plant: Callable[..., Planted]) -> None:
    results = hpsearch.load(plant().finish(lambda trial: np.random.default_rng(trial.seed).uniform(1, 2)))
    found = found_in(results)
    assert found.explained < TRUSTED
    assert any("cannot be said with confidence" in each for each in verdicts(results, found, None))


def test_importance_depends_on_its_randomness_alone(planted: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "FORESTS", 3)
    assert asdict(found_in(planted)) == asdict(found_in(planted))
    assert asdict(found_in(planted)) != asdict(found_in(planted, seed=1))


def test_a_few_trials_have_no_importance(plant: Callable[..., Planted]) -> None:
    results = hpsearch.load(plant("search.trials=8").finish())
    assert importance(results, np.random.default_rng(0)) is None


def test_trials_that_diverge_tell_which_setting_matters(plant: Callable[..., Planted]) -> None:
    def ending(trial: Trial) -> Status:
        return Status.DIVERGED if trial.values["learning_rate"] > 0.1 else Status.COMPLETED

    results = hpsearch.load(plant("search.trials=64").finish(lambda trial: 1 + trial.values["dropout"], ending))
    found = found_in(results)
    assert results.summary.counts[Status.DIVERGED] == 16  # the upper quarter of the range
    assert found.trials == 64
    assert {each.name for each in found.alone[:2]} == {"learning_rate", "dropout"}
    assert min(each.low for each in found.alone[:2]) > max(each.mean for each in found.alone[2:])


def test_points_are_where_the_sampler_put_the_trials(motley: Results) -> None:
    planned = {trial.number: trial for each in motley.folder.read_rounds() for trial in each.trials}
    for number, point in zip(motley.trials["trial"], points(motley.space, motley.trials).tolist(), strict=True):
        values = motley.space.values(point)
        assert values.keys() == planned[number].values.keys()
        for name, value in planned[number].values.items():
            assert values[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


def test_the_best_so_far_is_the_best_of_all_before(motley: Results) -> None:
    steps = best_so_far(motley)
    completed = motley.trials[motley.trials["status"] == Status.COMPLETED]
    for number, score in steps.items():
        assert score == completed[completed["trial"] <= number]["val_loss"].min()
    assert steps.is_monotonic_decreasing
    assert steps.index[-1] == motley.trials["trial"].max()


def test_noise_is_the_pooled_deviation_over_repeats(plant: Callable[..., Planted]) -> None:
    results = hpsearch.load(plant("search.repeats=3", "search.trials=24").finish())
    found = noise(results)
    groups = results.trials.groupby("configuration")["val_loss"]
    assert found is not None
    assert found.deviation == pytest.approx(np.sqrt(groups.var(ddof=1).mean()))  # of groups of one size
    assert (found.configurations, found.trials) == (8, 24)


def test_noise_is_seen_in_what_best_has_trained_again(planted: Results, plant: Callable[..., Planted]) -> None:
    assert noise(planted) is None
    path = plant("search.trials=8").finish()
    (path / "best").mkdir()
    confirmation = [{"scores": [1.0, 3.0, None]}, {"scores": [2.0, 2.0]}]
    (path / "best" / "report.json").write_text(json.dumps({"confirmation": confirmation}))
    found = noise(hpsearch.load(path))
    assert found is not None
    assert found.deviation == pytest.approx(1.0)  # √((2 + 0) / 2)
