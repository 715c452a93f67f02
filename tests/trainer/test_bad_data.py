"""Bad tables and damaged files: each a clear sentence, or a sound result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.table_cases import WRITERS, dirty_table
from trainer import TrainerError
from trainer.data import Layout, Prepared, given, load, prepare

Y = Layout(target=("y",))


@dataclass(frozen=True)
class Bad:
    """A file to be written, how it is read, and what the sentence says."""

    write: Callable[[Path], object]
    words: tuple[str, ...]
    name: str = "bad.csv"
    layout: Layout = Y


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode(encoding))


def table(**columns: object) -> Callable[[Path], object]:
    return lambda path: pd.DataFrame(columns).to_csv(path, index=False)


def cut(source: str, length: int) -> Callable[[Path], object]:
    """A file of a source without its end; a folder's first file."""

    def write(path: Path) -> None:
        written = WRITERS[next(name for name in WRITERS if source in name)](path.parent)
        file = min(written.iterdir()) if written.is_dir() else written
        content = file.read_bytes()[:length]
        (path / file.name if path.is_dir() else path).write_bytes(content)

    return write


def wrong_magic(path: Path) -> None:
    path.write_bytes(b"\x00\x00\x07\x03" + bytes(20))


def short_cifar(path: Path) -> None:
    path.mkdir()
    (path / "data_batch_1.bin").write_bytes(bytes(3072))


COUNT = np.arange(40)
REFUSED = {
    "empty": Bad(text(""), ("is empty", "first line")),
    "only a header": Bad(text("a,y\n"), ("fewer than two rows with a target",)),
    "one column": Bad(text("y\n1\n2\n1\n"), ("no columns to learn from",)),
    "one row": Bad(text("a,y\n1,2\n"), ("fewer than two rows with a target",)),
    "all missing": Bad(table(a=[None] * 40, y=COUNT % 2), ("no column is left", "'a'", "no values")),
    "every column useless": Bad(table(a=["same"] * 40, y=COUNT % 2), ("'a'", "a single value")),
    "two columns of one name": Bad(text("a,a,y\n1,2,0\n3,4,1\n"), ("'a'", "rename")),
    "a target that is not there": Bad(text("a,b\n1,2\n3,4\n"), ("no column 'y'", "a, b")),
    "no target said": Bad(text("a,b\n1,2\n3,4\n"), ("name the column to predict", "a, b"), layout=Layout()),
    "a target without values": Bad(text("a,y\n1,\n2,\n"), ("fewer than two rows with a target",)),
    "a constant class": Bad(table(a=COUNT, y=["x"] * 40), ("'y'", "at least two classes", "1")),
    "a constant number": Bad(
        table(a=COUNT, y=[2.5] * 40), ("'y'", "different numbers"), layout=Layout(target=("y",), task="regression")
    ),
    "words among the numbers to be predicted": Bad(
        table(a=COUNT, y=["?", *COUNT[1:]]), ("'y'", "numbers but for 1 values", "'?'")
    ),
    "text to be estimated": Bad(
        table(a=COUNT, y=["x", "z"] * 20), ("'y'", "'x' is none"), layout=Layout(target=("y",), task="regression")
    ),
    "labels that are neither 0 nor 1": Bad(
        table(a=COUNT, y=COUNT % 3), ("'y'", "0 and 1"), layout=Layout(target=("y",), task="multilabel")
    ),
    "a class of one row": Bad(table(a=COUNT, y=["x"] * 39 + ["z"]), ("every class in each part", "more rows")),
    "10 000 classes": Bad(
        table(a=np.arange(10_000), y=[f"c{n}" for n in range(10_000)]), ("every class in each part",)
    ),
    "another encoding": Bad(text("a,y\ncaf\u00e9,1\nth\u00e9,0\n", "latin-1"), ("not UTF-8", "0xe9")),
    "UTF-16": Bad(text("a,y\n1,1\n2,0\n", "utf-16"), ("not UTF-8",)),
    "a row that is too long": Bad(text("a,y\n1,2\n3,4,5\n"), ("cannot be read", "','", "line 3")),
    "rows that are all too long": Bad(text("a,y\n1,2,3\n3,4,5\n"), ("more fields", "','")),
    "a delimiter nobody uses": Bad(text("a#y\n1#2\n3#4\n"), ("no column 'y'", "a#y")),
    "infinite": Bad(text("a,y\n1,0\ninf,1\n"), ("'a'", "infinite", "row 2")),
    "infinite beside words": Bad(table(a=["?", *["inf"] * 3, *COUNT[4:] / 3], y=COUNT % 2), ("'a'", "infinite")),
    "numbers too far apart to scale": Bad(
        table(a=COUNT % 7, b=[1e308, -1e308] * 20, y=COUNT % 2), ("'b'", "1e+308", "cannot be scaled")
    ),
    "targets too far apart to scale": Bad(
        table(a=COUNT % 7, y=[1e308, -1e308] * 20), ("'y'", "1e+308"), layout=Layout(("y",), task="regression")
    ),
    "a million columns": Bad(
        text(",".join(f"c{n}" for n in range(10**6)) + "\n"), ("1000000 columns", "at most 10000")
    ),
    "a column to be left out that is not there": Bad(
        text("a,y\n1,0\n2,1\n"), ("no column 'z'",), layout=Layout(target=("y",), drop=("z",))
    ),
    "a group that is missing": Bad(
        text("a,g,y\n1,,0\n2,b,1\n"), ("'g'", "some are missing"), layout=Layout(target=("y",), group="g")
    ),
    "a time that is none": Bad(
        text("a,t,y\n1,now,0\n2,then,1\n"), ("'t'", "date or a number"), layout=Layout(target=("y",), time="t")
    ),
    "truncated Parquet": Bad(cut("parquet", 500), ("cannot be read as Parquet",), "bad.parquet"),
    "text called Parquet": Bad(text("a,y\n1,2\n"), ("cannot be read as Parquet",), "bad.parquet"),
    "NPZ of objects": Bad(
        lambda path: np.savez(path, X=np.array([[{}]]), y=np.array([1])), ("plain arrays",), "bad.npz", Layout()
    ),
    "NPZ of infinite numbers": Bad(
        lambda path: np.savez(path, X=np.full((4, 2), np.inf), y=COUNT[:4] % 2), ("finite",), "bad.npz", Layout()
    ),
    "IDX with a wrong magic number": Bad(wrong_magic, ("no IDX", "00 00 07 03"), "x-images-idx3-ubyte", Layout()),
    "IDX that is too short": Bad(cut("IDX", 30), ("48 bytes", "30"), "x-images-idx3-ubyte", Layout()),
    "CIFAR-10 that is too short": Bad(short_cifar, ("cut short", "3072"), "bad", Layout()),
    "columns of data without names": Bad(lambda path: None, ("no named columns",), "digits"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    bad = REFUSED[name]
    bad.write(tmp_path / bad.name)
    with pytest.raises(TrainerError) as refused:
        prepared(bad.name if bad.name == "digits" else str(tmp_path / bad.name), bad.layout)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert all(word in sentence for word in bad.words), sentence


def test_a_file_is_named_once_however_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_bytes(b"a,y\n\xe9,1\n")
    with pytest.raises(TrainerError) as refused:
        load("./x.csv", Y)
    assert str(refused.value).count("x.csv") == 1


SQUARE = np.arange(8.0).reshape(4, 2)
FRAME = pd.DataFrame(SQUARE, columns=["a", "b"])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (([[1.0, 2.0], [3.0]], [0, 1]), "the rows of X must all have one length"),
        ((SQUARE, [[0], [1, 0], [1], [0]]), "the rows of y must all have one length"),
        ((5.0, [0, 1]), r"needs X \(rows, features\)"),
        ((SQUARE, 1), r"needs X \(rows, features\)"),
        ((SQUARE, np.zeros((4, 2, 2))), r"needs X \(rows, features\)"),
        ((FRAME, 1), r"needs y \(rows,\) or \(rows, outputs\), as many rows as X has; it is int$"),
        ((FRAME, np.zeros((4, 2, 2))), r"it is \(4, 2, 2\)$"),
    ],
)
def test_given_data_of_another_shape_is_refused_in_a_sentence(data: object, sentence: str) -> None:
    with pytest.raises(TrainerError, match=f"^the given data.*{sentence}"):
        given(data)


