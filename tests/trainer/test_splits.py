"""Laws of splitting and scaling."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.bundled_cases import BUNDLED_CASES
from trainer import TrainerError
from trainer.arrays import Array
from trainer.data import BUNDLED, Dataset, Prepared, Standardizer, prepare
from trainer.data.preprocessing import SPAN
from trainer.data.splits import at_random

every_data_set = pytest.mark.parametrize("name", BUNDLED)


def rows_of(y: Array, seed: int = 0, validation: float = 0.2, test: float = 0.1) -> tuple[Array, Array, Array]:
    sizes = round(validation * len(y)), round(test * len(y))
    return at_random(len(y), y, *sizes, np.random.SeedSequence(seed))


@every_data_set
def test_the_parts_are_disjoint_and_cover_everything(name: str, bundled: Mapping[str, Dataset]) -> None:
    y = bundled[name].y
    assert sorted(np.concatenate(rows_of(y))) == list(range(len(y)))


@every_data_set
def test_the_parts_have_the_sizes_that_were_asked_for(name: str, bundled: Mapping[str, Dataset]) -> None:
    total = BUNDLED_CASES[name].rows
    sizes = prepare(bundled[name], validation=0.2, test=0.1, seed=np.random.SeedSequence(0)).sizes()
    assert sizes["validation"] == round(0.2 * total)
    assert sizes["test"] == round(0.1 * total)
    assert sum(sizes.values()) == total


@every_data_set
def test_every_class_has_its_share_in_every_part(name: str, bundled: Mapping[str, Dataset]) -> None:
    y = bundled[name].y
    for part in rows_of(y):
        expected = np.bincount(y) * len(part) / len(y)
        assert np.abs(np.bincount(y[part], minlength=len(expected)) - expected).max() <= 2  # rows, by rounding


def test_the_cut_depends_on_the_seed_and_on_nothing_else(bundled: Mapping[str, Dataset]) -> None:
    y = bundled["wine"].y
    for part, again, other in zip(rows_of(y), rows_of(y), rows_of(y, seed=1), strict=True):
        np.testing.assert_array_equal(part, again)
        assert set(part) != set(other)


def test_a_fraction_of_zero_is_an_empty_part(bundled: Mapping[str, Dataset]) -> None:
    data = prepare(bundled["iris"], validation=0.0, test=0.0, seed=np.random.SeedSequence(0))
    assert data.sizes() == {"train": 150, "validation": 0, "test": 0}


@every_data_set
def test_training_rows_have_mean_zero_and_deviation_one_or_the_largest_range_where_they_vary(
    name: str, prepared: Mapping[str, Prepared]
) -> None:
    x = prepared[name].train.x
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    np.testing.assert_allclose(x.mean(axis=0, dtype=np.float64), 0, atol=1e-5)
    deviation, spread = x.std(axis=0, dtype=np.float64), np.ptp(x, axis=0)
    varying = deviation > 0
    np.testing.assert_allclose(np.maximum(deviation, spread / SPAN)[varying], 1, rtol=1e-4)
    assert (deviation < 1 + 1e-4).all()
    assert (x[:, ~varying] == 0).all()


def test_a_feature_that_is_almost_always_the_same_stays_small() -> None:
    x = np.zeros((10_000, 1))
    x[0] = 255.0
    scaled = Standardizer.fitted(x)(x)
    assert np.ptp(scaled) == pytest.approx(SPAN)
    assert 255 / x.std() == pytest.approx(100, rel=1e-3)  # what the deviation alone would make of it


def test_a_range_beyond_all_numbers_is_scaled_to_nothing_without_a_warning() -> None:
    x = np.array([[-1e308], [1e308], [0.0]])
    assert Standardizer.fitted(x)(x).tolist() == [[0.0]] * 3


@every_data_set
def test_rows_are_the_data_sets_rows_scaled_with_their_own_targets(name: str, bundled: Mapping[str, Dataset]) -> None:
    dataset = bundled[name]
    data = prepare(dataset, validation=0.2, test=0.1, seed=np.random.SeedSequence(0))
    for part, rows in zip((data.train, data.validation, data.test), rows_of(dataset.y), strict=True):
        back = part.x * data.standardizer.scale + data.standardizer.mean
        np.testing.assert_allclose(back, dataset.x[rows], rtol=1e-4, atol=1e-3)
        assert part.targets.dtype == np.float32
        np.testing.assert_array_equal(part.targets.sum(axis=1), 1)
        np.testing.assert_array_equal(part.targets.argmax(axis=1), dataset.y[rows])


def test_validation_and_test_rows_have_no_part_in_the_scaling(bundled: Mapping[str, Dataset]) -> None:
    dataset = bundled["wine"]
    train, *others = rows_of(dataset.y)
    x = dataset.x.copy()
    x[np.concatenate(others)] *= 1000
    changed = replace(dataset, x=x)
    one, two = (prepare(each, validation=0.2, test=0.1, seed=np.random.SeedSequence(0)) for each in (dataset, changed))
    np.testing.assert_array_equal(one.train.x, two.train.x)
    np.testing.assert_array_equal(one.standardizer.mean, two.standardizer.mean)
    np.testing.assert_array_equal(one.standardizer.scale, two.standardizer.scale)
    np.testing.assert_array_equal(one.standardizer.mean, dataset.x[train].mean(axis=0))
    assert (one.validation.x != two.validation.x).all()


@pytest.mark.parametrize("value", [0.1, 0.3, 1 / 3, 123.456, 4.0])
def test_a_constant_feature_becomes_exactly_0_whatever_its_value(value: float) -> None:
    x = np.full((100, 1), value)
    assert Standardizer.fitted(x)(x).tolist() == [[0.0]] * 100


def test_a_constant_feature_is_only_shifted() -> None:
    standardizer = Standardizer.fitted(np.array([[4.0, 1.0], [4.0, 3.0]]))
    assert standardizer.scale.tolist() == [1.0, 1.0]
    assert standardizer(np.array([[4.0, 5.0], [6.0, 2.0]])).tolist() == [[0.0, 3.0], [2.0, 0.0]]


@pytest.mark.parametrize(
    ("counts", "validation", "test"),
    [
        pytest.param((20, 1), 0.2, 0.2, id="a class of one row"),
        pytest.param((1,) * 3000, 0.2, 0.2, id="thousands of them"),
        pytest.param((10, 10), 0.05, 0.0, id="fewer validation rows than classes"),
        pytest.param((10, 10), 0.9, 0.1, id="nothing left for training"),
    ],
)
def test_a_cut_that_cannot_have_every_class_in_every_part_is_refused(
    counts: tuple[int, ...], validation: float, test: float
) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    dataset = Dataset("few", np.zeros((len(y), 2)), y, tuple(map(str, range(len(counts)))))
    with pytest.raises(TrainerError, match=r"cannot be split with every class in each part.*use more rows") as refused:
        prepare(dataset, validation=validation, test=test, seed=np.random.SeedSequence(0))
    assert len(str(refused.value)) < 300


def test_a_fraction_that_is_no_row_is_refused(bundled: Mapping[str, Dataset]) -> None:
    for part in ({"validation": 0.001, "test": 0.2}, {"validation": 0.2, "test": 0.001}):
        with pytest.raises(TrainerError, match="is no row"):
            prepare(bundled["iris"], seed=np.random.SeedSequence(0), **part)


@pytest.mark.parametrize("value", [1e300, 1.7e308])
def test_a_value_that_cannot_be_scaled_is_refused_without_a_warning(value: float) -> None:
    x = np.array([[1.0], [2.0], [3.0]])
    with pytest.raises(TrainerError, match="column 0 holds"):
        Standardizer.fitted(x)(np.array([[value]]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_of_weight_two_counts_as_two_rows(dtype: type, rng: np.random.Generator) -> None:
    x, counts = rng.normal(3, 2, size=(20, 4)).astype(dtype), rng.integers(1, 5, size=20)
    weighted = Standardizer.fitted(x, counts[:, np.newaxis].astype(dtype))
    repeated = Standardizer.fitted(x.repeat(counts, axis=0))
    np.testing.assert_allclose(weighted.mean, repeated.mean, rtol=1e-12)
    np.testing.assert_allclose(weighted.scale, repeated.scale, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_gives_the_type_asked_for_and_its_inverse_goes_back(dtype: type, rng: np.random.Generator) -> None:
    x = rng.normal(3, 2, size=(20, 4)).astype(dtype)
    standardizer = Standardizer.fitted(x)
    scaled = standardizer(x, dtype)
    assert scaled.dtype == standardizer.inverse(scaled).dtype == dtype
    np.testing.assert_allclose(standardizer.inverse(scaled), x, rtol=20 * np.finfo(dtype).eps)
    assert (Standardizer.identity(4)(x, dtype) == x).all()
