"""A sweep that is watched for its whole length: nothing that is read is ever wrong, and the sweep does not notice."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from hpsearch.store import SweepFolder
from hpsearch.store.compare import differences
from hpsearch.store.schema import KEYS, TABLES, TIMING_AND_PLACE
from tests.insight.live import Reply, ask
from tests.processes.program import tables

BEHIND_S = 2.0
"""What the dashboard may be behind a sweep."""
SLOWLY = """
import sys
import time

import hpsearch.running
from hpsearch.cli import main
from hpsearch.store import parquet

tick = parquet.ParquetStore.tick
parquet.LEAST_AGE_S = parquet.AGE_SHARE = 0.0  # a part at every tick, as in a sweep of many hours
parquet.ParquetStore.tick = lambda store: (time.sleep(0.1), tick(store))
sys.stdin.readline()
main()
"""


class Watcher:
    """Reads all there is to read of a sweep, and judges it."""

    def __init__(self, sweep: Path, port: int, truth: dict[str, pd.DataFrame]) -> None:
        self.sweep, self.port, self.truth = sweep, port, truth
        self.counted: list[tuple[float, int]] = []  # when, and how many trials there were
        self.shown: list[int] = []
        self.pages: list[Reply] = []
        self.ended = threading.Event()
        self.rows_read = 0

    def look_until(self, ended: Callable[[], bool]) -> None:
        """At tables and progress again and again, and beside that at pages, which take longer to make."""
        pages = threading.Thread(target=self._look_at_pages)
        pages.start()
        try:
            while not ended():
                if self.sweep.exists():
                    self._look()
        finally:
            self.ended.set()
            pages.join()

    def _look_at_pages(self) -> None:
        while not self.ended.is_set():
            self.pages += [ask(self.port, f"/{path}") for path in ("list", "sweeps/small/page")]

    def _look(self) -> None:
        asked = time.monotonic()
        self._judge(asked, ask(self.port, "/sweeps/small/progress").text)
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


@pytest.fixture
def processes() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python programs, which are gone at the end."""
    with ExitStack() as stack:

        def started(*arguments: object) -> subprocess.Popen[str]:
            command = [sys.executable, *map(str, arguments)]
            pipe = subprocess.PIPE
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        yield started


def test_a_watched_sweep_is_never_misread_and_has_the_rows_of_one_that_nobody_watches(
    config: Path, finished: Path, tmp_path: Path, processes: Callable[..., subprocess.Popen[str]]
) -> None:
    sweep = processes("-c", SLOWLY, "run", config, "--serial", "--quiet", "--results", tmp_path)
    viewer = processes("-m", "hpsearch", "dashboard", tmp_path, "--port", "0")
    match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", viewer.stdout.readline() if viewer.stdout else "")
    assert match
    watcher = Watcher(tmp_path / "small", int(match[1]), {name: pd.read_parquet(finished / name) for name in TABLES})
    assert sweep.stdin is not None
    sweep.stdin.write("begin\n")
    sweep.stdin.flush()
    watcher.look_until(lambda: sweep.poll() is not None)
    _, complaints = sweep.communicate()
    assert (sweep.returncode, complaints) == (0, "")
    assert watcher.shown == sorted(watcher.shown)
    assert len(set(watcher.shown)) > 2
    assert watcher.rows_read > 0
    assert {page.status for page in watcher.pages} <= {200, 404}  # 404 before it began
    assert "The sweep is running" in "".join(page.text for page in watcher.pages)
    assert not [page for page in watcher.pages if "unreadable" in page.text or "cannot be read" in page.text]
    assert differences(tables(finished), tables(watcher.sweep)) == []
    viewer.send_signal(signal.SIGINT)
    assert viewer.communicate(timeout=30) == ("", "")
    assert viewer.returncode == 0
