"""A dirty table, with a column of every kind and holes in it, and one data set in the format of every source."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.arrays import Array
from trainer.data import SOURCES
from trainer.data.sources.cifar10 import CIFAR10
from trainer.data.sources.cifar10_python import CIFAR10_PYTHON
from trainer.data.sources.delimited import DELIMITED
from trainer.data.sources.idx import IDX
from trainer.data.sources.npz import NPZ
from trainer.data.sources.parquet import PARQUET

USED = ["area", "rooms", "town", "sold", "garden"]


def dirty_table(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    """Houses: a price that depends on the other columns, a tenth of whose values are missing; a name and a number each."""
    rng = np.random.default_rng(seed)
    area, rooms = rng.uniform(40, 200, rows), rng.integers(1, 7, rows)
    town = rng.choice(["Ulm", "Ayr", "Bray", "Cork"], rows, p=[0.5, 0.3, 0.15, 0.05])
    garden = rng.random(rows) < 0.4
    frame = pd.DataFrame(
        {
            "number": np.arange(rows) + 1,
            "name": [f"house {place} {rng.integers(1e9)}" for place in range(rows)],
            "area": area.round(2),
            "rooms": pd.array(rooms, "Int64"),
            "town": town,
            "sold": pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "garden": pd.array(garden, "boolean"),
            "country": "here",
        }
    )
    for column in USED:
        frame.loc[rng.random(rows) < 0.1, column] = pd.NA
    frame["price"] = (1000 * area + 9000 * rooms + 20000 * garden + rng.normal(0, 5000, rows)).round(2)
    frame["dear"] = np.where(frame["price"] > frame["price"].median(), "yes", "no")
    return frame


X = np.arange(8 * 4, dtype=np.uint8).reshape(8, 4)
Y = np.array([3, 1, 3, 1, 1, 3, 1, 3])


def _frame() -> pd.DataFrame:
    return pd.DataFrame(X, columns=list("abcd")).assign(label=Y)


def _csv(folder: Path) -> Path:
    _frame().to_csv(folder / "some.csv", index=False)
    return folder / "some.csv"


def _parquet(folder: Path) -> Path:
    (folder / "some").mkdir()
    for part, rows in enumerate((slice(0, 5), slice(5, 8))):
        _frame()[rows].to_parquet(folder / "some" / f"part-{part}.parquet")
    return folder / "some"


def _npz(folder: Path) -> Path:
    np.savez(folder / "some.npz", X=X, y=Y)
    return folder / "some.npz"


def idx_bytes(values: Array) -> bytes:
    """As the format's description has it: 0 0 type axes, the length of each axis, the values."""
    lengths = np.array(values.shape, ">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + lengths + values.astype(np.uint8).tobytes()


def _idx(folder: Path) -> Path:
    (folder / "some-images-idx3-ubyte").write_bytes(idx_bytes(X.reshape(8, 2, 2)))
    (folder / "some-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(Y)))
    return folder / "some-images-idx3-ubyte"


def _cifar10(folder: Path) -> Path:
    rows = np.zeros((8, 3073), np.uint8)
    rows[:, 0], rows[:, 1:5] = Y, X
    (folder / "some").mkdir()
    (folder / "some" / "data_batch_1.bin").write_bytes(rows[:5].tobytes())
    (folder / "some" / "test_batch.bin").write_bytes(rows[5:].tobytes())
    return folder / "some"


def python2_pickle(data: Array, labels: Sequence[int]) -> bytes:
    """A batch as Python 2 pickled it, opcode by opcode, protocol 2: texts, and the values of arrays, are its `str`."""

    def short(text: str) -> bytes:
        return b"U" + bytes([len(text)]) + text.encode()

    values = data.tobytes()
    shape = b"".join(b"M" + int(length).to_bytes(2, "little") for length in data.shape)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87R(K\x01" + shape + b"\x86"
        b"cnumpy\ndtype\nq\x03U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + len(values).to_bytes(4, "little") + values + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}q\x00(" + short("data") + array + short("labels") + numbers + b"u."


def _cifar10_python(folder: Path) -> Path:
    pixels = np.zeros((8, 3072), np.uint8)
    pixels[:, :4] = X
    (folder / "some").mkdir()
    (folder / "some" / "data_batch_1").write_bytes(python2_pickle(pixels[:5], Y[:5].tolist()))
    (folder / "some" / "test_batch").write_bytes(python2_pickle(pixels[5:], Y[5:].tolist()))
    return folder / "some"


WRITERS: Mapping[str, Callable[[Path], Path]] = {
    DELIMITED.known_as: _csv,
    PARQUET.known_as: _parquet,
    NPZ.known_as: _npz,
    IDX.known_as: _idx,
    CIFAR10.known_as: _cifar10,
    CIFAR10_PYTHON.known_as: _cifar10_python,
}
"""Write X and Y in the format of each source."""
TABLES = {DELIMITED.known_as, PARQUET.known_as}
REGISTERED = [source.known_as for source in SOURCES]
