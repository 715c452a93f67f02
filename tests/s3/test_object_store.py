"""In a bucket too nothing acknowledged is lost and nothing is there twice, whoever dies or sleeps, and wherever."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.store import ParquetStore, StoreError, SweepFolder, create_folder, is_being_written, lease, schemas
from hpsearch.store.files import append_json_lines, read_json_lines
from hpsearch.store.folder import read_part
from hpsearch.store.lease import Held, Lease
from hpsearch.store.objects import ObjectPath
from tests.hpsearch.stores import MemoryCase
from tests.hpsearch.worlds import CONTINUOUS, RECORDED, content, outcome_of, plan_of, rounds_of
from tests.s3.memory_bucket import MemoryBucket

pytestmark = pytest.mark.s3
PLAN = plan_of(CONTINUOUS, "random", trials=8, round_size=2)
ROUNDS = rounds_of(PLAN)
TABLES = schemas(PLAN.space, RECORDED)
CHANGES = ("put", "put_new", "unlink")
"""Every operation of an object that changes a bucket, but for `rename`."""


LAST = 11
"""So many changes are made by a part of every table, the rounds, the next part's begin, three deletions and two entries."""


class Death(BaseException):
    """Stands for the end of the process."""


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def _leases_run_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LEASE_S", -1.0)


@pytest.fixture
def memory() -> ObjectPath:
    """A place in a bucket in memory."""
    return ObjectPath(MemoryBucket("memory"), "sweeps")


