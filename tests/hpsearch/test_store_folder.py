"""Laws of a sweep's folder: made whole or not at all, one writer, any number of readers at any time."""

import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hpsearch.errors import HpsearchError, UsageError
from hpsearch.store import TABLES, ParquetStore, SweepFolder, create_folder, is_being_written, schemas

from .worlds import CONTINUOUS, RECORDED, outcome_of, plan_of, rounds_of

MakeFolder = Callable[..., SweepFolder]
PLAN = plan_of(CONTINUOUS, trials=160)
ROUNDS = rounds_of(PLAN)
SCHEMAS = schemas(PLAN.space, RECORDED)


def _open(folder: SweepFolder) -> ParquetStore:
    return ParquetStore(folder, SCHEMAS, lambda: 0.0)


def test_a_new_folder_has_all_that_a_reader_expects(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    visible = {path.name for path in folder.path.iterdir() if not path.name.startswith((".", "_"))}
    assert visible == {"config.yaml", "manifest.json", "journal", *TABLES}
    assert folder.config.read_text(encoding="utf-8") == "name: sweep\n"
    assert json.loads(folder.manifest.read_text(encoding="utf-8"))["seed"] == 0
    assert SweepFolder.existing(folder.path).read_rounds() == []
    for name in TABLES:
        assert pd.read_parquet(folder.path / name).columns.tolist() == SCHEMAS[name].names


def test_a_folder_is_made_with_its_parents_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    create_folder(tmp_path / "deep" / "er" / "sweep", "name: a\n", {}, SCHEMAS)
    assert [path.name for path in (tmp_path / "deep" / "er").iterdir()] == ["sweep"]


def test_making_a_sweep_that_exists_is_refused_with_both_ways_out_and_changes_nothing(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.path.rglob("*"))
    with pytest.raises(UsageError) as refusal:
        make_folder(PLAN)
    assert f"hpsearch resume {folder.path}" in str(refusal.value)
    assert "--set name=" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.path.rglob("*")) == before


