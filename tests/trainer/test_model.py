"""Laws of models and of their files."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from trainer import Architecture, Model, TrainerError, load
from trainer.arrays import Array
from trainer.data import Dataset, Prepared
from trainer.estimators import pretrained
from trainer.evaluation import EVALUATION_ROWS
from trainer.layers import ACTIVATIONS


def model_of(data: Prepared, **settings: object) -> Model:
    """An untrained model with statistics of its own."""
    rng = np.random.default_rng(3)
    hidden = settings.pop("hidden", (9, 7))
    n_in, n_out = data.train.x.shape[1], len(data.classes)
    architecture = Architecture(n_in, n_out, hidden, **settings)
    network = architecture.build(capacity=8)
    network.initialise(rng)
    network.statistics[...] = rng.uniform(0.5, 2.0, network.statistics.shape)
    return Model(architecture, network.parameters, network.statistics, data.standardizer, data.classes)


@pytest.fixture
def model(prepared: Mapping[str, Prepared]) -> Model:
    return model_of(prepared["wine"], dropout=0.3, l2=0.1)


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("hidden", [(), (9, 7)])
def test_a_loaded_model_predicts_the_same_bits(
    activation: str,
    batch_norm: bool,
    hidden: tuple[int, ...],
    prepared: Mapping[str, Prepared],
    bundled: Mapping[str, Dataset],
    tmp_path: Path,
) -> None:
    model = model_of(prepared["wine"], activation=activation, batch_norm=batch_norm, hidden=hidden, dropout=0.2)
    model.save(tmp_path / "model.npz")
    loaded = load(tmp_path / "model.npz")
    assert (loaded.architecture, loaded.classes) == (model.architecture, model.classes)
    x = bundled["wine"].x
    np.testing.assert_array_equal(loaded.predict_proba(x), model.predict_proba(x))
    assert loaded.predict(x) == model.predict(x)


def test_probabilities_are_those_of_the_network_on_scaled_rows(model: Model, bundled: Mapping[str, Dataset]) -> None:
    x = bundled["wine"].x
    network = model.architecture.build(capacity=len(x), dtype=np.float64)
    network.parameters[...] = model.parameters
    network.statistics[...] = model.statistics
    scaled = (x - model.standardizer.mean) / model.standardizer.scale
    expected = network.loss.predict(network.forward(scaled, train=False))
    np.testing.assert_allclose(model.predict_proba(x), expected, atol=1e-5)


def test_a_prediction_is_the_name_of_the_most_probable_class(model: Model, bundled: Mapping[str, Dataset]) -> None:
    x = bundled["wine"].x
    best = [model.classes[row.index(max(row))] for row in model.predict_proba(x).tolist()]
    assert model.predict(x) == best
    assert len(set(best)) > 1


@pytest.mark.parametrize("rows", [0, 1, EVALUATION_ROWS, EVALUATION_ROWS + 1])
def test_any_number_of_rows_is_predicted(rows: int, model: Model, rng: np.random.Generator) -> None:
    x = rng.normal(size=(rows, 13))
    probabilities = model.predict_proba(x)
    assert probabilities.shape == (rows, 3)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert len(model.predict(x)) == rows


@pytest.mark.parametrize("shape", [(13,), (2, 12), (2, 14), (1, 2, 13)])
def test_features_of_the_wrong_shape_are_refused(shape: tuple[int, ...], model: Model) -> None:
    with pytest.raises(TrainerError, match=r"^the model takes x \(rows, 13\); it was given \("):
        model.predict(np.zeros(shape))


@pytest.mark.parametrize("x", [[["a"] * 13], [[{}] * 13], [[1j] * 13], [[1.0] * 13, [1.0]]])
def test_features_that_are_no_numbers_are_refused(x: object, model: Model) -> None:
    with pytest.raises(TrainerError, match=r"^the model takes numbers"):
        model.predict(x)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (np.array([0, -1]), "whole numbers from 0 to 2, the places of classes; it holds -1"),
        (np.array([0, 3]), "whole numbers from 0 to 2, the places of classes; it holds 3"),
        (np.array([0.0, 1.0]), "whole numbers from 0 to 2, the places of classes; it holds float64"),
        (np.array([False, True]), "it holds bool"),
        (np.array(["a", "b"]), "it holds <U1"),
        (np.full((2, 3), "a"), "finite numbers"),
        (np.full((2, 3), np.nan), "finite numbers"),
        (np.zeros(3, int), r"the truth must be \(2, 3\)"),
    ],
)
def test_a_truth_that_is_none_of_the_models_is_refused(y: Array, sentence: str, model: Model) -> None:
    with pytest.raises(TrainerError, match=sentence):
        model.evaluate(np.zeros((2, 13)), y)


def test_settings_that_are_numbers_of_numpy_are_saved_as_numbers(model: Model, tmp_path: Path) -> None:
    architecture = replace(model.architecture, n_out=np.int64(3), hidden=(np.int64(9), 7), batch_norm=np.True_)
    replace(model, architecture=architecture).save(tmp_path / "model.npz")
    assert load(tmp_path / "model.npz").architecture == model.architecture


def test_a_model_file_holds_plain_arrays_and_json_and_no_pickle(path: Path) -> None:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    assert set(arrays) == {"description", "parameters", "statistics", "mean", "scale"}
    assert all(array.dtype != object for array in arrays.values())
    assert json.loads(str(arrays["description"]))["format"] == "hpsearch-model-1"


def test_a_model_that_cannot_be_written_leaves_the_one_before_and_nothing_beside_it(
    path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(file: BinaryIO, **_arrays: object) -> None:
        file.write(b"half of a model")
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space"):
        model.save(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_model_is_on_the_disk_before_it_takes_its_name(
    path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    flush, replace = os.fsync, Path.replace

    def noted_flush(descriptor: int) -> None:
        events.append("flush")
        flush(descriptor)

    def noted_replace(source: Path, target: Path) -> Path:
        events.append("replace")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_flush)
    monkeypatch.setattr(Path, "replace", noted_replace)
    model.save(path)
    assert events == ["flush", "replace", "flush"]  # the file, its name, the folder that holds the name


def test_one_output_tells_two_classes_apart(prepared: Mapping[str, Prepared], bundled: Mapping[str, Dataset]) -> None:
    data, x = prepared["breast_cancer"], bundled["breast_cancer"].x
    architecture = Architecture(30, 1, (4,), loss="logistic_cross_entropy")
    network = architecture.build(capacity=len(x))
    network.initialise(np.random.default_rng(0))
    model = Model(architecture, network.parameters, network.statistics, data.standardizer, data.classes)
    yes = network.loss.predict(network.forward(data.standardizer(x), train=False))
    np.testing.assert_allclose(model.predict_proba(x), np.hstack([1 - yes, yes]), atol=1e-6)
    assert model.predict(x) == [data.classes[int(answer > 0.5)] for answer in yes[:, 0]]


def test_an_estimator_told_another_file_is_of_that_file(model: Model, path: Path, tmp_path: Path) -> None:
    replace(model, classes=("x", "y", "z")).save(tmp_path / "other.npz")
    estimator = pretrained(path)
    assert estimator.classes_.tolist() == list(model.classes)
    assert estimator.set_params(path=tmp_path / "other.npz").classes_.tolist() == ["x", "y", "z"]


class Bomb:
    """What a pickle can do: calls a function while it is being read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


