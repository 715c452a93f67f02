"""Laws of folds: how rows are cut, and how their networks are trained together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.table_cases import dirty_table
from trainer import Architecture, Epoch, Fitting, TrainerError, Training, build_stack, fit_together
from trainer.arrays import Array
from trainer.data import BUNDLED, Dataset, Layout, Prepared, columns_of, dataset_of_table, prepare_folds
from trainer.data.splits import split, split_in_folds
from trainer.history import OnEpoch

SEED = np.random.SeedSequence(3)
SETTINGS = Training(learning_rate=0.05, batch_size=16, epochs=6)


def cut(dataset: Dataset, folds: int = 4, test: float = 0.2) -> tuple[list[tuple[Array, Array]], Array]:
    return split_in_folds(dataset, folds=folds, test=test, seed=SEED)


@pytest.mark.parametrize("name", BUNDLED)
def test_each_row_is_a_test_row_or_a_validation_row_of_one_fold_in_its_class_share(
    name: str, bundled: Mapping[str, Dataset]
) -> None:
    dataset = bundled[name]
    pairs, test = cut(dataset)
    assert sorted(np.concatenate([test, *(validation for _, validation in pairs)])) == list(range(len(dataset.y)))
    np.testing.assert_array_equal(test, split(dataset, validation=0.2, test=0.2, seed=SEED)[2])
    rest = len(dataset.y) - len(test)
    for train, validation in pairs:
        assert sorted(np.concatenate([train, validation, test])) == list(range(len(dataset.y)))
        assert abs(len(validation) - rest / 4) < 1
        shares = np.bincount(dataset.y) * len(validation) / len(dataset.y)
        assert (
            np.abs(np.bincount(dataset.y[validation], minlength=len(shares)) - shares).max() <= 2
        )  # rows, by rounding


def test_folds_depend_on_the_seed_and_on_nothing_else(bundled: Mapping[str, Dataset]) -> None:
    one, again = cut(bundled["wine"])[0], cut(bundled["wine"])[0]
    other = split_in_folds(bundled["wine"], folds=4, test=0.2, seed=np.random.SeedSequence(4))[0]
    for (_, validation), (_, same), (_, different) in zip(one, again, other, strict=True):
        np.testing.assert_array_equal(validation, same)
        assert set(validation) != set(different)


def test_no_group_is_torn_apart_and_folds_are_about_of_one_size(bundled: Mapping[str, Dataset]) -> None:
    groups = np.random.default_rng(0).integers(0, 30, 150).astype(str)
    dataset = replace(bundled["iris"], groups=groups)
    pairs, test = cut(dataset)
    np.testing.assert_array_equal(test, split(dataset, validation=0.2, test=0.2, seed=SEED)[2])
    assert sorted(np.concatenate([test, *(validation for _, validation in pairs)])) == list(range(150))
    for train, validation in pairs:
        assert not set(groups[train]) & set(groups[validation])
        assert not set(groups[test]) & set(groups[np.concatenate([train, validation])])
        assert abs(len(validation) - (150 - len(test)) / 4) <= 10  # rows: about two groups


def test_by_time_a_fold_is_validated_on_the_rows_that_follow_its_training_rows(bundled: Mapping[str, Dataset]) -> None:
    times = np.random.default_rng(0).permutation(150).astype(float)
    pairs, test = cut(replace(bundled["iris"], times=times))
    assert [len(train) for train, _ in pairs] == [24, 48, 72, 96]
    for train, validation in pairs:
        assert times[train].max() < times[validation].min()
        assert times[validation].max() < times[test].min()
        assert times[train].max() + 1 == times[validation].min()


def test_what_is_fitted_is_fitted_to_each_fold_s_training_rows_alone() -> None:
    frame = dirty_table(200)
    layout = Layout(target=("price",), drop=("dear",))

    def prepared(changed: Sequence[int]) -> tuple[Prepared, ...]:
        table = dict(columns_of(frame))
        for name, values in table.items():
            if name not in layout.no_features:
                table[name] = values.copy()
                table[name][list(changed)] = None if values.dtype == object else 1e6
        dataset = dataset_of_table(table, "houses", layout, "houses")
        return prepare_folds(dataset, folds=3, test=0.2, seed=SEED)

    dataset = dataset_of_table(columns_of(frame), "houses", layout, "houses")
    pairs, test = cut(dataset, folds=3)
    before = prepared([])
    for fold, (_, validation) in enumerate(pairs):
        after = prepared([*validation, *test])[fold]
        assert after.encoder == before[fold].encoder
        np.testing.assert_array_equal(after.standardizer.mean, before[fold].standardizer.mean)
        np.testing.assert_array_equal(after.train.x, before[fold].train.x)
        assert not np.array_equal(after.validation.x, before[fold].validation.x)
        assert not len(after.test)
    assert len({repr(fold.encoder) for fold in before}) == 3


@pytest.mark.parametrize(
    ("dataset", "folds", "sentence"),
    [
        ({}, 200, "120 rows that are no test rows cannot be cut into 200 parts"),
        ({}, 100, "no class has a row for each of 100 folds"),
        ({"groups": np.repeat(list("abcde"), 30)}, 5, "4 groups cannot be cut into 5 folds"),
        ({"times": np.arange(150.0)}, 2, "no training row is of the class"),  # iris is sorted by class
    ],
)
def test_folds_that_cannot_be_are_refused(
    bundled: Mapping[str, Dataset], dataset: dict[str, Array], folds: int, sentence: str
) -> None:
    with pytest.raises(TrainerError, match=sentence):
        cut(replace(bundled["iris"], **dataset), folds)


@pytest.fixture(scope="module")
def folds() -> tuple[Prepared, ...]:
    return prepare_folds(BUNDLED["iris"](), folds=3, test=0.1, seed=SEED)


def fitting(training: Training, seeds: Sequence[int] = (5,)) -> Fitting:
    shape = Architecture(4, 3, hidden=(6,), dropout=0.2)
    network = shape.build(capacity=64) if len(seeds) == 1 else build_stack([shape] * len(seeds), capacity=64)
    network.initialise(*map(np.random.default_rng, seeds))
    shuffle, noise = ([np.random.default_rng([seed, use]) for seed in seeds] for use in range(2))
    return Fitting(network, [training] * len(seeds), shuffle=shuffle, noise=noise)


def parts(folds: Sequence[Prepared]) -> list[tuple[object, object]]:
    return [(fold.train, fold.validation) for fold in folds]


def test_each_network_is_what_it_is_alone_and_the_scores_are_their_means(folds: tuple[Prepared, ...]) -> None:
    together, apart = [fitting(SETTINGS) for _ in folds], [fitting(SETTINGS) for _ in folds]
    [fit] = fit_together(together, parts(folds), metrics=["accuracy"])
    alone = [
        each.fit(fold.train, fold.validation, metrics=["accuracy"])[0] for each, fold in zip(apart, folds, strict=True)
    ]
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one.network.parameters, other.network.parameters)
        np.testing.assert_array_equal(one.network.statistics, other.network.statistics)
    assert len(fit.epochs) == 6
    for number, epoch in enumerate(fit.epochs):
        scores = [each.epochs[number].scores for each in alone]
        means = {name: np.mean([each[name] for each in scores]) for name in scores[0]}
        assert epoch.scores == {**means, "val_loss_std": np.std([each["val_loss"] for each in scores], ddof=1)}


def test_patience_goes_by_the_means_and_every_network_goes_back_to_the_same_epoch(folds: tuple[Prepared, ...]) -> None:
    training = replace(SETTINGS, learning_rate=0.4, epochs=60, patience=3, schedule="constant", weight_decay=0.0)
    together = [fitting(training) for _ in folds]
    [fit] = fit_together(together, parts(folds))
    losses = [epoch.scores["val_loss"] for epoch in fit.epochs]
    assert fit.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == fit.best_epoch + 3 < 60
    for each, fold in zip(together, folds, strict=True):
        alone = fitting(replace(training, patience=None))
        alone.fit(fold.train, fold.validation, epochs=fit.best_epoch)
        np.testing.assert_array_equal(each.network.parameters, alone.network.parameters)


def test_trials_side_by_side_on_folds_are_what_each_is_alone(folds: tuple[Prepared, ...]) -> None:
    together = [fitting(SETTINGS, (5, 6)) for _ in folds]
    asked: list[tuple[int, int]] = []

    def stops_after(trial: int, last: int) -> OnEpoch:
        def on_epoch(epoch: Epoch) -> bool:
            asked.append((trial, epoch.epoch))
            return epoch.epoch == last

        return on_epoch

    fits = fit_together(together, parts(folds), on_epoch=[stops_after(0, 2), stops_after(1, 4)])
    assert asked == [(0, 1), (1, 1), (0, 2), (1, 2), (1, 3), (1, 4)]  # once an epoch, whatever the folds
    for place, seed in enumerate((5, 6)):
        alone = [fitting(SETTINGS, (seed,)) for _ in folds]
        assert fit_together(alone, parts(folds), on_epoch=[stops_after(place, 2 + 2 * place)]) == [fits[place]]
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one.network.parameters[place], other.network.parameters)


def test_a_fold_that_diverges_ends_the_trial(folds: tuple[Prepared, ...]) -> None:
    wild = replace(folds[1].train, x=folds[1].train.x * np.float32(1e30))
    broken = [folds[0], replace(folds[1], train=wild), folds[2]]
    shape = Architecture(4, 3, hidden=(6,), batch_norm=False, activation="identity")
    fittings = []
    for _ in folds:
        network = shape.build(capacity=64)
        network.initialise(np.random.default_rng(0))
        rngs = {name: [np.random.default_rng(1)] for name in ("shuffle", "noise")}
        fittings.append(Fitting(network, [replace(SETTINGS, optimizer="sgd")], **rngs))
    [fit] = fit_together(fittings, parts(broken))
    assert fit.diverged
    assert len(fit.epochs) == 1
