"""Small worlds to search in: spaces, plans, and trials whose outcomes are a pure function of their point."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import settings

from hpsearch.config import Known
from hpsearch.errors import UsageError
from hpsearch.records import EpochRow, GradcheckRow, Observation, Outcome, Place, Result, Round, Status, Trial
from hpsearch.samplers import SAMPLERS, Ask, Proposal
from hpsearch.space import Space
from hpsearch.stopping import STOPPING
from hpsearch.store import TIMING_AND_PLACE
from hpsearch.sweep import Plan, next_round

HERE = "this-platform"
EPOCHS = 10  # of every trial, unless it ended early
RECORDED = ("val_loss", "val_accuracy", "train_loss")
LAWS = settings(database=None, deadline=None, derandomize=True, max_examples=60)

KNOWN = Known(
    activations=["relu", "tanh", "sigmoid"],
    optimizers=["sgd", "momentum", "adam", "adamw", "no"],
    metrics=["accuracy", "f1_macro"],
    extended=lambda plugins: KNOWN,
    initializers=["he", "xavier"],
    losses=["softmax_cross_entropy", "huber"],
    schedules=["constant", "cosine"],
)

CONTINUOUS = {"train": {"learning_rate": {"log": [1e-4, 1]}, "l2": {"uniform": [0, 1]}}}
MIXED = {
    "model": {"dropout": {"uniform": [0.0, 0.5]}, "activation": {"choice": ["relu", "tanh", "no"]}},
    "train": {
        "learning_rate": {"log": [1e-4, 1]},
        "beta": {"one_minus_log": [0.9, 0.999]},
        "epochs": {"int": [1, 5]},
        "batch_size": {"log_int": [8, 256]},
    },
}
CONDITIONAL = {
    "model": {"hidden": {"choice": {"none": [], "two": [{"int": [1, 9]}, {"int": [1, 9]}]}}},
    "train": {"l2": {"choice": [0, {"log": [1e-6, 1e-1]}]}, "batch_norm": {"choice": [True, False]}},
}
TREES: Mapping[str, Any] = {"continuous": CONTINUOUS, "mixed": MIXED, "conditional": CONDITIONAL}


def _installed(name: str) -> bool:
    try:
        SAMPLERS[name]().require(Space.of(CONTINUOUS), 1)
    except UsageError:
        return False
    return True


INSTALLED = sorted(name for name in SAMPLERS if name != "optuna.gp" and _installed(name))
"""The registered samplers that have what they need here; but for one that takes minutes, and shares optuna.tpe's code."""


def plan_of(tree: Any = MIXED, sampler: str = "zoom", /, **changes: Any) -> Plan:
    """A plan of 22 trials, whose last round is cut short."""
    usual: dict[str, Any] = {
        "seed": 0,
        "trials": 22,
        "round_size": 4,
        "lookahead": 1,
        "metric": "val_loss",
        "maximise": False,
        "stopping": STOPPING["envelope"],
        "epochs": lambda values: EPOCHS,
    }
    usual["sampler"] = SAMPLERS[sampler]()
    return Plan(space=Space.of(tree), **{**usual, **changes})


def observation_of(plan: Plan, outcome: Outcome) -> Observation:
    """What samplers know of an outcome."""
    result = outcome.result
    curve = [row.scores[plan.metric] for row in result.epochs]
    return plan.observation(outcome.trial, result.status, result.scores.get(plan.metric), curve)


def quadratic(trial: Trial) -> float | None:
    """A bowl over the unit cube; its bottom is off the middle."""
    return sum((u - 0.3) ** 2 for u in trial.unit)


def sometimes_failing(trial: Trial) -> float | None:
    """A bowl with holes: every fifth trial has no score."""
    return None if trial.number % 5 == 3 else quadratic(trial)


def rounds_of(
    plan: Plan, score: Callable[[Trial], float | None] = sometimes_failing, count: int | None = None
) -> list[Round]:
    """All rounds of a plan, or the first ones, planned one after another: the obvious way."""
    rounds: list[Round] = []
    for number in range(plan.rounds if count is None else count):
        rounds.append(next_round(plan, rounds, history_of(plan, rounds[: plan.visible(number)], score)))
    return rounds


def history_of(plan: Plan, rounds: list[Round], score: Callable[[Trial], float | None]) -> list[Observation]:
    """What samplers know once these rounds are finished."""
    status = {True: Status.COMPLETED, False: Status.FAILED}
    trials = [trial for each in rounds for trial in each.trials]
    return [plan.observation(trial, status[score(trial) is not None], score(trial)) for trial in trials]


def leaders_at(rounds: int, leader: tuple[float, float] = (0.5, 0.5)) -> list[Observation]:
    """What is known after rounds of four, of which the first three trials are the leaders and stand at one point."""
    return [
        Observation(n, n // 4, leader if n < 3 else (0.9, 0.1 + n / 1000), 0.0 if n < 3 else 1.0 + n)
        for n in range(4 * rounds)
    ]


def ask_of(history: list[Observation], size: int, seed: int = 0, tree: Any = CONTINUOUS) -> Ask:
    """What a sampler is asked for the round after this history."""
    return Ask(Space.of(tree), history, (), size, round=history[-1].round + 1 if history else 0, seed=seed)


def proposal_of(name: str, history: list[Observation], size: int, seed: int = 0) -> Proposal:
    """What the sampler with this name answers."""
    return SAMPLERS[name]().propose(ask_of(history, size, seed))


def all_searches() -> str:
    """Every sampler's rounds in every space, as text that is exact to the last bit."""
    return repr([rounds_of(plan_of(tree, sampler)) for sampler in INSTALLED for tree in TREES.values()])


def outcome_of(trial: Trial, *, status: Status | None = None, platform: str | None = HERE) -> Outcome:
    """What comes of a trial: of every kind, but always the same for the same trial."""
    kinds = (Status.COMPLETED,) * 5 + (Status.DIVERGED, Status.STOPPED, Status.FAILED)
    status = status or kinds[trial.seed % len(kinds)]
    loss = float(sum((u - 0.3) ** 2 for u in trial.unit)) / 3
    scores = {"val_loss": loss, "val_accuracy": 1 - loss, "train_loss": loss / 7}
    trained = status not in (Status.GATE_FAILED, Status.FAILED)
    result = Result(
        status,
        scores=scores if status in (Status.COMPLETED, Status.STOPPED) else {},
        best_epoch=2 if status is Status.COMPLETED else None,
        epochs=tuple(EpochRow(epoch, scores) for epoch in (1, 2)) if trained else (),
        gradchecks=(
            GradcheckRow(0, "rows", "W1", "differences", 1e-9, 1e-12, 2, 0, status is not Status.GATE_FAILED, None),
        ),
        gradcheck_error=1e-9,
        gradcheck_verdict="passed",
        error="lost" if status is Status.FAILED else None,
    )
    return Outcome(trial, result, Place(datetime(2025, 1, 1, tzinfo=UTC), 0.5, "worker", "node", platform))


def content(tables: Mapping[str, pa.Table]) -> dict[str, list[str]]:
    """The rows that two equal sweeps share, as text that is exact to the last bit."""
    return {
        name: [repr({key: value for key, value in row.items() if key not in TIMING_AND_PLACE}) for row in rows]
        for name, rows in ((name, table.to_pylist()) for name, table in tables.items())
    }
