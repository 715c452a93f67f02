"""What a store is: where rounds and outcomes are kept, so that nothing acknowledged is lost."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import pyarrow as pa

from hpsearch.records import Outcome, Round


class Store(ABC):
    """The memory of one sweep, with one writer."""

    @abstractmethod
    def rounds(self) -> list[Round]:
        """Every round planned so far, in order."""

    @abstractmethod
    def tables(self) -> dict[str, pa.Table]:
        """Every row acknowledged so far, by table, sorted by the table's key."""

    @abstractmethod
    def add_round(self, planned: Round) -> None:
        """Keep a round; on return it cannot be lost."""

    @abstractmethod
    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Keep outcomes; on return they cannot be lost."""

    @abstractmethod
    def tick(self) -> None:
        """Bring what plain readers see up to date, if that is due; called about once a second."""

    @abstractmethod
    def close(self) -> None:
        """Bring what plain readers see up to date, and let another writer in."""
