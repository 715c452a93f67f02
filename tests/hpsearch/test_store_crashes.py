"""Nothing acknowledged is lost and nothing is there twice, wherever a process dies or a disk fails."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pandas as pd
import pytest

from hpsearch.records import Status
from hpsearch.store import TABLES, ParquetStore, StoreError, SweepFolder, schemas, set_damaged_parts_aside
from hpsearch.store.files import JsonLines, read_json_lines

from .stores import MemoryCase
from .worlds import CONTINUOUS, RECORDED, content, outcome_of, plan_of, rounds_of

MakeFolder = Callable[..., SweepFolder]
PLAN = plan_of(CONTINUOUS, trials=24)
ROUNDS = rounds_of(PLAN)
SCHEMAS = schemas(PLAN.space, RECORDED)
DEAD = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the dead close no files
OPERATIONS = [(os, "fsync"), (Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "open")]


class Death(BaseException):
    """Stands for the end of the process."""


class Hours:
    """A clock on which every part is due."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1e4
        return self.now


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, at: int | None, error: BaseException | None = None) -> Iterator[list[int]]:
    """Let the file operation number `at` raise, just before it is done; gives the list of the operations done."""
    done: list[int] = []

    def counted(operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if len(done) == at:
                raise error or Death
            done.append(len(done))
            return None if operation is fsync else operation(*arguments, **named)

        return call

    fsync = os.fsync
    with monkeypatch.context() as patched:
        for owner, name in OPERATIONS:
            patched.setattr(owner, name, counted(getattr(owner, name)))
        yield done


def _open(folder: SweepFolder) -> ParquetStore:
    return ParquetStore(folder, SCHEMAS, Hours())


def _work(store: Any, rounds: range) -> None:
    for number in rounds:
        store.add_round(ROUNDS[number])
        store.add_outcomes([outcome_of(trial) for trial in ROUNDS[number].trials])


def _expected(rounds: int) -> dict[str, list[str]]:
    case = MemoryCase(PLAN, Path(), Hours())
    _work(case.store, range(rounds))
    return content(case.store.tables())


def _rows_in_parquet(folder: SweepFolder) -> list[int]:
    return sorted(pd.read_parquet(folder.path / "trials")["trial"])


@DEAD
def test_a_death_between_any_two_file_operations_of_a_flush_loses_and_doubles_nothing(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _expected(3)
    for at in range(1000):
        folder = make_folder(PLAN, f"sweep-{at}")
        store = _open(folder)
        _work(store, range(2))
        store.tick()
        _work(store, range(2, 3))
        died = False
        with failing(monkeypatch, at):
            try:
                store.tick()
            except Death:
                died = True
        store._release()  # what the system does to a dead process's files and locks
        assert content(folder.read_tables()) == expected
        assert len(set(_rows_in_parquet(folder))) == len(_rows_in_parquet(folder))
        again = _open(folder)
        assert content(again.tables()) == expected
        _work(again, range(3, 4))
        again.close()
        assert content(folder.read_tables()) == _expected(4)
        assert _rows_in_parquet(folder) == list(range(16))
        if not died:
            break
    gc.collect()  # here, where what the dead left open is expected
    assert at > 12  # four tables are written, each by three operations at least


@DEAD
def test_an_interrupt_between_any_two_file_operations_of_a_flush_doubles_nothing(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1000):
        folder = make_folder(PLAN, f"sweep-{at}")
        interrupted = False
        try:
            with _open(folder) as store:
                _work(store, range(2))
                with failing(monkeypatch, at, KeyboardInterrupt()):
                    store.tick()
        except KeyboardInterrupt:
            interrupted = True
        _open(folder).close()
        assert content(folder.read_tables()) == _expected(2)
        assert _rows_in_parquet(folder) == list(range(8))
        if not interrupted:
            break
    gc.collect()
    assert at > 12


@DEAD
@pytest.mark.parametrize(("damaged", "number"), [(("trials",), 1), (("trials", "epochs"), 0)])
def test_a_death_between_any_two_file_operations_of_a_repair_loses_and_doubles_nothing(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, damaged: tuple[str, ...], number: int
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    expected, spoilt = _expected(2), make_folder(PLAN)
    with _open(spoilt) as store:
        _work(store, range(2))
    for table in TABLES:
        spoilt.part(table, 1).replace(spoilt.part(table, number))  # part 0 has rows where failed trials were retried
    for table in damaged:
        spoilt.part(table, number).write_bytes(b"")
    for at in range(1000):
        folder = SweepFolder(spoilt.path.with_name(f"sweep-{at}"))
        copytree(spoilt.path, folder.path)
        died = False
        with failing(monkeypatch, at):
            try:
                set_damaged_parts_aside(folder, SCHEMAS)
            except Death:
                died = True
        set_damaged_parts_aside(folder, SCHEMAS)
        with _open(folder) as again:
            there = again.tables()["trials"]["trial"].to_pylist()
            planned = [trial for each in again.rounds() for trial in each.trials]
            again.add_outcomes([outcome_of(trial) for trial in planned if trial.number not in there])
        assert content(folder.read_tables()) == expected
        assert _rows_in_parquet(folder) == list(range(8))
        if not died:
            break
    gc.collect()
    assert at > 4  # four parts are moved, each by an operation at least


@DEAD
def test_an_interrupt_between_any_two_file_operations_leaves_a_whole_new_folder_or_nothing(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    for at in range(1000):
        interrupted = False
        with failing(monkeypatch, at, KeyboardInterrupt()):
            try:
                make_folder(PLAN, f"sweep-{at}")
            except KeyboardInterrupt:
                interrupted = True
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
        for path in tmp_path.iterdir():
            assert content(SweepFolder.existing(path).read_tables()) == _expected(0)
            rmtree(path)
        if not interrupted:
            break
    gc.collect()
    assert at > 12


def test_a_journal_that_outlived_its_parts_is_counted_once(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    store = _open(folder)
    _work(store, range(2))
    journal = folder.journal.numbers()[-1]
    kept = folder.journal.file(journal).read_bytes()
    store.tick()
    store._release()
    folder.journal.file(journal).write_bytes(kept)  # died before the journal of the finished part was deleted
    assert content(folder.read_tables()) == _expected(2)
    with _open(folder) as again:
        assert content(again.tables()) == _expected(2)
    assert _rows_in_parquet(folder) == list(range(8))


@DEAD
def test_an_operation_that_fails_is_explained_and_what_was_acknowledged_is_safe(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1000):
        folder = make_folder(PLAN, f"sweep-{at}")
        failed = False
        acknowledged = 0
        try:
            with _open(folder) as store, failing(monkeypatch, at, OSError(ENOSPC, "disk full")):
                for number in range(2):
                    _work(store, range(number, number + 1))
                    acknowledged = number + 1
                    store.tick()
        except StoreError as error:
            failed = True
            assert str(error).startswith(f"cannot write to {folder.path}: No space left on device; ")  # noqa: PT017 - not every operation fails
            assert f"hpsearch resume {folder.path}" in str(error)  # noqa: PT017 - as above
            assert "\n" not in str(error)  # noqa: PT017 - as above
        numbers = folder.read_tables()["trials"]["trial"].to_pylist()
        assert set(range(4 * acknowledged)) <= set(numbers)
        assert len(numbers) == len(set(numbers))
        with _open(folder) as again:
            assert again.tables()["trials"]["trial"].to_pylist() == numbers
        assert _rows_in_parquet(folder) == numbers
        if not failed:
            break
    gc.collect()
    assert at > 40


def test_a_torn_last_record_is_tolerated_at_every_byte(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    store = _open(folder)
    _work(store, range(1))
    last = outcome_of(ROUNDS[1].trials[0], status=Status.FAILED)  # the shortest record
    whole = folder.journal.file(1).read_bytes()
    store.add_outcomes([last])
    torn = folder.journal.file(1).read_bytes()
    store._release()
    for length in range(len(whole), len(torn) + 1):
        folder.journal.file(1).write_bytes(torn[:length])
        wanted = [0, 1, 2, 3] + [4] * (length == len(torn))
        assert folder.read_tables(["trials"])["trials"]["trial"].to_pylist() == wanted
    assert folder.read_tables()["trials"]["trial"].to_pylist() == wanted
    for length in range(len(whole), len(torn), 50):
        folder.journal.file(1).write_bytes(torn[:length])
        again = _open(folder)
        again.add_outcomes([last])
        assert again.tables()["trials"]["trial"].to_pylist() == [0, 1, 2, 3, 4]
        again._release()


def test_what_is_appended_after_a_torn_record_is_whole_wherever_it_was_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    path = tmp_path / "records.jsonl"
    lines = [b'{"a": 1}\n', b'{"b": "\xc3\xa9\\n"}\n']
    for length in range(len(b"".join(lines)) + 1):
        path.write_bytes(b"".join(lines)[:length])
        kept = list(read_json_lines(path))
        assert kept == [{"a": 1}, {"b": "é\n"}][: (length >= len(lines[0])) + (length == len(b"".join(lines)))]
        appending = JsonLines(path)
        appending.append([{"c": 3}])
        appending.close()
        assert list(read_json_lines(path)) == [*kept, {"c": 3}]


def test_a_torn_round_was_not_acknowledged_and_is_planned_again(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    store = _open(folder)
    _work(store, range(1))
    whole = folder.journal.round_file.stat().st_size
    store.add_round(ROUNDS[1])
    store._release()
    torn = folder.journal.round_file.read_bytes()
    for length in range(whole, len(torn), 20):
        folder.journal.round_file.write_bytes(torn[:length])
        again = _open(folder)
        assert again.rounds() == ROUNDS[:1]
        again.add_round(ROUNDS[1])
        assert folder.read_rounds() == ROUNDS[:2]
        again._release()
