"""Laws of every sampler."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.records import Trial
from hpsearch.samplers import SAMPLERS
from hpsearch.space import Choice, Space

from .worlds import (
    CONTINUOUS,
    INSTALLED,
    TREES,
    all_searches,
    ask_of,
    history_of,
    leaders_at,
    plan_of,
    proposal_of,
    rounds_of,
    sometimes_failing,
)

GUIDED = {"zoom", "boxes"}  # samplers that follow the leaders, and say where they look
UNGUIDED = {"random", "sobol", "grid"}
OPTUNA = {"optuna.tpe", "optuna.gp", "optuna.cmaes"}
WITHOUT_CHANCE = {"grid"}
HEEDLESS = {"random", "boxes"}  # of what is under way
TRIALS = {"continuous": 160, "mixed": 80, "conditional": 80}


@pytest.fixture(params=INSTALLED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_registered_sampler_has_a_case_here() -> None:
    assert set(SAMPLERS) == GUIDED | UNGUIDED | OPTUNA
    assert all(sampler.kind == name for name, sampler in SAMPLERS.items())


@cache
def searched(name: str, tree: str) -> list[Trial]:
    """A search's trials, which several tests look at."""
    plan = plan_of(TREES[tree], name, trials=TRIALS[tree])
    return [trial for each in rounds_of(plan) for trial in each.trials]


@pytest.mark.parametrize("tree", TREES)
def test_every_point_has_a_coordinate_a_setting_and_lies_in_the_unit_cube(name: str, tree: str) -> None:
    trials = searched(name, tree)
    assert len(trials) == TRIALS[tree]
    assert all(len(trial.unit) == len(Space.of(TREES[tree]).settings) for trial in trials)
    assert all(type(u) is float and 0 <= u <= 1 for trial in trials for u in trial.unit)


def test_a_proposal_has_just_the_points_asked_for(name: str) -> None:
    for size in (1, 3, 17):
        for rounds in (0, 1, 6):
            assert len(proposal_of(name, leaders_at(rounds), size).points) == size


def test_the_same_search_comes_out_in_another_process() -> None:
    code = f"import runpy; print(runpy.run_path({str(Path(__file__).with_name('worlds.py'))!r})['all_searches']())"
    environment = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(filter(None, sys.path))}
    others = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**environment, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    found = [process.communicate()[0].strip() for process in others]
    assert found == [all_searches()] * 2


@pytest.mark.parametrize("name", sorted(set(INSTALLED) - WITHOUT_CHANCE))
def test_no_two_trials_of_a_continuous_space_are_equal(name: str) -> None:
    assert len({trial.unit for trial in searched(name, "continuous")}) == 160


@pytest.mark.parametrize("tree", TREES)
def test_every_value_has_its_settings_type_and_lies_in_its_range(name: str, tree: str) -> None:
    space = Space.of(TREES[tree])
    by_name = {space.names[setting.path]: setting.distribution for setting in space.settings}
    for trial in searched(name, tree):
        for setting, value in trial.values.items():
            by_name[setting].to_unit(value)  # which refuses another type, and what is out of range


def test_a_proposal_depends_on_its_arguments_alone(name: str) -> None:
    plan = plan_of(CONTINUOUS, name)
    history = history_of(plan, rounds_of(plan), sometimes_failing)
    sampler, expected = SAMPLERS[name](), proposal_of(name, history, 8)
    rebuilt = [replace(seen, unit=tuple(float(repr(u)) for u in seen.unit)) for seen in history]
    for again in (history, rebuilt, list(history)):
        sampler.propose(ask_of(history[:12], 5, seed=3))  # another call in between leaves no trace
        assert sampler.propose(ask_of(again, 8)) == expected


def test_a_proposal_leaves_the_history_and_the_global_random_numbers_alone(name: str) -> None:
    history = leaders_at(6)
    before, state = list(history), repr(np.random.get_state())  # noqa: NPY002 - this is what must not be touched
    proposal_of(name, history, 8)
    assert history == before
    assert repr(np.random.get_state()) == state  # noqa: NPY002 - as above


@pytest.mark.parametrize("name", sorted(set(INSTALLED) - WITHOUT_CHANCE))
def test_another_seed_of_the_sweep_gives_other_points(name: str) -> None:
    assert proposal_of(name, leaders_at(6), 8, seed=0).points != proposal_of(name, leaders_at(6), 8, seed=1).points


def test_trials_under_way_are_known_by_their_points_alone(name: str) -> None:
    history = leaders_at(6)
    pending = [Trial(24 + n, 6, n, (0.5, 0.1 + n / 10), {}) for n in range(4)]
    others = [
        replace(each, seed=each.seed + 99, values={"l2": 0.1}, limits=(1.0,), configuration=3) for each in pending
    ]
    asks = [replace(ask_of(history, 4), pending=each, round=7) for each in (pending, others)]
    first, second = (SAMPLERS[name]().propose(ask) for ask in asks)
    assert first == second
    assert not {trial.unit for trial in pending} & set(first.points)
    alone = SAMPLERS[name]().propose(replace(asks[0], pending=()))
    assert (alone.points == first.points) == (name in HEEDLESS)


@pytest.mark.parametrize("name", sorted(UNGUIDED))
def test_an_unguided_sampler_looks_everywhere_whatever_it_has_seen(name: str) -> None:
    seen = leaders_at(6)
    unlike = [replace(each, score=None if each.score is None else -each.score) for each in seen]
    assert proposal_of(name, seen, 50) == proposal_of(name, unlike, 50)
    assert (proposal_of(name, seen, 50).global_share, proposal_of(name, seen, 50).region) == (1.0, ())


def test_what_a_sampler_needs_and_lacks_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpsearch.samplers.optuna.find_spec", lambda package: None)
    for name, lacking in (("optuna.tpe", "Optuna"), ("optuna.gp", "Optuna and PyTorch"), ("optuna.cmaes", "cmaes")):
        with pytest.raises(UsageError, match=rf"{name} needs .*{lacking}.*pip install 'hpsearch\[optuna\]'"):
            SAMPLERS[name]().require(Space.of(CONTINUOUS), 10)


@pytest.mark.parametrize("name", sorted(OPTUNA & set(INSTALLED)))
def test_optunas_samplers_ask_for_no_setting_that_does_not_exist(name: str) -> None:
    space = Space.of(TREES["conditional"])
    units = np.array([trial.unit for trial in searched(name, "conditional")])
    there = space.presence(units)
    ordered = [not isinstance(setting.distribution, Choice) for setting in space.settings]
    assert not there.all()
    assert set(units[:, ordered][~there[:, ordered]]) == {0.5}
