"""What is planned, and what came of it since the last part: durable at once, record by record."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hpsearch.store.files import JsonLines, Wanted, read_json_lines


class Journal(ABC):
    """For any number of readers; and for one writer, who has opened it."""

    makes_part_first: ClassVar[bool] = False
    """Whether what another process left must become a part before anything is added."""
    number: int
    """Of the part that the outcomes are to become."""
    elapsed_s: float
    """How long had been worked on the sweep when the journal of that part was begun."""

    @abstractmethod
    def create(self, rounds: Sequence[Any]) -> None:
        """Begin, with what is planned already."""

    @abstractmethod
    def is_whole(self) -> bool:
        """Whether what a sweep's journal must have is there."""

    @abstractmethod
    def outcomes(self) -> Iterator[Any]:
        """What is not in parts yet; what became parts meanwhile may be left out."""

    @abstractmethod
    def rounds(self, wanted: Wanted | None = None) -> list[Any]:
        """The planned rounds, in order; only those `wanted` by their numbers."""

    @abstractmethod
    def open(self, next_part: int) -> list[Any]:
        """Take it up for writing, part `next_part` being the first that was never written; returns the outcomes."""

    @abstractmethod
    def add_round(self, planned: Any) -> None:
        """Add a round; on return it cannot be lost."""

    @abstractmethod
    def add_outcomes(self, outcomes: Sequence[Any]) -> None:
        """Add outcomes; on return they cannot be lost."""

    @abstractmethod
    def turn(self, elapsed_s: float) -> None:
        """Begin the journal of the next part, as this one's is complete, and delete what has become it."""

    @abstractmethod
    def close(self) -> None:
        """Write no more; everything is durable already."""


class FileJournal(Journal):
    """`rounds.jsonl` has every planned round, `outcomes-N.jsonl` what is to become part N of each table.

    The latter is deleted once it has: so what is both in a part and in the journal is there twice.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.round_file = path, path / "rounds.jsonl"

    def file(self, number: int) -> Path:
        """The journal of what is to become part `number`."""
        return self.path / f"outcomes-{number:05d}.jsonl"

    def numbers(self) -> list[int]:
        """The numbers of the journals there are, in order."""
        return sorted(int(path.stem.rpartition("-")[2]) for path in self.path.glob("outcomes-*.jsonl"))

    def create(self, rounds: Sequence[Any]) -> None:
        self.path.mkdir(parents=True)
        journal = JsonLines(self.round_file)
        journal.append(rounds)
        journal.close()

    def is_whole(self) -> bool:
        return self.round_file.is_file()

    def outcomes(self) -> Iterator[Any]:
        for number in self.numbers():
            try:
                yield from (record for record in read_json_lines(self.file(number)) if "trials" in record)
            except FileNotFoundError:
                continue  # became parts since it was listed

    def rounds(self, wanted: Wanted | None = None) -> list[Any]:
        return list(read_json_lines(self.round_file, wanted))

    def open(self, next_part: int) -> list[Any]:
        self.number, self.elapsed_s = (self.numbers() or [next_part])[-1], 0.0
        self._round_lines = JsonLines(self.round_file)
        for number in self.numbers():
            for record in read_json_lines(self.file(number)):
                self.elapsed_s = record.get("elapsed_s", self.elapsed_s)
            if number < self.number:  # the next journal was begun, so its parts are complete
                self.file(number).unlink()
        self._outcome_lines = JsonLines(self.file(self.number))
        records = list(read_json_lines(self.file(self.number)))
        if not records:
            self._outcome_lines.append([{"elapsed_s": self.elapsed_s}])
        return [record for record in records if "trials" in record]

    def add_round(self, planned: Any) -> None:
        self._round_lines.append([planned])

    def add_outcomes(self, outcomes: Sequence[Any]) -> None:
        self._outcome_lines.append(outcomes)

    def turn(self, elapsed_s: float) -> None:
        self._outcome_lines.close()
        done, self.number, self.elapsed_s = self._outcome_lines.path, self.number + 1, elapsed_s
        self._outcome_lines = JsonLines(self.file(self.number))
        self._outcome_lines.append([{"elapsed_s": elapsed_s}])
        done.unlink()

    def close(self) -> None:
        self._outcome_lines.close()
        self._round_lines.close()
