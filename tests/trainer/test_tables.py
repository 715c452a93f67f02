"""Laws of tables as numbers: kinds of columns, what is fitted on which rows, models that take tables."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from tests.trainer.table_cases import USED, dirty_table
from trainer import Architecture, Model, TrainerError, load
from trainer.data import Dataset, Layout, Prepared, TableEncoder, columns_of, dataset_of_table, prepare
from trainer.data.columns import KINDS
from trainer.data.encoding import fit_encoder
from trainer.data.splits import split
from trainer.data.table import is_missing, take

SEED = np.random.SeedSequence(0)
GOLDEN = Path(__file__).parent / "golden"


def dataset(frame: pd.DataFrame, *target: str, **layout: object) -> Dataset:
    drop = tuple({"price", "dear"} & set(frame.columns) - set(target))
    return dataset_of_table(columns_of(frame), "houses", Layout(target=target, drop=drop, **layout), "houses")


def prepared(frame: pd.DataFrame, *target: str, **layout: object) -> Prepared:
    return prepare(dataset(frame, *target, **layout), validation=0.2, test=0.2, seed=SEED)


def model_of(data: Prepared, loss: str = "softmax_cross_entropy") -> Model:
    architecture = Architecture(data.train.x.shape[1], data.train.targets.shape[1], (6,), loss=loss)
    network = architecture.build(capacity=8)
    network.initialise(np.random.default_rng(1))
    return Model.of(architecture, network, data)


def test_each_column_of_the_dirty_table_is_what_it_was_made_as() -> None:
    data = prepared(dirty_table(), "dear")
    kinds = {column.name: column.kind for column in data.encoder.columns}
    assert kinds == {"area": "number", "rooms": "number", "town": "category", "sold": "date", "garden": "category"}
    assert set(KINDS) == set(kinds.values())
    said = " ".join(data.notes)
    assert all(
        words in said for words in ("'name' is left out", "'number' is left out: row numbers", "'country' is left out")
    )
    assert "'dear' has 2 different texts: classification" in said


def test_numbers_and_categories_are_encoded_as_scikit_learn_does() -> None:
    frame, fresh = dirty_table()[["area", "rooms", "town"]], dirty_table(50, seed=1)[["area", "rooms", "town"]]
    fresh.loc[0, "town"] = "Rome"
    encoder, _ = fit_encoder(columns_of(frame))
    numbers = SimpleImputer(strategy="median", add_indicator=True)
    one_hot = OneHotEncoder(max_categories=20, handle_unknown="infrequent_if_exist", sparse_output=False)
    twin = make_column_transformer((numbers, ["area"]), (numbers, ["rooms"]), (one_hot, ["town"]))
    plain = [
        each.astype({"rooms": "float"}).astype({"town": object}).replace({"town": {np.nan: None}})
        for each in (frame, fresh)
    ]
    twin.fit(plain[0])
    for table, expected in zip((frame, fresh), plain, strict=True):
        np.testing.assert_array_equal(encoder(columns_of(table)), twin.transform(expected))


def test_rare_and_new_texts_share_a_feature() -> None:
    rng = np.random.default_rng(0)
    towns = rng.choice([f"t{n}" for n in range(40)], 2000, p=np.arange(1, 41) / 820)
    encoder, _ = fit_encoder(columns_of(pd.DataFrame({"town": towns})))
    found = encoder(columns_of(pd.DataFrame({"town": ["t39", "t0", "Rome"]})))
    assert found.shape == (3, 20)
    np.testing.assert_array_equal(found[1], found[2])
    assert found[1].tolist() == [0.0] * 19 + [1.0]


def test_a_date_is_its_days_and_its_places_in_the_year_and_the_week() -> None:
    encoder, _ = fit_encoder(columns_of(pd.DataFrame({"d": ["1970-01-08", "1971-01-01T12:00", None]})))
    found = encoder(columns_of(pd.DataFrame({"d": [pd.Timestamp("1970-01-08"), pd.NaT]})))
    assert found[0, 0] == 7
    assert found[:, 1].tolist() == [0, 1]
    np.testing.assert_allclose(found[0, [3, 5]], [0, 1], atol=1e-12)  # a whole week has gone by
    np.testing.assert_allclose(np.square(found[:, 2:4]).sum(axis=1) + np.square(found[:, 4:6]).sum(axis=1), 2)


@pytest.mark.parametrize("target", ["price", "dear"])
def test_nothing_that_stands_in_validation_or_test_rows_changes_what_was_fitted(target: str) -> None:
    frame = dirty_table()
    data = dataset(frame, target)
    train, *others = split(data, validation=0.2, test=0.2, seed=SEED)
    spoiled = {}
    for name, values in data.x.items():
        spoiled[name] = values.astype(object)
        spoiled[name][np.concatenate(others)] = "rubbish"
        missing = is_missing(values)
        spoiled[name][train] = [None if missing[row] else str(values[row]) for row in train]
    y = data.y.copy()
    if target == "price":
        y[np.concatenate(others)] *= -7
    one, two = (prepare(each, validation=0.2, test=0.2, seed=SEED) for each in (data, replace(data, x=spoiled, y=y)))
    assert one.encoder == two.encoder
    for name in ("mean", "scale"):
        np.testing.assert_array_equal(getattr(one.standardizer, name), getattr(two.standardizer, name))
    np.testing.assert_array_equal(one.train.x, two.train.x)
    np.testing.assert_array_equal(one.train.targets, two.train.targets)
    assert not np.array_equal(one.test.x, two.test.x)


def test_an_encoder_comes_back_from_json_the_same() -> None:
    encoder = prepared(dirty_table(), "dear").encoder
    assert TableEncoder.from_json(json.loads(json.dumps(encoder.as_json()))) == encoder


def test_numbers_to_be_estimated_have_mean_0_and_deviation_1_in_training() -> None:
    data = prepared(dirty_table(), "price")
    assert data.task == "regression"
    np.testing.assert_allclose(data.train.targets.mean(dtype=np.float64), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.targets.std(dtype=np.float64), 1, rtol=1e-5)
    back = data.train.scaling.inverse(data.test.targets.astype(np.float64))
    assert set(np.round(back[:, 0], -1)) <= set(np.round(dirty_table()["price"], -1))


@pytest.mark.parametrize(
    ("columns", "task", "classes"),
    [
        ({"y": [0, 1] * 20}, "classification", ("0", "1")),
        ({"y": [1.5, 2.5] * 20}, "classification", ("1.5", "2.5")),
        ({"y": [True, False] * 20}, "classification", ("false", "true")),
        ({"y": range(40)}, "regression", ()),
        ({"y": [n % 21 for n in range(420)]}, "regression", ()),
        ({"y": [n % 20 for n in range(420)]}, "classification", tuple(map(str, range(20)))),
        ({"y": ["a", "b"] * 20, "z": [0, 1] * 20}, "error", ()),
        ({"y": [1, 0] * 20, "z": [0, 1] * 20}, "multilabel", ("y", "z")),
        ({"y": range(40), "z": [0, 1] * 20}, "regression", ()),
    ],
)
def test_the_task_follows_from_the_targets(columns: dict[str, object], task: str, classes: tuple[str, ...]) -> None:
    table = columns_of(pd.DataFrame({"a": range(len(columns["y"])), **columns}))
    if task == "error":
        with pytest.raises(TrainerError, match="must hold numbers"):
            dataset_of_table(table, "t", Layout(target=tuple(columns)), "t")
        return
    found = dataset_of_table(table, "t", Layout(target=tuple(columns)), "t")
    assert (found.task, found.classes) == (task, classes)


def test_a_loaded_model_predicts_the_same_bits_from_a_frame_with_columns_in_any_order(tmp_path: Path) -> None:
    frame, fresh = dirty_table(), dirty_table(30, seed=5)
    for target, loss in (("dear", "softmax_cross_entropy"), ("price", "huber")):
        model = model_of(prepared(frame, target), loss)
        model.save(tmp_path / "model.npz")
        loaded = load(tmp_path / "model.npz")
        assert (loaded.encoder, loaded.target, loaded.classes) == (model.encoder, (target,), model.classes)
        expected = model.answers(fresh)
        np.testing.assert_array_equal(loaded.answers(fresh[USED[::-1]]), expected)
        assert len(set(loaded.predict(fresh))) > 1
        assert len(loaded.predict(fresh[:0])) == 0


def test_a_model_file_whose_columns_are_others_than_the_networks_is_refused(tmp_path: Path) -> None:
    model = model_of(prepared(dirty_table(), "dear"))
    for columns in (model.encoder.columns[1:], (*model.encoder.columns, model.encoder.columns[0])):
        replace(model, encoder=replace(model.encoder, columns=columns)).save(tmp_path / "model.npz")
        with pytest.raises(TrainerError, match=r"damaged: its columns give \d+ features, the network takes"):
            load(tmp_path / "model.npz")


def test_a_column_that_is_missing_is_named_and_one_too_many_is_found() -> None:
    model = model_of(prepared(dirty_table(), "dear"))
    with pytest.raises(TrainerError, match=r"the table lacks the columns 'area', 'town', from which"):
        model.predict(dirty_table().drop(columns=["area", "town"]))
    with pytest.raises(TrainerError, match="it was given ndarray"):
        model.predict(np.zeros((2, 5)))
    table = columns_of(dirty_table().assign(extra=1))
    assert model.encoder.unknown(table) == ["extra"]  # and not what was left out in training


def test_labels_have_a_probability_each_and_numbers_have_none() -> None:
    frame = dirty_table().assign(big=lambda table: (table["price"] > 1e5).astype(int), odd=[0, 1] * 100)
    labels = model_of(prepared(frame, "big", "odd"), "logistic_cross_entropy")
    assert labels.predict_proba(frame).shape == (200, 2)
    assert labels.predict(frame).dtype == bool
    with pytest.raises(TrainerError, match="no probabilities"):
        model_of(prepared(frame, "price"), "mean_squared_error").predict_proba(frame)


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_a_model_file_of_an_earlier_version_predicts_what_it_did(name: str) -> None:
    """Written at the commit that added tables, with the predictions beside it."""
    model = load(GOLDEN / f"{name}.npz")
    table = pd.read_csv(GOLDEN / "houses.csv")
    expected = np.array(json.loads((GOLDEN / f"{name}.json").read_text()))
    np.testing.assert_allclose(model.answers(table), expected, rtol=1e-5)


def test_rows_of_a_group_are_in_one_part_and_the_parts_are_as_large_as_they_can_be() -> None:
    groups = np.random.default_rng(0).integers(0, 40, 200).astype(str)
    data = dataset(dirty_table().assign(who=groups), "dear", group="who")
    parts = split(data, validation=0.2, test=0.2, seed=SEED)
    assert sorted(np.concatenate(parts)) == list(range(200))
    for part, other in ((0, 1), (0, 2), (1, 2)):
        assert not set(groups[parts[part]]) & set(groups[parts[other]])
    assert [36 <= len(part) <= 40 for part in parts[1:]] == [True, True]
    again = split(data, validation=0.2, test=0.2, seed=SEED)
    assert all(np.array_equal(one, two) for one, two in zip(parts, again, strict=True))
    assert "who" not in data.x


def test_groups_that_leave_no_row_to_train_on_are_refused() -> None:
    data = dataset(dirty_table(4).assign(who=list("abcd")), "price", group="who")
    with pytest.raises(TrainerError, match="the 4 groups leave no row to train on; use more groups, or smaller"):
        split(data, validation=0.5, test=0.5, seed=SEED)


def test_the_latest_rows_are_tested_and_those_before_them_validate() -> None:
    sold = pd.date_range("2020-01-01", periods=200).to_series().sample(frac=1, random_state=0).to_numpy()
    data = dataset(dirty_table().assign(sold=sold), "price", time="sold")
    train, validation, test = split(data, validation=0.2, test=0.2, seed=SEED)
    assert sold[train].max() < sold[validation].min()
    assert sold[validation].max() < sold[test].min()
    assert [len(part) for part in (train, validation, test)] == [120, 40, 40]
    assert "sold" not in data.x


@pytest.mark.parametrize("layout", [{}, {"group": "town"}, {"time": "sold"}])
def test_the_test_rows_are_the_same_whether_there_are_validation_rows_or_not(layout: dict[str, str]) -> None:
    frame = dirty_table()
    data = dataset(frame.assign(town=frame.index // 3, sold=frame.index), "price", **layout)
    with_validation, without = (split(data, validation=share, test=0.2, seed=SEED) for share in (0.2, 0.0))
    assert set(with_validation[2]) == set(without[2])
    assert set(with_validation[0]) | set(with_validation[1]) == set(without[0])
    empty = prepare(data, validation=0.0, test=0.2, seed=SEED).validation
    assert (empty.x.shape[0], empty.targets.shape) == (0, (0, 1))


def test_a_class_without_a_training_row_is_named() -> None:
    late = ["new" if place > 190 else "old" if place % 2 else "older" for place in range(200)]
    with pytest.raises(TrainerError, match="no training row is of the class 'new'"):
        prepared(dirty_table().assign(kind=late, when=range(200)), "kind", time="when")


def test_columns_cannot_have_two_uses() -> None:
    with pytest.raises(TrainerError, match="'a' is given two uses"):
        Layout(target=("a",), group="a")
    with pytest.raises(TrainerError, match="group and time"):
        Layout(target=("a",), group="b", time="c")


def test_what_is_taken_of_a_table_is_what_stands_there() -> None:
    table = columns_of(dirty_table(5))
    assert take(table, np.array([4, 0]))["name"].tolist() == [table["name"][4], table["name"][0]]
