"""Laws of training in segments, on real networks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpsearch import gate
from hpsearch.babysitting import Verdict
from hpsearch.config import load_config
from hpsearch.data import Data, load_data
from hpsearch.known import KNOWN
from hpsearch.objective import Network, Outcome, Task, Worker, stack_key, train_trial
from hpsearch.records import Result, Status, Trial
from hpsearch.segments import Boundary, Watch
from hpsearch.settings import rows_of
from trainer import evaluate

CONFIG = """\
name: segments
data: {source: iris}
model: {hidden: [12], dropout: 0.1}
train: {optimizer: adam, learning_rate: 0.01, l2: 0.001, epochs: 7}
"""
STILL = "babysit={segment: 2, learning_rate: null, beta: null, l2: null, dropout: null}"
TRIAL = Trial(number=0, round=0, seed=5, unit=(), values={})
WORKER = Worker("here", "node", "platform", lambda: 0.0, lambda: 0.0)

Trained = Callable[..., tuple[Outcome, Network, Data]]


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    """Train with these overrides, watched or not."""

    def train(*overrides: str, watch: Watch | None = None) -> tuple[Outcome, Any, Data]:
        (tmp_path / "c.yaml").write_text(CONFIG)
        config = load_config(tmp_path / "c.yaml", KNOWN, overrides)
        data = load_data(config)
        return *train_trial(Task.of(config, data), TRIAL, WORKER, watch), data

    return train


def scores(result: Result) -> list[dict[str, float]]:
    return [dict(row.scores) for row in result.epochs]


def column(result: Result, name: str) -> list[Any]:
    return [row.segment[name] for row in result.epochs]


def deciding(*keeps: bool, **settings: float) -> Watch:
    """Decisions in their order, each with these settings for the next segment."""
    answers = iter(keeps)

    def decide(boundary: Boundary) -> Verdict:
        keep = next(answers)
        return Verdict(keep, {**boundary.standing(keep=keep), **settings})

    return Watch(decide=decide)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_segments_that_are_kept_without_a_nudge_are_the_training_in_one_piece(trained: Trained, optimizer: str) -> None:
    kind = f"train.optimizer={optimizer}"
    whole, network, _ = trained(kind, "train.warmup=1.5")
    watch = deciding(True, True, True, True)
    segmented, again, _ = trained(kind, "train.warmup=1.5", STILL, watch=watch)
    assert scores(segmented.result) == scores(whole.result)
    assert replace(segmented.result, epochs=()) == replace(whole.result, epochs=())
    assert again.parameters.tobytes() == network.parameters.tobytes()
    assert again.statistics.tobytes() == network.statistics.tobytes()


def test_a_segment_that_is_taken_back_leaves_no_trace_in_the_network(trained: Trained) -> None:
    for keeps, best in (((True, False, False), 2), ((False, True, False), 6)):
        outcome, network, data = trained(STILL, watch=deciding(*keeps))
        validation = rows_of(network.loss.kind, data.prepared.validation)
        assert outcome.result.best_epoch == best
        assert evaluate(network, validation)["loss"] == outcome.result.scores["val_loss"]
        assert outcome.result.scores == outcome.result.epochs[best - 1].scores


def test_every_epoch_counts_and_says_what_became_of_it(trained: Trained) -> None:
    outcome, _, _ = trained(STILL, watch=deciding(True, False, True))
    result = outcome.result
    assert [row.epoch for row in result.epochs] == list(range(1, 8))
    assert column(result, "segment") == [1, 1, 2, 2, 3, 3, 3]  # twice as long after one that was taken back
    assert column(result, "begun_from") == [0, 0, 2, 2, 2, 2, 2]
    assert column(result, "kept") == [True, True, False, False, True, True, True]


def test_a_segment_is_trained_with_its_settings_and_has_them_in_its_rows(trained: Trained) -> None:
    still = "train.schedule=constant"
    outcome, _, _ = trained(STILL, still, watch=deciding(True, True, True, True, learning_rate=1e-30))
    assert column(outcome.result, "learning_rate") == [0.01] * 2 + [1e-30] * 5
    assert column(outcome.result, "dropout") == [0.1] * 7
    assert set(outcome.result.epochs[0].segment) == {
        *("segment", "begun_from", "kept", "learning_rate", "beta", "l2", "dropout")
    }
    losses = [row.scores["train_loss"] for row in outcome.result.epochs]
    assert losses[0] != losses[1]
    # With such a rate no weight moves; only batch norm's averages settle.
    assert losses[-1] == pytest.approx(losses[-2], rel=0.05)


def test_what_is_worse_on_validation_is_taken_back(trained: Trained) -> None:
    outcome, _, _ = trained("train.epochs=30", "babysit={segment: 2, learning_rate: 30}")
    rows = outcome.result.epochs
    ends = [
        row for row, after in zip(rows, [*rows[1:], None], strict=True) if after is None or row.segment != after.segment
    ]
    standing = float("inf")
    for row in ends:
        assert row.segment["kept"] == (row.scores["val_loss"] <= standing)
        standing = row.scores["val_loss"] if row.segment["kept"] else standing
    assert {row.segment["kept"] for row in ends} == {True, False}
    assert outcome.result.scores["val_loss"] == standing


def test_a_learning_rate_at_which_it_diverges_comes_down_until_it_does_not(trained: Trained) -> None:
    rate = ("train.optimizer=sgd", "train.learning_rate=1e30", "train.epochs=40", "model.batch_norm=false")
    assert trained(*rate)[0].result.status is Status.DIVERGED
    outcome, network, _ = trained(*rate, "babysit={learning_rate: 100}")
    assert outcome.result.status is Status.COMPLETED
    assert network is not None
    assert column(outcome.result, "learning_rate")[-1] < 1e4


def test_it_has_diverged_if_no_segment_could_be_kept(trained: Trained) -> None:
    rate = ("train.optimizer=sgd", "train.learning_rate=1e37", "model.batch_norm=false")
    outcome, network, _ = trained(*rate, "babysit={}")
    assert (outcome.result.status, network) == (Status.DIVERGED, None)
    assert len(outcome.result.epochs) == 7


def test_recorded_decisions_give_the_same_bits_as_those_of_a_person(trained: Trained) -> None:
    watch = deciding(True, False, True, True, learning_rate=0.02, dropout=0.3)
    asked, _, _ = trained(STILL, watch=watch)
    settings = "learning_rate: 0.02, dropout: 0.3"
    decisions = ", ".join(f"{{keep: {keep}, {settings}}}" for keep in ("true", "false", "true", "true"))
    recorded, _, _ = trained(STILL, f"babysit.decisions=[{decisions}]")
    assert asked.result == recorded.result


def test_a_decision_to_keep_what_has_no_numbers_fails_with_the_reason(trained: Trained) -> None:
    rate = ("train.optimizer=sgd", "train.learning_rate=1e30", "model.batch_norm=false")
    outcome, _, _ = trained(*rate, "babysit={decisions: [{keep: true}]}")
    assert outcome.result.status is Status.FAILED
    assert "babysit.decisions.0 keeps segment 1" in str(outcome.result.error)


def test_a_training_of_which_nothing_is_kept_fails_with_the_reason(trained: Trained) -> None:
    outcome, network, _ = trained(STILL, watch=deciding(False, False, False, False))
    assert (outcome.result.status, network) == (Status.FAILED, None)
    assert "no segment was kept" in str(outcome.result.error)


def test_a_gate_that_fails_after_an_epoch_ends_it_and_nobody_is_asked(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = gate.check_gradients

    def fails_later(*arguments: Any) -> Any:
        report = check(*arguments)
        failed = tuple(replace(tensor, passed=False, error=1.0) for tensor in report.tensors)
        return report if arguments[-1] is None else replace(report, tensors=failed)

    monkeypatch.setattr(gate, "check_gradients", fails_later)
    asked: list[int] = []
    watch = Watch(decided=lambda boundary, _: asked.append(boundary.segment.number))
    outcome, network, _ = trained("babysit={segment: 2}", "gradcheck.at=[start, 3]", watch=watch)
    assert (outcome.result.status, network) == (Status.GATE_FAILED, None)
    assert (len(outcome.result.epochs), asked) == (3, [1])


def test_more_of_a_metric_that_should_be_large_is_better(trained: Trained) -> None:
    seen: list[Boundary] = []
    watch = Watch(decided=lambda boundary, _: seen.append(boundary))
    outcome, _, _ = trained("search.metric=val_accuracy", "babysit={segment: 2}", watch=watch)
    assert len(seen) == 4
    for boundary in seen:
        last = outcome.result.epochs[boundary.segment.last - 1]
        assert -boundary.segment.after == last.scores["val_accuracy"]


def test_a_babysat_trial_is_never_trained_beside_others(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CONFIG)
    keys = []
    for overrides in ((), ("babysit={}",)):
        config = load_config(tmp_path / "c.yaml", KNOWN, overrides)
        keys.append(stack_key(Task.of(config, load_data(config)), TRIAL))
    assert keys[0] is not None
    assert keys[1] is None
