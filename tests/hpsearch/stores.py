"""A case for each kind of store: how to begin, to leave and come back, and to die."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from hpsearch.store import MemoryStore, ParquetStore, Store, create_folder, schemas
from hpsearch.sweep import Plan

from .worlds import RECORDED


class StoreCase(ABC):
    """A sweep in a store of one kind; `store` is the store that is open now."""

    kind: type[Store]
    store: Store

    def __init__(self, plan: Plan, path: Path, clock: Callable[[], float]) -> None:
        self.plan, self.path, self.clock = plan, path, clock

    @abstractmethod
    def reopen(self) -> None:
        """Close the store and open it again."""

    @abstractmethod
    def die(self) -> None:
        """Leave the store as a killed process does, and open it again."""


class MemoryCase(StoreCase):
    """Memory is its own durability here: the oracle never forgets."""

    kind = MemoryStore

    def __init__(self, plan: Plan, path: Path, clock: Callable[[], float]) -> None:
        super().__init__(plan, path, clock)
        self.store = MemoryStore(schemas(plan.space, RECORDED, repeats=plan.repeats, widen=plan.allows is not None))

    def reopen(self) -> None:
        self.store.close()

    def die(self) -> None:
        pass


class ParquetCase(StoreCase):
    """A folder."""

    kind = ParquetStore
    store: ParquetStore

    def __init__(self, plan: Plan, path: Path, clock: Callable[[], float]) -> None:
        super().__init__(plan, path, clock)
        self.folder = create_folder(
            path,
            "name: sweep\n",
            {"seed": 0},
            schemas(plan.space, RECORDED, repeats=plan.repeats, widen=plan.allows is not None),
        )
        self.open()

    def open(self) -> None:
        self.store = ParquetStore(
            self.folder,
            schemas(self.plan.space, RECORDED, repeats=self.plan.repeats, widen=self.plan.allows is not None),
            self.clock,
        )

    def reopen(self) -> None:
        self.store.close()
        self.open()

    def die(self) -> None:
        self.store._release()  # what the system does to a dead process's files and locks
        self.open()


STORES: Mapping[str, type[StoreCase]] = {"memory": MemoryCase, "parquet": ParquetCase}
