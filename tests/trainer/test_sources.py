"""Laws of every source, and of the formats."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.table_cases import REGISTERED, TABLES, WRITERS, X, Y, dirty_table
from trainer import TrainerError
from trainer.data import Layout, columns_of, load, prepare, read
from trainer.data.sources.cifar10 import CLASSES
from trainer.data.sources.npz import NPZ

TARGET = Layout(target=("label",))


@pytest.mark.parametrize("source", REGISTERED)
def test_what_was_written_is_read(source: str, tmp_path: Path) -> None:
    path = WRITERS[source](tmp_path)
    dataset = load(str(path), TARGET if source in TABLES else None)
    features = dataset.x if source not in TABLES else np.column_stack(list(dataset.x.values()))
    np.testing.assert_array_equal(features[:, :4], X)
    assert (features[:, 4:] == 0).all()
    names = [CLASSES[label] if "CIFAR" in source else str(label) for label in Y]
    assert [dataset.classes[code] for code in dataset.y] == names
    assert dataset.name == "some" + ("-images-idx3-ubyte" if "IDX" in source else "")


@pytest.mark.parametrize("source", REGISTERED)
def test_a_fingerprint_is_the_same_each_time(source: str, tmp_path: Path) -> None:
    layout = TARGET if source in TABLES else Layout()
    path = str(WRITERS[source](tmp_path))
    assert load(path, layout).fingerprint() == load(path, layout).fingerprint()


@pytest.mark.parametrize("source", [source for source in REGISTERED if source not in {*TABLES, NPZ.known_as}])
def test_a_fingerprint_changes_with_a_byte_of_a_file_that_is_bytes_of_values(source: str, tmp_path: Path) -> None:
    path = WRITERS[source](tmp_path)
    before = load(str(path)).fingerprint()
    file = next(iter(sorted(path.iterdir()))) if path.is_dir() else path
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert load(str(path)).fingerprint() != before


@pytest.mark.parametrize("changed", ["X", "y"])
def test_arrays_changed_in_one_value_have_another_fingerprint(changed: str, tmp_path: Path) -> None:
    arrays = {"X": X.astype(np.float32), "y": Y}
    prints = set()
    for _ in range(2):
        np.savez(tmp_path / "some.npz", **arrays)
        prints.add(load(str(tmp_path / "some.npz")).fingerprint())
        arrays[changed] = arrays[changed].copy()
        arrays[changed].flat[0] = arrays[changed].max() - arrays[changed].flat[0]
    assert len(prints) == 2


def test_a_table_changed_in_one_value_or_in_a_columns_name_has_another_fingerprint(tmp_path: Path) -> None:
    prints = set()
    frame = dirty_table(30)
    changed = {
        "area": frame.assign(area=frame["area"].where(frame.index != 7, 55.5)),
        "town": frame.assign(town=frame["town"].where(frame.index != 7, "Rome")),
        "dear": frame.assign(dear=frame["dear"].where(frame.index != 7, "perhaps")),
        "missing": frame.assign(rooms=frame["rooms"].where(frame.index != 7)),
        "renamed": frame.rename(columns={"area": "surface"}),
        "as it was": frame,
    }
    for name, table in changed.items():
        table.to_csv(tmp_path / "table.csv", index=False)
        prints.add((name, load(str(tmp_path / "table.csv"), Layout(target=("dear",))).fingerprint()))
    assert len({value for _, value in prints}) == len(changed)


def test_a_delimiter_within_quotes_delimits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "quoted.csv"
    path.write_text(
        'age;"job, trade, place";"course, room";y\n' + "".join(f"{row};a;b;{row % 2}\n" for row in range(20))
    )
    assert list(load(str(path), Layout(target=("y",))).x) == ["age", "job, trade, place", "course, room"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz"])
def test_the_delimiter_is_found_whatever_the_suffix(delimiter: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    dirty_table().to_csv(path, sep=delimiter, index=False, encoding="utf-8-sig")
    dataset = load(str(path), Layout(target=("price",)))
    assert list(dataset.x) == [name for name in dirty_table().columns if name != "price"]
    np.testing.assert_array_equal(dataset.y[:, 0], dirty_table()["price"])


def test_decimal_commas_are_read_where_no_comma_delimits(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("self; town; y\n1,5; Ulm; 1\n-2; Ayr, old; 0\n; Ulm; 1\n")
    dataset = load(str(path), Layout(target=("y",)))
    np.testing.assert_array_equal(dataset.x["self"], [1.5, -2.0, np.nan])
    assert dataset.x["town"].tolist() == ["Ulm", "Ayr, old", "Ulm"]


def test_an_odd_value_among_decimal_commas_is_the_only_one_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    numbers = [f"{number},5" for number in range(20)]
    path.write_text("a;empty;y\n" + "".join(f"{a};;{y % 2}\n" for y, a in enumerate(["k.A.", *numbers])))
    data = prepare(load(str(path), Layout(("y",))), validation=0, test=0.1, seed=np.random.SeedSequence(0))
    assert [(column.name, column.kind) for column in data.encoder.columns] == [("a", "number")]
    assert data.encoder({"a": load(str(path), Layout(("y",))).x["a"]})[1:, 0].tolist() == [n + 0.5 for n in range(20)]


@pytest.mark.parametrize(
    ("values", "noted"),
    [(["81,338", "7", "512,000"], True), (["81,338", "7", "512,5"], False), (["0,338", "7", "0,125"], False)],
)
def test_commas_that_may_part_off_thousands_are_pointed_out(values: list[str], noted: bool, tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("a\ty\n" + "".join(f"{a}\t{y}\n" for y, a in enumerate(values)))
    said = [note for note in load(str(path), Layout(("y",))).notes if "81,338 is read as 81.338" in note]
    assert bool(said) == noted


def test_a_table_is_the_same_numbers_as_csv_and_as_parquet(tmp_path: Path) -> None:
    frame = dirty_table()
    frame.to_csv(tmp_path / "table.csv", index=False)
    frame.to_parquet(tmp_path / "table.parquet")
    one, two = (
        prepare(
            load(str(tmp_path / name), Layout(target=("dear",), drop=("price",))),
            validation=0.2,
            test=0.2,
            seed=np.random.SeedSequence(0),
        )
        for name in ("table.csv", "table.parquet")
    )
    assert one.encoder == two.encoder
    np.testing.assert_array_equal(one.train.x, two.train.x)


def test_both_files_of_an_idx_pair_may_be_gzipped(tmp_path: Path) -> None:
    path = WRITERS[next(name for name in WRITERS if "IDX" in name)](tmp_path)
    with gzip.open(f"{path}.gz", "wb") as packed:
        packed.write(path.read_bytes())
    path.unlink()
    np.testing.assert_array_equal(load(f"{path}.gz").x, X)


@pytest.mark.parametrize("source", REGISTERED)
def test_a_file_cut_short_anywhere_is_read_or_refused_in_a_sentence(source: str, tmp_path: Path) -> None:
    path = WRITERS[source](tmp_path)
    file = next(iter(sorted(path.iterdir()))) if path.is_dir() else path
    whole = file.read_bytes()
    layout = TARGET if source in TABLES else Layout()
    refused, lengths = 0, range(0, len(whole), 1 + len(whole) // 40)
    for length in lengths:
        file.write_bytes(whole[:length])
        sentence = refusal(str(path), layout)
        refused += bool(sentence)
        assert "\n" not in sentence
    assert refused >= (1 if source in TABLES else len(lengths))  # half a text can be a table


def refusal(source: str, layout: Layout) -> str:
    """The sentence with which a source is refused, or nothing."""
    try:
        load(source, layout)
    except TrainerError as error:
        return str(error)
    return ""


def test_a_folder_of_parquet_files_is_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = WRITERS[next(name for name in WRITERS if "parquet" in name)](tmp_path)
    shutil.move(path / "part-0.parquet", path / "part-9.parquet")
    assert load(str(path), TARGET).x["a"].tolist() == [*X[5:, 0], *X[:5, 0]]


def test_files_of_a_folder_that_are_no_parquet_do_not_count_and_columns_must_be_the_same(tmp_path: Path) -> None:
    path = WRITERS[next(name for name in WRITERS if "parquet" in name)](tmp_path)
    (path / "README.md").write_text("what is in here")
    assert len(load(str(path), TARGET).y) == 8
    pd.DataFrame({"a": [1]}).to_parquet(path / "part-2.parquet")
    with pytest.raises(TrainerError, match=r"part-2\.parquet has other columns than part-0\.parquet"):
        load(str(path), TARGET)


@pytest.mark.parametrize("folder", ["", "year=2019"])
def test_hidden_files_of_a_folder_do_not_count(folder: str, tmp_path: Path) -> None:
    path = WRITERS[next(name for name in WRITERS if "parquet" in name)](tmp_path)
    (path / folder).mkdir(exist_ok=True)
    for name in ("part-0.parquet", "part-1.parquet"):
        content = (path / name).read_bytes()
        (path / name).unlink()
        (path / folder / name).write_bytes(content)
        (path / folder / f".{name}").write_bytes(content)
        (path / folder / f"_{name}").write_bytes(b"half a file")
    assert read(str(path)).columns["a"].tolist() == X[:, 0].tolist()


@pytest.mark.parametrize("values", [[2019, 2020, 2021], ["Ulm", "Bad Ems/Lahn", "50% Ayr"]])
def test_a_partitioned_folder_is_what_pandas_reads_whatever_else_lies_in_it(
    values: list[object], tmp_path: Path
) -> None:
    folder = tmp_path / "k=v"  # a folder around the table's is none of its columns
    dirty_table(60).assign(where=values * 20).to_parquet(folder / "houses", partition_cols=["where"])
    expected = columns_of(pd.read_parquet(folder / "houses").drop(columns="k", errors="ignore"))
    for place in (folder / "houses", next((folder / "houses").iterdir())):
        (place / "stray.tmp").write_text("half a file")
    found = read(str(folder / "houses")).columns
    assert list(found) == list(expected)
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column)


def test_a_partition_of_missing_values_is_of_missing_values(tmp_path: Path) -> None:
    dirty_table(60).assign(where=["Ulm", None] * 30).to_parquet(tmp_path / "houses", partition_cols=["where"])
    assert sorted(map(str, read(str(tmp_path / "houses")).columns["where"])) == ["None"] * 30 + ["Ulm"] * 30


@pytest.mark.shared_data
def test_mnist_is_read_as_its_description_says(shared_data: Path) -> None:
    dataset = load(str(shared_data / "t10k-images-idx3-ubyte.gz"))
    assert dataset.x.shape == (10_000, 784)
    assert len(dataset.classes) == 10
    assert np.bincount(dataset.y).tolist()[:3] == [980, 1135, 1032]  # Y. LeCun, C. Cortes, C. Burges


@pytest.mark.shared_data
def test_letters_are_read_as_their_description_says(shared_data: Path) -> None:
    dataset = load(str(shared_data / "letter-recognition.tsv"), Layout(target=("letter",)))
    assert len(dataset.x) == 16
    assert np.bincount(dataset.y).tolist()[:3] == [789, 766, 736]  # P. Frey, D. Slate 1991
    assert pd.Series(dataset.classes).str.len().eq(1).all()