def prepared(source: str, layout: Layout = Y) -> Prepared:
    return prepare(load(source, layout), validation=0.2, test=0.2, seed=np.random.SeedSequence(0))


def test_unnamed_columns_are_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pd.DataFrame({"": rng.normal(size=40), "y": COUNT % 2}).to_csv(tmp_path / "t.csv", index=False)
    assert prepared(str(tmp_path / "t.csv")).train.x.shape == (24, 1)


def test_words_among_numbers_count_as_missing_and_that_is_said(tmp_path: Path) -> None:
    values = [str(value) for value in np.random.default_rng(0).normal(size=40)]
    values[3] = values[30] = "?"
    pd.DataFrame({"a": values, "y": COUNT % 2}).to_csv(tmp_path / "t.csv", index=False)
    data = prepared(str(tmp_path / "t.csv"))
    assert data.train.x.shape == (24, 2)  # the number, and whether it is missing
    assert any("'a' holds numbers but for" in note for note in data.notes)


def test_ten_thousand_categories_become_a_few_features(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    town = [f"town {number}" for number in rng.integers(0, 10_000, 30_000)]
    pd.DataFrame({"town": town, "y": rng.integers(0, 2, 30_000)}).to_csv(tmp_path / "t.csv", index=False)
    assert prepared(str(tmp_path / "t.csv")).train.x.shape[1] == 20


def test_rows_without_a_target_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    frame = dirty_table(100)
    frame.loc[:9, "dear"] = None
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = prepared(str(tmp_path / "t.csv"), Layout(target=("dear",)))
    assert sum(data.sizes().values()) == 90
    assert data.notes[0] == "10 of 100 rows have no target and are left out"
