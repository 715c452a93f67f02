"""Laws of `search.cost`: of networks that promise the same, the cheap ones, by counted operations."""

from pathlib import Path

import numpy as np
import pytest

from hpsearch.config import load_config
from hpsearch.cost import flops
from hpsearch.data import load_data
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, train_trial
from hpsearch.records import Trial
from hpsearch.running import Execution, Hooks, plan_of, resume, run
from hpsearch.samplers import SAMPLERS
from hpsearch.store import SweepFolder
from hpsearch.store.compare import differences
from trainer.arrays import Array
from trainer.layers import Dense

from .worlds import INSTALLED, rounds_of
from .worlds import plan_of as world

PRICING = [name for name in INSTALLED if SAMPLERS[name].prices]
SERIAL = Execution(serial=True)
SPACE = {"train": {"l2": {"uniform": [0, 1]}, "batch_size": {"log_int": [8, 512]}}}
TEXT = """name: small
data: {source: iris}
model: {hidden: {layers: 1, units: {log_int: [2, 64]}}}
train: {learning_rate: {log: [1e-3, 1]}, epochs: 2}
search: {trials: 16, cost: flops}
"""


def _bowl(trial: Trial) -> float:
    """Only one of the settings matters."""
    return float((trial.values["l2"] - 0.3) ** 2)


@pytest.mark.parametrize("sampler", PRICING)
def test_a_setting_that_changes_the_cost_alone_is_sought_where_it_is_cheap(sampler: str) -> None:
    def mean_logarithm(seed: int, **changes: object) -> float:
        rounds = rounds_of(world(SPACE, sampler, seed=seed, trials=40, **changes), _bowl)
        return float(np.mean([np.log(trial.values["batch_size"]) for each in rounds[5:] for trial in each.trials]))

    seeds = range(4)
    without = np.mean([mean_logarithm(seed) for seed in seeds])
    cheap = np.mean([mean_logarithm(seed, cost=lambda values: values["batch_size"]) for seed in seeds])
    dear = np.mean([mean_logarithm(seed, cost=lambda values: 1 / values["batch_size"]) for seed in seeds])
    assert cheap < without < dear


@pytest.mark.parametrize("sampler", PRICING)
def test_costs_matter_by_their_ratios_alone(sampler: str) -> None:
    plain, equal = world(SPACE, sampler), world(SPACE, sampler, cost=lambda values: 1.0)
    assert rounds_of(equal, _bowl) == rounds_of(plain, _bowl)
    small, large = (
        world(SPACE, sampler, cost=lambda values, unit=unit: unit * values["batch_size"]) for unit in (1, 1e6)
    )
    assert rounds_of(small, _bowl) == rounds_of(large, _bowl)


def test_the_operations_are_those_that_a_trial_does_in_its_dense_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    forward, backward = Dense.forward, Dense.backward

    def counted_forward(self: Dense, x: Array, *, train: bool) -> Array:
        done.append(2 * len(x) * self.W.size if self.W.dtype == np.float32 else 0)  # in double: the gradient check
        return forward(self, x, train=train)

    def counted_backward(self: Dense, dy: Array) -> Array:
        done.append(2 * len(dy) * self.W.size * (1 + self.input_gradient) if self.W.dtype == np.float32 else 0)
        return backward(self, dy)

    monkeypatch.setattr(Dense, "forward", counted_forward)
    monkeypatch.setattr(Dense, "backward", counted_backward)
    (tmp_path / "config.yaml").write_text(TEXT)
    config = load_config(tmp_path / "config.yaml", KNOWN)
    task, trial = Task.of(config, load_data(config)), Trial(0, 0, 1, (), {"units": 9, "learning_rate": 0.1})
    outcome, _ = train_trial(task, trial, Worker("w", "n", "p", lambda: 0.0, lambda: 0.0))
    assert outcome.result.status == "completed"
    assert flops(task, trial.values) == sum(done) > 0


def test_a_sweep_that_heeds_costs_is_resumed_to_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT)
    run(load_config(tmp_path / "config.yaml", KNOWN), tmp_path, SERIAL, Hooks())
    run(load_config(tmp_path / "config.yaml", KNOWN, ["name=short", "search.trials=13"]), tmp_path, SERIAL, Hooks())
    resume(tmp_path / "short", SERIAL, Hooks(), trials=16)
    run(load_config(tmp_path / "config.yaml", KNOWN, ["name=free", "search.cost=null"]), tmp_path, SERIAL, Hooks())
    whole, short, free = (SweepFolder(tmp_path / name).read_tables() for name in ("small", "short", "free"))
    assert differences(whole, short) == []
    assert differences(whole, free)


def test_a_strategy_that_cannot_heed_costs_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT)
    for name in set(INSTALLED) - set(PRICING):
        config = load_config(tmp_path / "config.yaml", KNOWN, [f"search.strategy={name}"])
        with pytest.raises(UsageError, match=rf"search.cost: the strategy {name} cannot prefer cheap networks"):
            plan_of(config)
    with pytest.raises(UsageError, match=r"search.cost must be 'flops'; it is 'seconds'"):
        load_config(tmp_path / "config.yaml", KNOWN, ["search.cost=seconds"])