def rewritten(path: Path, **changes: object) -> None:
    """The model file with some arrays exchanged, or taken out if None."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def test_an_object_in_a_model_file_is_refused_and_never_run(path: Path, tmp_path: Path) -> None:
    rewritten(path, parameters=np.array([Bomb(tmp_path / "touched")], dtype=object))
    with pytest.raises(TrainerError, match="is not a model file, or it is damaged"):
        load(path)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("name", ["description", "parameters", "statistics", "mean", "scale"])
def test_a_model_file_without_one_of_its_arrays_is_refused(name: str, path: Path) -> None:
    rewritten(path, **{name: None})
    with pytest.raises(TrainerError, match=f"is not a model file, or it is damaged.*{name}"):
        load(path)


@pytest.mark.parametrize(
    "description",
    [
        "no JSON",
        "[]",
        "{}",
        '{"format": "hpsearch-model-1"}',
        '{"format": "hpsearch-model-1", "architecture": {"hidden": [], "wings": 2}, "classes": []}',
        '{"format": "hpsearch-model-1", "architecture": 5, "classes": []}',
    ],
)
def test_a_description_that_describes_no_model_is_refused(description: str, path: Path) -> None:
    rewritten(path, description=np.array(description))
    with pytest.raises(TrainerError, match="is not a model file, or it is damaged"):
        load(path)


def test_another_format_is_refused_by_its_name(path: Path) -> None:
    rewritten(path, description=np.array('{"format": "hpsearch-model-9"}'))
    with pytest.raises(
        TrainerError,
        match=r"format is 'hpsearch-model-9', this version reads 'hpsearch-model-1' and 'hpsearch-model-2'$",
    ):
        load(path)


def test_a_model_file_cut_short_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole), 53):
        path.write_bytes(whole[:length])
        with pytest.raises(TrainerError, match="is not a model file, or it is damaged"):
            load(path)


def test_a_changed_value_in_a_model_file_is_noticed(path: Path, model: Model) -> None:
    whole = bytearray(path.read_bytes())
    place = bytes(whole).index(model.parameters[:8].tobytes())
    whole[place] ^= 1
    path.write_bytes(whole)
    with pytest.raises(TrainerError, match="is not a model file, or it is damaged"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"a letter", b"\x93NUMPY\x01\x00"])
def test_a_foreign_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "foreign").write_bytes(content)
    with pytest.raises(TrainerError, match="is not a model file, or it is damaged"):
        load(tmp_path / "foreign")


def test_a_bare_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(TrainerError, match="is not a model file, or it is damaged"):
        load(tmp_path / "array.npy")


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match=r"^there is no model file '.*absent'$"):
        load(tmp_path / "absent")


@pytest.mark.parametrize("name", ["parameters", "statistics", "mean", "scale"])
def test_a_model_whose_arrays_do_not_fit_its_network_is_refused(path: Path, name: str) -> None:
    rewritten(path, **{name: np.zeros(1)})
    with pytest.raises(TrainerError, match=rf"{name} has the shape \(1,\), the network needs"):
        load(path)