@contextmanager
def before_each_change(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> Iterator[None]:
    """Call `do` just before any object is changed, but for signs of life."""

    def first(operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if threading.current_thread().name != "lease":
                do()
            return operation(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for name in CHANGES:
            patched.setattr(ObjectPath, name, first(getattr(ObjectPath, name)))
        yield


def _made(path: ObjectPath) -> SweepFolder:
    return create_folder(path, "name: sweep\n", {"seed": 0, "platform": "here", "data": {}}, TABLES)


def _open(path: ObjectPath, clock: Callable[[], float] | None = None) -> ParquetStore:
    return ParquetStore(SweepFolder(path), TABLES, clock or Clock())


def _work(store: Any, rounds: range) -> None:
    for number in rounds:
        store.add_round(ROUNDS[number])
        store.add_outcomes([outcome_of(trial) for trial in ROUNDS[number].trials])


def _expected(rounds: int) -> dict[str, list[str]]:
    case = MemoryCase(PLAN, Any, Clock())
    _work(case.store, range(rounds))
    return content(case.store.tables())


def _in_parts(path: ObjectPath) -> list[int]:
    folder = SweepFolder(path)
    parts = [read_part(folder.part("trials", number)) for number in folder.part_numbers("trials")]
    return sorted(row for part in parts for row in part["trial"].to_pylist())


def _finish(store: ParquetStore, rounds: int) -> None:
    """Do what of the rounds is missing, as a driver does that resumes."""
    there = set(store.tables()["trials"]["trial"].to_pylist())
    for number in range(rounds):
        if number == len(store.rounds()):
            store.add_round(ROUNDS[number])
        if missing := [trial for trial in ROUNDS[number].trials if trial.number not in there]:
            store.add_outcomes([outcome_of(trial) for trial in missing])
    store.close()


def _die(store: ParquetStore) -> None:
    """Give no more signs of life."""
    store._lock._ended.set()


@pytest.mark.usefixtures("_leases_run_out_at_once")
def test_a_death_before_any_change_of_a_bucket_loses_and_doubles_nothing(
    memory: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = (_expected(rounds) for rounds in (1, 2, 3))
    for at in range(1000):
        path, done, clock = memory / str(at), count(), Clock()
        _made(path)
        store = _open(path, clock)
        _work(store, range(1))
        died = False

        def die(done: Iterator[int] = done, at: int = at) -> None:
            if next(done) == at:
                raise Death

        with before_each_change(monkeypatch, die):
            try:
                clock.now = 1e6
                store.tick()
                _work(store, range(1, 2))
            except Death:
                died = True
        _die(store)
        again = _open(path)
        kept = content(again.tables())
        assert kept["trials"] == (one if died else two)["trials"]
        assert again.rounds() in (ROUNDS[:1], ROUNDS[:2])
        assert _in_parts(path) == again.tables()["trials"]["trial"].to_pylist()
        _finish(again, 3)
        assert content(SweepFolder(path).read_tables()) == three
        assert _in_parts(path) == list(range(6))
        if not died:
            break
    assert at > 10  # there were changes to die before


@pytest.mark.usefixtures("_leases_run_out_at_once")
def test_a_death_while_taking_over_loses_and_doubles_nothing(
    memory: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1000):
        path, done = memory / str(at), count()
        _made(path)
        store = _open(path)
        _work(store, range(2))
        _die(store)
        died = False

        def die(done: Iterator[int] = done, at: int = at) -> None:
            if next(done) == at:
                raise Death

        with before_each_change(monkeypatch, die):
            try:
                _die(_open(path))
            except Death:
                died = True
        assert content(SweepFolder(path).read_tables()) == _expected(2)
        assert SweepFolder(path).read_rounds() == ROUNDS[:2]
        _finish(_open(path), 3)
        assert content(SweepFolder(path).read_tables()) == _expected(3)
        assert _in_parts(path) == list(range(6))
        if not died:
            break
    assert at > 8


@pytest.mark.usefixtures("_leases_run_out_at_once")
def test_whoever_slept_through_a_takeover_writes_no_more_and_destroys_nothing(
    memory: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _expected(3)
    for at in range(1000):
        path, done, clock = memory / str(at), count(), Clock()
        _made(path)
        sleeper = _open(path, clock)
        _work(sleeper, range(1))
        taken_over = []

        def sleep(
            done: Iterator[int] = done, at: int = at, path: ObjectPath = path, taken_over: list[int] = taken_over
        ) -> None:
            if not taken_over and next(done) == at:
                taken_over.append(at)
                after = threading.Thread(target=lambda: _finish(_open(path), 3))
                after.start()
                after.join()

        with before_each_change(monkeypatch, sleep):
            clock.now = 1e6
            if at < LAST:
                with pytest.raises(StoreError, match="another process has taken the sweep over"):
                    _tick_and_work(sleeper)
            else:
                _tick_and_work(sleeper)
        _die(sleeper)
        assert bool(taken_over) == (at < LAST)
        if not taken_over:
            break
        assert content(SweepFolder(path).read_tables()) == expected
        assert _in_parts(path) == list(range(6))


def _tick_and_work(store: ParquetStore) -> None:
    store.tick()
    _work(store, range(1, 2))


@pytest.mark.usefixtures("_leases_run_out_at_once")
@pytest.mark.parametrize("seed", range(6))
def test_any_operations_in_any_order_give_what_the_memory_store_says(memory: ObjectPath, seed: int) -> None:
    rng, clock, place = np.random.default_rng(seed), Clock(), memory
    _made(place)
    store, oracle = _open(place, clock), MemoryCase(PLAN, Any, clock).store
    rounds = [*ROUNDS]
    while rounds:
        action = rng.choice(["round", "round", "tick", "reopen", "die"])
        if action == "round":
            for each in (store, oracle):
                each.add_round(rounds[0])
                each.add_outcomes([outcome_of(trial) for trial in rounds[0].trials])
            rounds = rounds[1:]
        elif action == "tick":
            clock.now += 1e4
            store.tick()
        else:
            store.close() if action == "reopen" else _die(store)
            store = _open(place, clock)
        assert content(store.tables()) == content(oracle.tables())
        assert store.rounds() == oracle.rounds()
    store.close()
    assert content(store.tables()) == content(oracle.tables())


def test_what_is_in_parts_leaves_the_journal_but_for_arrivals(place: ObjectPath) -> None:
    _made(place)
    for number in range(3):
        store = _open(place)
        _work(store, range(number, number + 1))
        store.close()
    names = [path.name for path in (place / "journal").glob("*")]
    assert len([name for name in names if name.startswith("log-")]) == 3 + 1  # an arrival each, and the next part
    assert len([name for name in names if name.startswith("rounds-")]) == 3 + 1


def test_a_second_writer_is_refused_until_the_first_closes_or_its_lease_runs_out(
    place: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _made(place)
    assert not is_being_written(folder)
    store = _open(place)
    assert is_being_written(folder)
    with pytest.raises(UsageError, match=r"another process is running the sweep s3://.* sign of life .* s from now"):
        _open(place)
    store.close()
    assert not is_being_written(folder)
    dead = _open(place)
    _die(dead)
    with pytest.raises(UsageError, match="another process"):
        _open(place)
    found = Held.newest(place / ".lock")
    assert found is not None
    assert found.holds
    monkeypatch.setattr(lease, "LEASE_S", found.age_s)
    _open(place).close()


def test_a_lease_lives_as_long_as_signs_of_life_come(place: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.05)
    signs = []
    put = ObjectPath.put
    monkeypatch.setattr(ObjectPath, "put", lambda path, content: (signs.append(path), put(path, content)))
    with Lease(place, place / ".lock"):
        while len(signs) < 3:
            threading.Event().wait(0.01)
    assert len(set(signs)) == 1
    assert Held.newest(place / ".lock").holder.released


def test_of_two_that_take_a_lease_at_once_one_gets_it(place: ObjectPath) -> None:
    taken: list[Lease] = []
    refused: list[UsageError] = []

    def take() -> None:
        try:
            taken.append(Lease(place, place / ".lock"))
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 3)
    taken[0].close()


def test_a_storage_that_ignores_conditions_is_refused(place: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObjectPath, "put_new", ObjectPath.put)
    with pytest.raises(UsageError, match="ignores If-None-Match"):
        _made(place)
    monkeypatch.undo()
    _made(place)  # what was left there is in nobody's way


def test_an_object_that_was_put_though_its_answer_was_lost_is_not_somebody_elses(place: ObjectPath) -> None:
    (place / "a").put_new(b"mine")
    (place / "a").put_new(b"mine")
    with pytest.raises(FileExistsError):
        (place / "a").put_new(b"other")
    assert (place / "a").read_bytes() == b"mine"


def _answers(path: ObjectPath) -> Iterator[Any]:
    """What a bucket says to everything that is asked of one."""
    yield path.exists(), path.glob("*"), path.is_file()
    for name in ("b", "a", "c/d"):
        (path / name).put(name.encode())
    yield (path / "a").read_text(), (path / "a").is_file(), (path / "a").is_dir(), path.is_dir(), path.is_file()
    yield [each.name for each in path.glob("*")], [each.name for each in path.glob("b*")]
    yield [str(each).removeprefix(str(path)) for each in path.objects()]
    yield (path / "c").is_dir(), (path / "c").is_file(), (path / "c" / "d").read_with_age()[1] < 10
    (path / "a").rename(path / "e")
    for do in ((path / "a").read_bytes, lambda: (path / "b").put_new(b"x"), (path / "a").unlink):
        try:
            yield do()
        except OSError as error:
            yield type(error), error.errno
    (path / "b").unlink()
    yield [each.name for each in path.glob("*")], (path / "e").read_bytes()


def test_the_bucket_in_memory_answers_as_the_server_does(place: ObjectPath, memory: ObjectPath) -> None:
    assert list(_answers(memory)) == list(_answers(place))


def test_lines_are_added_to_an_object_as_to_a_file(memory: ObjectPath) -> None:
    append_json_lines(memory / "looks.jsonl", [{"look": 1}])
    append_json_lines(memory / "looks.jsonl", [{"look": 2}])
    assert list(read_json_lines(memory / "looks.jsonl")) == [{"look": 1}, {"look": 2}]