def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot make the sweep's folder .*: Not a directory$") as refusal:
        create_folder(tmp_path / "file" / "sweep", "name: a\n", {}, SCHEMAS)
    assert "\n" not in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def _read_only(monkeypatch: pytest.MonkeyPatch, below: Path) -> None:
    """Refuse what a read-only file system refuses, also to a user who may do everything."""

    def refusing(operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            writes = operation.__name__ != "open" or set(mode) & set("wax+")
            if writes and path.is_relative_to(below):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return operation(path, mode, *arguments, **named) if operation.__name__ == "open" else operation(path)

        return call

    for name in ("open", "mkdir", "touch"):
        monkeypatch.setattr(Path, name, refusing(getattr(Path, name)))


def test_a_read_only_place_is_refused_with_a_sentence(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(PLAN)
    _read_only(monkeypatch, tmp_path)
    with pytest.raises(UsageError, match=f"cannot make the sweep's folder {tmp_path}/other: Read-only file system$"):
        make_folder(PLAN, "other")
    with pytest.raises(UsageError, match=f"cannot write to {folder.path}: Read-only file system$"):
        _open(folder)
    assert folder.read_tables()["trials"].num_rows == 0


def test_a_second_writer_is_refused_with_a_sentence_until_the_first_has_closed(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    assert not is_being_written(folder)
    with _open(folder):
        assert is_being_written(folder)
        with pytest.raises(UsageError, match=r"another process is running the sweep") as refusal:
            _open(folder)
        assert str(folder.path) in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert is_being_written(folder)  # the refused one did not take the lock with it
    assert not is_being_written(folder)
    _open(folder).close()


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, HpsearchError])
def test_the_lock_is_released_and_nothing_is_lost_however_the_work_ends(
    make_folder: MakeFolder, error: type[BaseException]
) -> None:
    folder = make_folder(PLAN)

    def work() -> None:
        with _open(folder) as store:
            store.add_round(ROUNDS[0])
            store.add_outcomes([outcome_of(trial) for trial in ROUNDS[0].trials])
            raise error

    with pytest.raises(error):
        work()
    assert not is_being_written(folder)
    assert folder.read_tables()["trials"]["trial"].to_pylist() == [0, 1, 2, 3]
    _open(folder).close()
    assert sorted(pd.read_parquet(folder.path / "trials")["trial"]) == [0, 1, 2, 3]
    assert len(pd.read_parquet(folder.path / "rounds")) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema_version": 99}'])
def test_a_damaged_or_foreign_manifest_is_refused_in_a_sentence(make_folder: MakeFolder, content: str) -> None:
    folder = make_folder(PLAN)
    folder.manifest.write_text(content)
    with pytest.raises(UsageError) as refusal:
        SweepFolder.existing(folder.path)
    assert str(folder.path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_config_changed_after_the_sweep_began_is_refused(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    folder.require_config_as_written()
    folder.config.write_text("name: sweep\nseed: 1\n")
    with pytest.raises(UsageError, match="was changed after the sweep began"):
        folder.require_config_as_written()


def test_a_reader_that_looks_at_the_lock_keeps_no_driver_out(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_being_written(folder)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(30):
            _open(folder).close()
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_a_damaged_journal_line_is_named(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    with _open(folder) as store:
        store.add_round(ROUNDS[0])
    with folder.journal.round_file.open("ab") as file:
        file.write(b'{"round": 1, "tri\n')
    with pytest.raises(HpsearchError, match=r"rounds\.jsonl, line 2 is damaged"):
        folder.read_tables()


def test_opening_and_closing_without_work_adds_no_part(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    for _ in range(5):
        _open(folder).close()
    assert [len(list(folder.table(name).iterdir())) for name in TABLES] == [1, 1, 1, 1]


def test_reading_while_a_sweep_is_written_never_fails_and_never_loses_a_row(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    times = iter(range(10**9))
    store = ParquetStore(folder, SCHEMAS, lambda: 1e6 * 1.5 ** next(times))
    acknowledged = 0
    failures: list[BaseException] = []
    read = threading.Semaphore(0)

    def write() -> None:
        nonlocal acknowledged
        try:
            for each in ROUNDS:
                store.add_round(each)
                for trial in each.trials:
                    store.add_outcomes([outcome_of(trial)])
                    acknowledged += 1
                store.tick()
                if each.number % 10 == 9:  # a machine may be so busy that nobody would read meanwhile
                    read.acquire(timeout=60)
        except BaseException as error:  # noqa: BLE001 - a thread's failure must reach the test
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    reads = 0
    while writer.is_alive() or reads == 0:
        before = acknowledged
        tables = folder.read_tables()
        numbers = tables["trials"]["trial"].to_pylist()
        assert numbers == sorted(set(numbers))
        assert len(numbers) >= before
        in_parquet = pd.read_parquet(folder.path / "trials")["trial"]
        assert in_parquet.is_unique
        folder.read_rounds()
        reads += 1
        read.release()
    writer.join()
    store.close()
    assert failures == []
    assert reads > 3
    assert folder.read_tables()["trials"]["trial"].to_pylist() == list(range(160))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: folder.manifest.unlink(), "is not a sweep's folder"),
        (lambda folder: folder.manifest.write_text("{"), "cannot be read"),
        (lambda folder: folder.manifest.write_text('{"schema_version": 999}'), "results schema 999"),
    ],
)
def test_a_folder_that_is_no_sweep_of_this_version_is_refused_with_a_sentence(
    make_folder: MakeFolder, spoil: Callable[[SweepFolder], None], words: str
) -> None:
    folder = make_folder(PLAN)
    spoil(folder)
    with pytest.raises(UsageError, match=words) as refusal:
        SweepFolder.existing(folder.path)
    assert str(folder.path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_temporary_files_bear_names_that_readers_skip(make_folder: MakeFolder) -> None:
    folder = make_folder(PLAN)
    for name in TABLES:
        (folder.table(name) / ".part-00007.parquet.tmp").write_bytes(b"torn")
        assert len(pd.read_parquet(folder.path / name)) == 0
    assert folder.read_tables()["trials"].num_rows == 0
