"""A sweep in a bucket is a sweep in a folder: the same rows, also after kill -9; and what cannot be is a sentence."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pandas as pd
import pytest

from hpsearch.location import Location, location
from hpsearch.store import SweepFolder
from hpsearch.store.compare import differences
from hpsearch.store.objects import ObjectPath
from tests.processes.program import MINIATURE, kill_group, program_here, start
from tests.s3.conftest import BUCKET

pytestmark = pytest.mark.s3
TRIALS = 10


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(MINIATURE.replace("trials: 18", f"trials: {TRIALS}"))
    return path


@pytest.fixture(scope="module")
def on_disk(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sweep in a folder."""
    results = tmp_path_factory.mktemp("reference")
    assert program_here("run", config, "--serial", "--quiet", "--results", results).returncode == 0
    return results / "small"


def _acknowledged(sweep: Location) -> dict[int, object]:
    return {row["trial"]: row for row in SweepFolder(sweep).read_tables()["trials"].to_pylist()}


def _wait_for_entries(sweep: ObjectPath, count: int) -> None:
    """Wait until the sweep's journal has so many objects."""
    deadline = time.monotonic() + 120
    while len((sweep / "journal").glob("log-*")) < count:
        assert time.monotonic() < deadline, f"the journal of {sweep} never had {count} objects"
        time.sleep(0.01)


@dataclass(frozen=True)
class Killed:
    """What became of a sweep whose driver was killed in the middle of it."""

    sweep: ObjectPath
    second: CompletedProcess[str]  # a driver that was started while the first one was there
    kept: dict[int, object]  # acknowledged before the kill
    resumed: CompletedProcess[str]


@pytest.fixture(scope="module")
def killed(config: Path, server: dict[str, str]) -> Killed:
    """A sweep in a bucket, killed and resumed."""
    assert server
    place = location(f"s3://{BUCKET}/killed")
    assert isinstance(place, ObjectPath)
    sweep = place / "small"
    driver = start("run", config, "--serial", "--results", place)
    _wait_for_entries(sweep, 6)  # an arrival, a part's begin, and at most two rounds before outcomes
    os.killpg(driver.pid, signal.SIGSTOP)  # so that it does not end meanwhile
    second = program_here("resume", sweep, "--serial")
    kept = _acknowledged(sweep)
    kill_group(driver)
    return Killed(sweep, second, kept, program_here("resume", sweep, "--serial", "--quiet"))


def test_a_sweep_killed_in_a_bucket_and_resumed_has_the_rows_of_one_in_a_folder(killed: Killed, on_disk: Path) -> None:
    assert killed.resumed.returncode == 0, killed.resumed.stderr
    assert f"{killed.sweep}: finished, {TRIALS} of {TRIALS} trials done" in killed.resumed.stdout
    assert differences(SweepFolder(on_disk).read_tables(), SweepFolder(killed.sweep).read_tables()) == []
    assert 2 <= len(killed.kept) < TRIALS
    rows = _acknowledged(killed.sweep)
    assert {number: rows[number] for number in killed.kept} == killed.kept  # down to when and where they ran
    assert sorted(pd.read_parquet(f"{killed.sweep}/trials")["trial"]) == list(range(TRIALS))


def test_a_second_driver_on_a_bucket_is_refused_in_a_sentence(killed: Killed) -> None:
    assert killed.second.returncode == 2
    assert "another process is running the sweep s3://" in killed.second.stderr
    assert killed.second.stderr.count("\n") == 1


def test_every_command_reads_a_sweep_in_a_bucket(killed: Killed, config: Path) -> None:
    sweep = killed.sweep
    assert f"{sweep}: finished" in program_here("status", sweep).stdout
    assert program_here("trials", sweep, "--all", "--json").stdout.count('"val_loss"') == TRIALS
    again = program_here("run", config, "--results", sweep.parent)
    assert f"there is a sweep in {sweep} already" in again.stderr
    best = program_here("best", sweep)
    assert "identical" in best.stdout, best.stderr
    assert program_here("predict", sweep, "digits").stdout.count("\n") == 1798
    rechecked = program_here("recheck", sweep, "--data", "iris", "--top", "2", "--seeds", "2")
    assert rechecked.returncode == 0, rechecked.stderr
    assert (sweep / "recheck" / "report.json").is_file()


def test_a_damaged_part_in_a_bucket_is_named_and_repaired_to_the_same_rows(killed: Killed, on_disk: Path) -> None:
    part = (killed.sweep / "trials").glob("*")[-1]
    part.put(b"no Parquet")
    status = program_here("status", killed.sweep)
    assert status.returncode == 1
    assert f"{part} is damaged" in status.stderr
    repaired = program_here("resume", killed.sweep, "--repair", "--serial", "--quiet")
    assert repaired.returncode == 0, repaired.stderr
    assert differences(SweepFolder(on_disk).read_tables(), SweepFolder(killed.sweep).read_tables()) == []


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("changes", "where", "sentence"),
    [
        ({}, "s3://nobody-has-this/r", "there is no bucket 'nobody-has-this'"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "s3://results/r", "there are no credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "s3://results/r", "no storage answers at http://127.0.0.1:9"),
        ({}, "gs://results/r", "results are in a folder or at s3://BUCKET/PATH, not at 'gs://results/r"),
    ],
    ids=["no bucket", "no credentials", "no server", "no s3"],
)
def test_a_place_that_cannot_be_used_is_refused_in_a_sentence(
    config: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], where: str, sentence: str
) -> None:
    for name, value in changes.items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    for command in (("run", config, "--serial", "--results", where), ("resume", f"{where}/small")):
        refused = program_here(*command)
        assert refused.returncode == 2, refused.stderr
        assert refused.stderr.count("\n") == 1, refused.stderr
        assert sentence in refused.stderr


def test_the_name_of_a_place_is_that_of_its_bucket_and_path() -> None:
    assert str(location("s3://bucket/a/") / "b") == "s3://bucket/a/b"
    assert str(location("s3://bucket") / "b") == "s3://bucket/b"
    assert location("results/digits") == Path("results/digits")
