"""The journal in an object store: numbered objects, each of which can be put only once."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hpsearch.errors import HpsearchError
from hpsearch.store.files import Wanted, as_json_lines, read_json_lines
from hpsearch.store.journal import Journal
from hpsearch.store.objects import ObjectPath, each

ARRIVAL, PART, ROUND, OUTCOMES = "arrival", "part", "round", "outcomes"
"""What an entry is: a process taking over; the begin of a part's entries; a planned round; what came of trials."""


@dataclass(frozen=True)
class _Entry:
    """One object."""

    path: ObjectPath
    kind: str
    elapsed_s: float
    records: Sequence[Any]

    @property
    def number(self) -> int:
        return _number(self.path)


class ObjectJournal(Journal):
    """`log-N.jsonl` are the entries; what has become part P is in `rounds-P.jsonl`, as far as it is rounds.

    A number is put once: whoever takes the sweep over puts an arrival at the next one, where any process before it
    would put its own next entry, and fails. An arrival is never deleted, so that stays so.
    Part P is what stands between the entry P that begins it and the next of its kind. A process that takes over
    entries makes a part of them before it adds any: so whoever writes a part, or writes it again, writes the same.
    """

    makes_part_first = True

    def __init__(self, path: ObjectPath) -> None:
        self.path = path
        self._writer = secrets.token_hex(8)  # makes an entry differ from everybody else's

    def create(self, rounds: Sequence[Any]) -> None:
        self._round_object(0).put(as_json_lines(rounds))

    def is_whole(self) -> bool:
        return self._round_object(0).is_file()

    def outcomes(self) -> Iterator[Any]:
        yield from _records(OUTCOMES, self._entries())

    def rounds(self, wanted: Wanted | None = None) -> list[Any]:
        # The log first: what vanishes from it later is in the other objects by then.
        found = _records(ROUND, self._entries())
        found += [planned for kept in each(_read, self.path.glob("rounds-*.jsonl")) for planned in kept]
        return [
            planned
            for number, planned in sorted({record["round"]: record for record in found}.items())
            if not wanted or wanted(number)
        ]

    def open(self, next_part: int) -> list[Any]:
        self._next = 1 + max(map(_number, self._log()), default=next_part - 1)
        self._arrive()
        entries = self._entries()
        begun = [entry for entry in entries if entry.kind == PART]
        self.number, self.elapsed_s = (begun[-1].number, begun[-1].elapsed_s) if begun else (0, 0.0)
        self._delete(entry for entry in entries if entry.number < self.number)  # their part is complete
        self._own = [entry for entry in entries if entry.number >= self.number]
        if not begun:
            self._begin_part(0.0)
        return _records(OUTCOMES, self._own)

    def add_round(self, planned: Any) -> None:
        self._put(ROUND, [planned])

    def add_outcomes(self, outcomes: Sequence[Any]) -> None:
        self._put(OUTCOMES, outcomes)

    def turn(self, elapsed_s: float) -> None:
        planned = _records(ROUND, self._own)
        if planned:
            self._round_object(self.number).put(as_json_lines(planned))
        done = self._own
        self._begin_part(elapsed_s)
        self._delete(done)

    def close(self) -> None:
        """Nothing is open."""

    def _round_object(self, part: int) -> ObjectPath:
        return self.path / f"rounds-{part:08d}.jsonl"

    def _log(self) -> list[ObjectPath]:
        return self.path.glob("log-*.jsonl")

    def _entries(self) -> list[_Entry]:
        return [entry for entry in each(_entry, self._log()) if entry is not None]

    def _arrive(self) -> None:
        while True:
            try:
                self._put_at(ARRIVAL, 0.0, [])
            except FileExistsError:
                self._next += 1  # the last word of the process before
            else:
                return

    def _begin_part(self, elapsed_s: float) -> None:
        self._own = []
        self._put(PART, [], elapsed_s)
        self.number, self.elapsed_s = self._next - 1, elapsed_s

    def _put(self, kind: str, records: Sequence[Any], elapsed_s: float = 0.0) -> None:
        try:
            self._own.append(self._put_at(kind, elapsed_s, records))
        except FileExistsError as error:
            raise OSError("another process has taken the sweep over") from error

    def _put_at(self, kind: str, elapsed_s: float, records: Sequence[Any]) -> _Entry:
        path = self.path / f"log-{self._next:08d}.jsonl"
        path.put_new(as_json_lines([{"entry": kind, "elapsed_s": elapsed_s, "writer": self._writer}, *records]))
        self._next += 1
        return _Entry(path, kind, elapsed_s, records if kind == ROUND else [])

    def _delete(self, entries: Any) -> None:
        each(ObjectPath.unlink, [entry.path for entry in entries if entry.kind != ARRIVAL])


def _records(kind: str, entries: Sequence[_Entry]) -> list[Any]:
    return [record for entry in entries if entry.kind == kind for record in entry.records]


def _number(path: ObjectPath) -> int:
    return int(path.stem.rpartition("-")[2])


def _read(path: ObjectPath) -> list[Any]:
    return list(read_json_lines(path))


def _entry(path: ObjectPath) -> _Entry | None:
    """An entry; None if it has become a part since it was listed."""
    try:
        head, *records = _read(path)
        return _Entry(path, head["entry"], head["elapsed_s"], records)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise HpsearchError(f"{path} is damaged: its first line does not say what it is") from error
