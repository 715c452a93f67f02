"""Sweeps whose outcomes are planted: real folders and real configs, but no training."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from hpsearch.config import Config, load_config
from hpsearch.folders import schemas_of
from hpsearch.known import KNOWN
from hpsearch.records import EpochRow, GradcheckRow, Observation, Outcome, Place, Result, Round, Status, Trial
from hpsearch.running import plan_of
from hpsearch.store import ParquetStore, SweepFolder, create_folder
from hpsearch.sweep import next_round

TEXT = """\
name: planted
seed: 1
data: {source: digits}
model:
  dropout: {uniform: [0.0, 0.5]}
  activation: {choice: [relu, tanh]}
train:
  learning_rate: {log: [1e-4, 1]}
  beta: {one_minus_log: [0.9, 0.999]}
  l2: {choice: [0, {log: [1e-6, 1e-1]}]}
  batch_size: {log_int: [8, 256]}
search: {strategy: sobol, trials: 96, round: 8, stopping: none}
"""
EPOCHS = 3
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)

Score = Callable[[Trial], float]
Ending = Callable[[Trial], Status]


def by_learning_rate(trial: Trial) -> float:
    """A loss that depends on the learning rate alone, but for a little noise."""
    noise = np.random.default_rng(trial.seed).standard_normal()
    return float(np.exp((np.log10(trial.values["learning_rate"]) + 2) ** 2 / 4 + 0.02 * noise))


def outcome_of(trial: Trial, score: float, status: Status = Status.COMPLETED) -> Outcome:
    """What came of a trial, of every status a plausible one."""
    found = {"val_loss": score, "val_accuracy": 1 / (1 + score), "train_loss": score / 2}
    trained = status not in {Status.GATE_FAILED, Status.FAILED}
    scored = status in {Status.COMPLETED, Status.STOPPED}
    epochs = tuple(
        EpochRow(epoch, {name: value * (1 + EPOCHS - epoch) for name, value in found.items()})
        for epoch in range(1, EPOCHS + 1)
    )
    passed = status is not Status.GATE_FAILED
    checks = [
        GradcheckRow(0, "rows", tensor, "differences", error, 1e-12, 1, 0, passed or tensor != "dense_1.W", None)
        for tensor, error in (("dense_1.W", 1e-9 if passed else 0.3), ("dense_2.W", 0.0))
    ]
    if not passed:
        checks[0] = replace(checks[0], blamed="dense_1")
    errors = {
        Status.GATE_FAILED: "gradient check failed at dense_1.W",
        Status.DIVERGED: "a loss was not a finite number after epoch 2",
    }
    result = Result(
        status,
        scores=found if scored else {},
        best_epoch=EPOCHS if scored else None,
        epochs=epochs if trained else (),
        gradchecks=() if status is Status.FAILED else tuple(checks),
        gradcheck_error=max(check.error for check in checks),
        gradcheck_verdict="right" if passed else "wrong",
        error="MemoryError: <b>no memory</b>" if status is Status.FAILED else errors.get(status),
    )
    place = Place(BEGAN + timedelta(seconds=trial.number), 0.9, f"worker-{trial.number % 2}", "node", "here")
    return Outcome(trial, result, place)


def config_in(folder: Path, text: str = TEXT, *overrides: str) -> Config:
    """The config of this text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "planted.yaml").write_text(text)
    return load_config(folder / "planted.yaml", KNOWN, overrides)


class Planted:
    """A sweep under way, whose trials have the outcomes that one wants."""

    def __init__(self, path: Path, config: Config) -> None:
        self.plan = plan_of(config)
        manifest = {
            "seed": config.run.seed,
            "platform": "here",
            "data": {"fingerprint": "digits", "rows": {"train": 9}},
        }
        self.folder: SweepFolder = create_folder(path, config.text(), manifest, schemas_of(config))
        self.store = ParquetStore(self.folder, schemas_of(config), lambda: 0.0)
        self.open = True
        self.rounds: list[Round] = []
        self.seen: dict[int, Observation] = {}

    def run(self, rounds: int, score: Score, ending: Ending = lambda trial: Status.COMPLETED) -> None:
        """Plan and finish so many rounds."""
        for number in range(len(self.rounds), len(self.rounds) + rounds):
            visible = [trial for each in self.rounds[: self.plan.visible(number)] for trial in each.trials]
            planned = next_round(self.plan, self.rounds, [self.seen[trial.number] for trial in visible])
            self.rounds.append(planned)
            self.store.add_round(planned)
            outcomes = [outcome_of(trial, score(trial), ending(trial)) for trial in planned.trials]
            self.store.add_outcomes(outcomes)
            for outcome in outcomes:
                curve = [row.scores[self.plan.metric] for row in outcome.result.epochs]
                value = outcome.result.scores.get(self.plan.metric)
                self.seen[outcome.trial.number] = self.plan.observation(
                    outcome.trial, outcome.result.status, value, curve
                )

    def finish(self, score: Score = by_learning_rate, ending: Ending = lambda trial: Status.COMPLETED) -> Path:
        """Run what is left, and close."""
        self.run(self.plan.rounds - len(self.rounds), score, ending)
        self.close()
        return self.folder.path

    def close(self) -> None:
        """Let the sweep go, once."""
        if self.open:
            self.store.close()
        self.open = False
