"""Laws of every sampler."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.records import Observation, Trial
from hpsearch.samplers import SAMPLERS, Ask, Proposal
from hpsearch.space import Choice, Space

from .worlds import CONTINUOUS, INSTALLED, TREES, all_searches, history_of, plan_of, rounds_of, sometimes_failing

GUIDED = {"zoom", "boxes"}  # samplers that follow the leaders, and say where they look
UNGUIDED = {"random", "sobol", "grid"}
OPTUNA = {"optuna.tpe", "optuna.gp", "optuna.cmaes"}
WITHOUT_CHANCE = {"grid"}


@pytest.fixture(params=INSTALLED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _ask(history: list[Observation], size: int, tree: Any = CONTINUOUS, seed: int = 0) -> Ask:
    return Ask(Space.of(tree), history, (), size, round=history[-1].round + 1 if history else 0, seed=seed)


def _propose(name: str, history: list[Observation], size: int, tree: Any = CONTINUOUS, seed: int = 0) -> Proposal:
    return SAMPLERS[name]().propose(_ask(history, size, tree, seed))


def _history(rounds: int, leader: tuple[float, float] = (0.5, 0.5)) -> list[Observation]:
    """Rounds of four; the first three trials are the leaders and stand at one point."""
    return [
        Observation(n, n // 4, leader if n < 3 else (0.9, 0.1 + n / 1000), 0.0 if n < 3 else 1.0 + n)
        for n in range(4 * rounds)
    ]


def test_every_registered_sampler_has_a_case_here() -> None:
    assert set(SAMPLERS) == GUIDED | UNGUIDED | OPTUNA
    assert all(sampler.kind == name for name, sampler in SAMPLERS.items())


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_every_point_has_a_coordinate_a_setting_and_lies_in_the_unit_cube(name: str, tree: Any) -> None:
    plan = plan_of(tree, name, trials=80)
    trials = [trial for each in rounds_of(plan) for trial in each.trials]
    assert len(trials) == 80
    assert all(len(trial.unit) == len(plan.space.settings) for trial in trials)
    assert all(type(u) is float and 0 <= u <= 1 for trial in trials for u in trial.unit)


def test_a_proposal_has_just_the_points_asked_for(name: str) -> None:
    for size in (1, 3, 17):
        for rounds in (0, 1, 6):
            assert len(_propose(name, _history(rounds), size).points) == size


def test_the_same_search_comes_out_in_another_process() -> None:
    code = f"import runpy; print(runpy.run_path({str(Path(__file__).with_name('worlds.py'))!r})['all_searches']())"
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={
                "PYTHONHASHSEED": hash_seed,
                "OPENBLAS_NUM_THREADS": "1",
                "PYTHONPATH": ":".join(filter(None, sys.path)),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == all_searches()


@pytest.mark.parametrize("name", sorted(set(INSTALLED) - WITHOUT_CHANCE))
def test_no_two_trials_of_a_continuous_space_are_equal(name: str) -> None:
    trials = [trial for each in rounds_of(plan_of(CONTINUOUS, name, trials=160)) for trial in each.trials]
    assert len({trial.unit for trial in trials}) == 160


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_every_value_has_its_settings_type_and_lies_in_its_range(name: str, tree: Any) -> None:
    plan = plan_of(tree, name, trials=40)
    by_name = {plan.space.names[setting.path]: setting.distribution for setting in plan.space.settings}
    for trial in (trial for each in rounds_of(plan) for trial in each.trials):
        for setting, value in trial.values.items():
            by_name[setting].to_unit(value)  # which refuses another type, and what is out of range


def test_a_proposal_depends_on_its_arguments_alone(name: str) -> None:
    plan = plan_of(CONTINUOUS, name)
    history = history_of(plan, rounds_of(plan), sometimes_failing)
    sampler, expected = SAMPLERS[name](), _propose(name, history, 8)
    rebuilt = [replace(seen, unit=tuple(float(repr(u)) for u in seen.unit)) for seen in history]
    for again in (history, rebuilt, list(history)):
        sampler.propose(_ask(history[:12], 5, seed=3))  # another call in between leaves no trace
        assert sampler.propose(_ask(again, 8)) == expected


def test_a_proposal_leaves_the_history_and_the_global_random_numbers_alone(name: str) -> None:
    history = _history(6)
    before, state = list(history), repr(np.random.get_state())  # noqa: NPY002 - this is what must not be touched
    _propose(name, history, 8)
    assert history == before
    assert repr(np.random.get_state()) == state  # noqa: NPY002 - as above


@pytest.mark.parametrize("name", sorted(set(INSTALLED) - WITHOUT_CHANCE))
def test_another_seed_of_the_sweep_gives_other_points(name: str) -> None:
    assert _propose(name, _history(6), 8, seed=0).points != _propose(name, _history(6), 8, seed=1).points


def test_trials_under_way_are_known_by_their_points_alone(name: str) -> None:
    history = _history(6)
    pending = [Trial(24 + n, 6, n, (0.5, 0.1 + n / 10), {}) for n in range(4)]
    asks = [replace(_ask(history, 4), pending=pending, round=7)] * 2
    first, second = (SAMPLERS[name]().propose(ask) for ask in asks)
    assert first == second
    assert not {trial.unit for trial in pending} & set(first.points)


@pytest.mark.parametrize("name", sorted(UNGUIDED))
def test_an_unguided_sampler_looks_everywhere_whatever_it_has_seen(name: str) -> None:
    seen = _history(6)
    unlike = [replace(each, score=None if each.score is None else -each.score) for each in seen]
    assert _propose(name, seen, 50) == _propose(name, unlike, 50)
    assert (_propose(name, seen, 50).global_share, _propose(name, seen, 50).region) == (1.0, ())


def test_what_a_sampler_needs_and_lacks_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpsearch.samplers.optuna.find_spec", lambda package: None)
    for name, lacking in (("optuna.tpe", "Optuna"), ("optuna.gp", "Optuna and PyTorch"), ("optuna.cmaes", "cmaes")):
        with pytest.raises(UsageError, match=rf"{name} needs .*{lacking}.*pip install 'hpsearch\[optuna\]'"):
            SAMPLERS[name]().require(Space.of(CONTINUOUS), 10)


@pytest.mark.parametrize("name", sorted(OPTUNA & set(INSTALLED)))
def test_optunas_samplers_ask_for_no_setting_that_does_not_exist(name: str) -> None:
    plan = plan_of(TREES["conditional"], name, trials=40)
    units = np.array([trial.unit for each in rounds_of(plan) for trial in each.trials])
    there = plan.space.presence(units)
    ordered = [not isinstance(setting.distribution, Choice) for setting in plan.space.settings]
    assert not there.all()
    assert set(units[:, ordered][~there[:, ordered]]) == {0.5}
