"""A sweep that is watched for its whole length: nothing that is read is ever wrong, and the sweep does not notice."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from hpsearch.store import SweepFolder
from hpsearch.store.compare import differences
from hpsearch.store.schema import KEYS, TABLES, TIMING_AND_PLACE
from tests.insight.live import ask
from tests.processes.program import finish, start, tables

BEHIND_S = 2.0
"""What the dashboard may be behind a sweep."""
SLOWLY = """
import time
from hpsearch.cli import main
from hpsearch.store import parquet

tick = parquet.ParquetStore.tick
parquet.LEAST_AGE_S = parquet.AGE_SHARE = 0.0  # a part at every tick, as in a sweep of many hours
parquet.ParquetStore.tick = lambda store: (time.sleep(0.1), tick(store))
main()
"""


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The dashboard of a folder in which no sweep has begun, and its port."""
    process = start("dashboard", tmp_path, "--port", "0")
    assert process.stdout is not None
    url = process.stdout.readline()
    match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", url)
    assert match, url
    yield process, int(match[1])
    process.kill()
    process.communicate(timeout=30)


class Watcher:
    """Reads all there is to read of a sweep, and judges it."""

    def __init__(self, sweep: Path, port: int, truth: dict[str, pd.DataFrame]) -> None:
        self.sweep, self.port, self.truth = sweep, port, truth
        self.counted: list[tuple[float, int]] = []  # when, and how many trials there were
        self.shown: list[int] = []
        self.rows_read = 0

    def look(self) -> None:
        """Once."""
        asked = time.monotonic()
        for path in ("list", "sweeps/small/progress", "sweeps/small/page"):
            reply = ask(self.port, f"/{path}")
            assert reply.status == 200
            assert "unreadable" not in reply.text
            assert "cannot be read" not in reply.text
            if path.endswith("progress"):
                self._judge(asked, reply.text)
        for name in TABLES:
            self._compare(name, pd.read_parquet(self.sweep / name))
        self.counted.append((time.monotonic(), len(SweepFolder(self.sweep).read_tables(["trials"])["trials"])))

    def _judge(self, asked: float, progress: str) -> None:
        match = re.search(r">(\d+) of 18 trials", progress)
        assert match, progress
        self.shown.append(int(match[1]))
        assert self.shown[-1] >= max((count for when, count in self.counted if when <= asked - BEHIND_S), default=0)

    def _compare(self, name: str, found: pd.DataFrame) -> None:
        """Every row is whole, is there once, and is that of the sweep that nobody watched."""
        keys = list(KEYS[name])
        assert not found.duplicated(keys).any()
        expected = self.truth[name].merge(found[keys], on=keys)
        compared = [column for column in expected.columns if column not in TIMING_AND_PLACE]
        pd.testing.assert_frame_equal(
            found.sort_values(keys)[compared].reset_index(drop=True),
            expected.sort_values(keys)[compared].reset_index(drop=True),
        )
        self.rows_read += len(found)


def test_a_watched_sweep_is_never_misread_and_has_the_rows_of_one_that_nobody_watches(
    config: Path, finished: Path, tmp_path: Path, dashboard: tuple[subprocess.Popen[str], int]
) -> None:
    viewer, port = dashboard
    assert "There is no sweep" in ask(port, "/list").text
    arguments = ["run", str(config), "--serial", "--quiet", "--results", str(tmp_path)]
    sweep = subprocess.Popen([sys.executable, "-c", SLOWLY, *arguments], stderr=subprocess.PIPE, text=True)
    path = tmp_path / "small"
    while not path.exists():
        assert sweep.poll() is None, sweep.communicate()
        assert ask(port, "/list").status == 200
    truth = {name: pd.read_parquet(finished / name) for name in TABLES}
    watcher = Watcher(path, port, truth)
    while sweep.poll() is None:
        watcher.look()
    _, complaints = sweep.communicate()
    assert (sweep.returncode, complaints) == (0, "")
    assert watcher.shown == sorted(watcher.shown)
    assert len(set(watcher.shown)) > 2
    assert watcher.rows_read > 0
    assert differences(tables(finished), tables(path)) == []
    viewer.send_signal(signal.SIGINT)
    ended = finish(viewer)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
