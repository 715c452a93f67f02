"""Laws of reading .npz files."""

import contextlib
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from trainer import TrainerError
from trainer.data import Dataset, load

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def loaded(tmp_path: Path, **arrays: object) -> Dataset:
    path = tmp_path / "table.npz"
    np.savez(path, **arrays)
    return load(str(path))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_what_was_saved_is_loaded_whatever_the_number_type(dtype: type, tmp_path: Path) -> None:
    dataset = loaded(tmp_path, X=X.astype(dtype), y=Y)
    assert dataset.name == "table"
    assert (dataset.x.dtype, dataset.y.dtype) == (np.float64, np.int64)
    np.testing.assert_array_equal(dataset.x, X)
    np.testing.assert_array_equal(dataset.y, Y)
    assert dataset.classes == ("0", "1")


@pytest.mark.parametrize("labels", [("cat", "dog", "owl"), (3, 7, 11), (-1.5, 0.0, 2.5)])
def test_labels_of_any_kind_become_codes_in_their_order(labels: tuple[object, ...], tmp_path: Path) -> None:
    dataset = loaded(tmp_path, X=X, y=np.array(labels)[[2, 0, 1, 1, 0, 2]])
    assert dataset.y.tolist() == [2, 0, 1, 1, 0, 2]
    assert dataset.classes == tuple(str(label) for label in labels)


def test_labels_that_are_bytes_are_the_texts_that_they_stand_for(tmp_path: Path) -> None:
    dataset = loaded(tmp_path, X=X, y=np.array([b"cat", "käfer".encode()])[Y])
    assert dataset.classes == ("cat", "käfer")
    assert dataset.y.tolist() == Y.tolist()


def test_an_array_of_more_rows_than_there_is_memory_for_is_refused(tmp_path: Path) -> None:
    header = BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**15, 2)})
    with zipfile.ZipFile(tmp_path / "table.npz", "w") as archive:
        archive.writestr("X.npy", header.getvalue())
    with pytest.raises(TrainerError, match=r"table\.npz cannot be read as a \.npz archive of plain arrays"):
        load(str(tmp_path / "table.npz"))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        pytest.param({"X": X}, "needs an array named 'y'; it has X alone", id="no y"),
        pytest.param({"y": Y, "x": X}, "needs an array named 'X'; it has ['x', 'y']", id="no X"),
        pytest.param({}, "needs an array named 'X'; it has none", id="nothing"),
        pytest.param({"X": X[:, 0], "y": Y}, "it has X (6,) and y (6,)", id="X is a vector"),
        pytest.param({"X": X, "y": Y[:5]}, "it has X (6, 2) and y (5,)", id="too few labels"),
        pytest.param({"X": X, "y": np.eye(6)}, "y has 6 columns; say by task", id="one-hot labels"),
        pytest.param({"X": X, "y": np.zeros(6)}, "y must hold at least two classes; it has 1", id="one class"),
        pytest.param({"X": X[:0], "y": Y[:0]}, "y must hold at least two classes; it has 0", id="no rows"),
        pytest.param({"X": X * np.nan, "y": Y}, "X must hold finite real numbers", id="not a number"),
        pytest.param({"X": X + np.inf, "y": Y}, "X must hold finite real numbers", id="infinite"),
        pytest.param({"X": X * 1j, "y": Y}, "X must hold finite real numbers", id="complex"),
        pytest.param({"X": X.astype(str), "y": Y}, "X must hold finite real numbers", id="text"),
        pytest.param({"X": X, "y": np.array([b"\xe9", b"a"])[Y]}, "y must hold labels as text in UTF-8", id="Latin-1"),
        pytest.param({"X": X > 1, "y": Y}, "X must hold finite real numbers", id="truth values"),
        pytest.param({"X": X.astype(object), "y": Y}, "cannot be read as a .npz archive of plain arrays", id="objects"),
        pytest.param({"X": X, "y": Y.astype(object)}, "cannot be read as a .npz archive", id="labels are objects"),
    ],
)
def test_arrays_that_make_no_data_set_are_refused_in_one_sentence(
    arrays: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainerError) as refused:
        loaded(tmp_path, **arrays)
    message = str(refused.value)
    assert sentence in message
    assert "table.npz" in message
    assert "\n" not in message


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    np.savez(path, X=X, y=Y)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(TrainerError, match=r"table\.npz"):
            load(str(path))


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04" + b"\0" * 60])
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    path.write_bytes(content)
    with pytest.raises(TrainerError, match=r"cannot be read as a \.npz archive of plain arrays"):
        load(str(path))


def test_a_bare_array_under_the_name_of_an_archive_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "data.npz").open("wb") as file:
        np.save(file, np.eye(3))
    with pytest.raises(TrainerError, match=r"cannot be read as a \.npz archive"):
        load(str(tmp_path / "data.npz"))


def test_an_archive_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, X=np.arange(12.0).reshape(6, 2), y=np.arange(6) % 2)
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
        with contextlib.suppress(TrainerError):
            load(str(path))


def test_features_that_cannot_be_learned_from_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match="no columns"):
        loaded(tmp_path, X=np.empty((6, 0)), y=Y)
    with pytest.raises(TrainerError, match="not finite"):
        loaded(tmp_path, X=X, y=np.where(Y == 1, np.nan, 0.0))


def test_a_name_too_long_for_a_file_is_no_file() -> None:
    with pytest.raises(TrainerError, match="there is no file"):
        load("x" * 300 + ".npz")


def test_numbers_that_are_no_labels_are_to_be_estimated(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=60)
    dataset = loaded(tmp_path, X=rng.normal(size=(60, 2)), y=y)
    assert (dataset.task, dataset.classes) == ("regression", ())
    np.testing.assert_array_equal(dataset.y, y[:, np.newaxis])
