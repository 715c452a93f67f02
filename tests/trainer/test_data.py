"""Laws of the bundled data sets, of fingerprints and of finding a source by its name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.bundled_cases import BUNDLED_CASES
from trainer import TrainerError
from trainer.data import BUNDLED, Dataset, load

every_data_set = pytest.mark.parametrize("name", BUNDLED)


@every_data_set
def test_a_bundled_data_set_has_the_sizes_of_its_description(name: str, bundled: Mapping[str, Dataset]) -> None:
    dataset, case = bundled[name], BUNDLED_CASES[name]
    assert dataset.name == name
    assert dataset.x.shape == (case.rows, case.features)
    assert dataset.y.shape == (case.rows,)
    assert len(dataset.classes) == case.classes
    assert set(dataset.y.tolist()) == set(range(case.classes))
    assert (dataset.x.dtype, dataset.y.dtype) == (np.float64, np.int64)
    assert np.isfinite(dataset.x).all()


@every_data_set
def test_a_bundled_data_set_is_loaded_by_its_name_with_the_same_fingerprint_each_time(
    name: str, bundled: Mapping[str, Dataset]
) -> None:
    assert load(name).fingerprint() == bundled[name].fingerprint()


def test_data_sets_differ_in_their_fingerprints(bundled: Mapping[str, Dataset]) -> None:
    assert len({dataset.fingerprint() for dataset in bundled.values()}) == len(bundled)


@pytest.fixture
def small(rng: np.random.Generator) -> Dataset:
    return Dataset("small", rng.normal(size=(6, 3)), np.array([0, 1, 0, 1, 0, 1]), ("no", "yes"))


def test_a_fingerprint_changes_with_any_value(small: Dataset) -> None:
    prints = {small.fingerprint()}
    for index in np.ndindex(small.x.shape):
        x = small.x.copy()
        x[index] = np.nextafter(x[index], np.inf)
        prints.add(replace(small, x=x).fingerprint())
    for row in range(6):
        y = small.y.copy()
        y[row] = 1 - y[row]
        prints.add(replace(small, y=y).fingerprint())
    prints.add(replace(small, classes=("no", "maybe")).fingerprint())
    assert len(prints) == 1 + 18 + 6 + 1


def test_a_fingerprint_changes_with_shape_and_type_though_the_bytes_stay(small: Dataset) -> None:
    others = [replace(small, x=small.x.reshape(3, 6)), replace(small, x=small.x.view(np.int64))]
    assert len({dataset.fingerprint() for dataset in (small, *others)}) == 3


def test_a_fingerprint_does_not_depend_on_the_layout_in_memory_or_on_the_name(small: Dataset) -> None:
    turned = replace(small, x=np.asfortranarray(small.x), name="other")
    assert turned.fingerprint() == small.fingerprint()


def test_an_unknown_source_is_refused_with_all_that_is_known() -> None:
    with pytest.raises(TrainerError, match=r"'mnist' is neither a bundled data set \(.*\) nor a file") as refused:
        load("mnist")
    assert all(name in str(refused.value) for name in (*BUNDLED, ".npz"))


def test_an_unknown_suffix_is_refused_even_if_the_file_exists(tmp_path: Path) -> None:
    path = tmp_path / "table.xls"
    path.write_text("1,2\n")
    with pytest.raises(TrainerError, match=r"nor a file that can be read \(\.csv, .*\.npz"):
        load(str(path))


@pytest.mark.parametrize("name", ["absent.npz", "absent.csv", "absent.parquet", "absent-images-idx3-ubyte"])
def test_a_file_that_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match=rf"^there is no file '.*{name}'$"):
        load(str(tmp_path / name))


@pytest.mark.parametrize("name", ["folder.npz", "folder.csv", "folder-images-idx3-ubyte"])
def test_a_folder_in_place_of_a_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(TrainerError, match=f"{name} cannot be read"):
        load(str(tmp_path / name))
