"""Pickles are read without unpickling: what they may hold comes out as it went in, and nothing in them runs."""

import pickle  # noqa: TID251 - what is read without it is written by it
import pickletools
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.table_cases import python2_pickle
from trainer import TrainerError
from trainer.data import load
from trainer.data.sources.pickled import BAD_PICKLE, OPCODES, read_pickle

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 3072), np.uint8)
LABELS = [0, 9, 3, 3, 1, 0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("type_", ["u1", "i4", ">i2", "f4", "<f8", "b1", "u8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_out_as_they_went_in(protocol: int, type_: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 2, type_, order=order)
    found = read_pickle(pickle.dumps({"a": array, "again": array}, protocol))
    for each in found.values():
        np.testing.assert_array_equal(each, array)
        assert each.dtype == array.dtype


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_built_ins_come_out_as_they_went_in(protocol: int) -> None:
    shared = [1, 2**40, -(2**70), True, False, None]
    value = {
        "text": "ü" * 300,
        b"bytes": bytes(range(256)),
        7: shared,
        "list": [shared, (), (1,), (1, 2, 3, "4"), 2.5, {}],
    }
    found = read_pickle(pickle.dumps(value, protocol))
    assert found == value
    assert found[7] is found["list"][0]


def test_a_file_of_python_2_is_read() -> None:
    found = read_pickle(python2_pickle(PIXELS, LABELS))
    np.testing.assert_array_equal(found["data"], PIXELS)
    assert found["labels"] == LABELS


class Attack:
    """What unpickling would call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


class Plain:
    pass


def hostile(marker: Path) -> dict[str, bytes]:
    """Pickles that would leave a file behind, take all memory, or make what nobody asked for."""
    touch = f"open({str(marker)!r}, 'w').close()"

    def dumped(value: Any, protocol: int = 4) -> bytes:
        return pickle.dumps({"data": value, "labels": []}, protocol)

    import os

    objects = np.array([Attack(exec, touch)], object)
    reconstruct = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"
    return {
        **{f"exec by protocol {protocol}": dumped(Attack(exec, touch), protocol) for protocol in range(6)},
        "eval": dumped(Attack(eval, touch)),
        "a command": dumped(Attack(os.system, f"touch {marker}")),
        "an array of objects": dumped(objects),
        "an array of objects by protocol 2": dumped(objects, 2),
        "an import": b"\x80\x02cantigravity\nfly\n)R.",
        "an attribute of an allowed name": b"\x80\x04\x8c\x05numpy\x8c\x09dtype.mro\x93)R.",
        "NumPy's other functions": b"\x80\x02cnumpy\nload\nU\x01x\x85R.",
        "a call of what was called": reconstruct + b")R)R.",
        "a call with no tuple": b"\x80\x02cnumpy\ndtype\nK\x01R.",
        "an instance": dumped(Plain()),
        "an instance by protocol 0": b"(i__builtin__\nexec\n.",
        "an object": b"\x80\x02cbuiltins\nobject\n)\x81.",
        "an extension": b"\x80\x02\x82\x01.",
        "something from outside": b"\x80\x02Pid\n.",
        "a dict's subclass": dumped(OrderedDict(a=1)),
        "a date": dumped(datetime(2020, 1, 1, tzinfo=UTC)),
        "a set": dumped({1, 2}),
        "set up with attributes": reconstruct + b")R}U\x01aK\x01sb.",
        "set up of a list": b"\x80\x02](K\x01K\x02tb.",
        "a compound type": dumped(np.zeros(2, [("a", "i4")])),
        "a type of texts": dumped(np.array(["a"])),
        "a shape beyond its values": reconstruct
        + b"NNN\x87R(K\x01J\xff\xff\xff\x7f\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U\x01atb.",
        "a shape whose text would be larger than memory": reconstruct
        + b"NNN\x87R(K\x01)"
        + b"q\x00h\x00\x86" * 22
        + b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U\x01atb.",
        "a shape as deep as can be": reconstruct
        + b"NNN\x87R(K\x01)"
        + b"\x85" * 100_000
        + b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U\x01atb.",
        "a shape below zero": reconstruct
        + b"NNN\x87R(K\x01J\xff\xff\xff\xff\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89U\x01atb.",
        "a memo without end": b"\x80\x02]r\xff\xff\xff\xff",
        "bytes without end": b"\x80\x05\x96" + (2**62).to_bytes(8, "little") + b"a.",
        "a number without end": b"\x80\x02\x8b\xff\xff\xff\x7fa.",
        "a key as deep as can be": b"\x80\x02}" + b")" + b"\x85" * 100_000 + b"K\x01s.",
        "more than there is": b"\x80\x02\x87.",
        "a mark that is none": b"\x80\x02](K\x01ee.",
        "nothing": b"",
        "no pickle": b"PK\x03\x04 and so on",
    }


@pytest.mark.parametrize("name", hostile(Path("never")))
def test_nothing_in_a_hostile_pickle_runs_and_it_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    marker, content = tmp_path / "was here", hostile(tmp_path / "was here")[name]
    if name != "a memo without end":
        with pytest.raises(BAD_PICKLE):
            read_pickle(content)
    (tmp_path / "cifar").mkdir()
    (tmp_path / "cifar" / "data_batch_1").write_bytes(content)
    with pytest.raises(TrainerError) as refusal:
        load(str(tmp_path / "cifar"))
    assert "\n" not in str(refusal.value)
    assert "is no file of CIFAR-10" in str(refusal.value)
    assert len(str(refusal.value)) < 1000
    assert not marker.exists()


def test_the_attacks_would_have_worked_on_an_unpickler(tmp_path: Path) -> None:
    for name in ("exec by protocol 4", "an array of objects", "a command"):
        marker = tmp_path / name.replace(" ", "-")
        pickle.loads(hostile(marker)[name])  # noqa: S301 - to show that the attack is one
        assert marker.exists()


@pytest.mark.parametrize("end", [1, 7, 40, 200, -1])
def test_a_file_that_is_cut_short_is_refused(end: int, tmp_path: Path) -> None:
    (tmp_path / "test_batch").write_bytes(python2_pickle(PIXELS, LABELS)[:end])
    with pytest.raises(TrainerError, match=r"test_batch is no file of CIFAR-10, or it is damaged: "):
        load(str(tmp_path))


def test_a_file_with_any_byte_changed_is_read_or_refused() -> None:
    rng, whole = np.random.default_rng(1), python2_pickle(PIXELS[:2, :], LABELS[:2])
    places = [*range(200), *range(len(whole) - 40, len(whole))]
    for place in places:
        content = bytearray(whole)
        content[place] = rng.integers(256)
        try:
            read_pickle(bytes(content))
        except BAD_PICKLE:
            continue


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([1, 2], "it has no 'data'"),
        ({"data": PIXELS}, "it has no 'labels'"),
        ({"data": PIXELS[:, :3000], "labels": LABELS}, r"its data must be bytes \(rows, 3072\)"),
        ({"data": PIXELS.astype(float), "labels": LABELS}, "its data must be bytes"),
        ({"data": PIXELS, "labels": LABELS[:-1]}, "its labels must be a list of 6"),
        ({"data": PIXELS, "labels": np.array(LABELS)}, "its labels must be a list of 6"),
        ({"data": PIXELS, "labels": [*LABELS[:-1], 10]}, "whole numbers from 0 to 9"),
        ({"data": PIXELS, "labels": [*LABELS[:-1], "1"]}, "whole numbers from 0 to 9"),
    ],
)
def test_what_is_no_batch_is_refused(content: Any, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(content))
    with pytest.raises(TrainerError, match=sentence):
        load(str(tmp_path))


def test_keys_may_be_bytes_as_python_3_has_them_after_reading_a_file_of_python_2(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": PIXELS, b"labels": LABELS}))
    np.testing.assert_array_equal(load(str(tmp_path)).x, PIXELS)


def test_every_opcode_that_is_known_is_one() -> None:
    assert set(OPCODES) < {opcode.name for opcode in pickletools.opcodes}
    makes_objects = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"}
    assert not makes_objects & set(OPCODES)
