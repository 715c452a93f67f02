"""A part that the disk has spoilt is named, set aside, and its trials run again, to the same rows."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hpsearch.confirmation import leaders_of
from hpsearch.driver import Driver
from hpsearch.errors import HpsearchError, UsageError
from hpsearch.folders import config_of
from hpsearch.store import TABLES, ParquetStore, SweepFolder, schemas, set_damaged_parts_aside
from tests.insight.planted import Planted, config_in

from .engines import Disorder, InOrder
from .stores import MemoryCase
from .worlds import HERE, MIXED, RECORDED, content, plan_of

PLAN = plan_of(MIXED, "random")
SCHEMAS = schemas(PLAN.space, RECORDED)


def _spoil_a_bit(path: Path) -> None:
    column, whole = pq.read_metadata(path).row_group(0).column(0), bytearray(path.read_bytes())
    whole[(column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 1] ^= 1
    path.write_bytes(whole)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "empty": lambda path: path.write_bytes(b""),
    "something else": lambda path: path.write_text("no Parquet\n" * 20),
    "a single bit": _spoil_a_bit,
}


def _finish(folder: SweepFolder, *, stop_after: int = 1000) -> None:
    """Run what is missing, with a part of what every look at the engine brings."""
    seconds = iter(range(0, 10**9, 10**5))
    polls = iter(range(stop_after))
    with ParquetStore(folder, SCHEMAS, lambda: float(next(seconds))) as store:
        Driver(
            PLAN,
            store,
            Disorder(3, 0),
            observer=lambda event: None,
            should_stop=lambda: next(polls, None) is None,
            stack_key=lambda trial: None,
            platform=HERE,
        ).run()


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, list[str]]:
    store = MemoryCase(PLAN, Path(), lambda: 0.0).store
    Driver(PLAN, store, InOrder(), lambda event: None, lambda: False, lambda trial: None, HERE).run()
    return content(store.tables())


@pytest.mark.parametrize(
    ("damage", "table", "number"),
    [("cut off", table, number) for table in TABLES for number in (0, 1)]
    + [(each, "trials", 1) for each in DAMAGES if each != "cut off"],
)
def test_a_damaged_part_is_named_and_after_a_repair_every_row_comes_back(
    make_folder: Callable[..., SweepFolder], undisturbed: dict[str, list[str]], table: str, damage: str, number: int
) -> None:
    folder = make_folder(PLAN)
    _finish(folder)
    DAMAGES[damage](folder.part(table, number))
    with pytest.raises(HpsearchError) as refusal:
        folder.read_tables()
    assert str(folder.part(table, number)) in str(refusal.value)
    assert f"hpsearch resume {folder.path} --repair" in str(refusal.value)
    assert "\n" not in str(refusal.value)

    assert set_damaged_parts_aside(folder, SCHEMAS) == [number]
    assert (folder.damaged / f"{table}-part-{number:05d}.parquet").exists()
    _finish(folder)
    assert content(folder.read_tables()) == undisturbed


def test_a_repair_of_a_sweep_that_has_only_begun_leaves_nothing_out(
    make_folder: Callable[..., SweepFolder], undisturbed: dict[str, list[str]]
) -> None:
    folder = make_folder(PLAN)
    _finish(folder, stop_after=6)
    for number in folder.part_numbers("trials"):
        folder.part("trials", number).write_bytes(b"")
    assert len(set_damaged_parts_aside(folder, SCHEMAS)) > 1
    assert content(folder.read_tables())["trials"] == []
    _finish(folder)
    assert content(folder.read_tables()) == undisturbed


@pytest.mark.parametrize("lost", [0, 2, -1])
def test_a_round_that_the_journal_has_lost_is_named(make_folder: Callable[..., SweepFolder], lost: int) -> None:
    folder = make_folder(PLAN)
    _finish(folder)
    file = folder.path / "journal" / "rounds.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    gone = json.loads(lines.pop(lost))["round"]
    file.write_text("".join(lines))
    with pytest.raises(HpsearchError, match=f"journal is damaged: round {gone} is not in it; put it back from a copy"):
        _finish(folder)


def test_a_leader_that_the_journal_has_lost_is_named(tmp_path: Path) -> None:
    sweep = Planted(tmp_path / "planted", config_in(tmp_path))
    sweep.finish()
    (sweep.folder.path / "journal" / "rounds.jsonl").write_text("")
    with pytest.raises(HpsearchError, match=r"journal is damaged: trial \d+ is not in it"):
        leaders_of(sweep.folder, config_of(sweep.folder), 3)


def test_a_whole_sweep_is_left_as_it_is_by_a_repair(make_folder: Callable[..., SweepFolder]) -> None:
    folder = make_folder(PLAN)
    _finish(folder)
    before = sorted(folder.path.rglob("*.parquet"))
    assert set_damaged_parts_aside(folder, SCHEMAS) == []
    assert sorted(folder.path.rglob("*.parquet")) == before


def test_a_sweep_that_is_being_written_is_not_repaired(make_folder: Callable[..., SweepFolder]) -> None:
    folder = make_folder(PLAN)
    with ParquetStore(folder, SCHEMAS, lambda: 0.0), pytest.raises(UsageError, match="another process"):
        set_damaged_parts_aside(folder, SCHEMAS)
