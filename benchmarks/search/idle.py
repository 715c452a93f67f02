"""How long workers wait for a round to be finished, against how many trials are under way at once."""

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.pages import table
from benchmarks.plans import SCORES, plan_of
from hpsearch.config import load_config
from hpsearch.driver import Driver
from hpsearch.engine import Engine
from hpsearch.known import KNOWN
from hpsearch.records import Outcome, Place, Result, Status, Trial
from hpsearch.running import Execution, Hooks, run
from hpsearch.space import Space
from hpsearch.store import MemoryStore, schemas

SPREAD = 10.0  # the longest trial takes so many times as long as the shortest
WORKERS, ROUNDS = (2, 8, 32, 128), 60
SHARES = ((1, 0), (1, 1), (1, 2), (2, 0), (1.5, 1), (3, 0))  # a round's trials a worker, and the lookahead
Cell = tuple[float, int, int]
"""A round's trials a worker, the lookahead, and how many workers."""
CELLS = [(share, lookahead, workers) for share, lookahead in SHARES for workers in WORKERS]
SPACE = Space.of({"learning_rate": {"log": [1e-4, 1.0]}, "dropout": {"uniform": [0.0, 0.5]}})
TITLE = f"""# How long workers are idle

The share of the workers' time, from the first trial's begin to the last one's, in which they had none. Durations spread
over {SPREAD:.0f}×: by chance where they are simulated ({ROUNDS} rounds), by the number of epochs where trials are trained on Ray.
"""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
REAL = """
name: idle
data: {source: digits}
model: {hidden: [64, 64]}
train:
  epochs: {log_int: [8, 80]}
  learning_rate: {log: [1.0e-4, 1.0e-1]}
search: {strategy: random, trials: 60, stopping: none, round: %(round)d, lookahead: %(lookahead)d}
"""


class Virtual(Engine):
    """Workers of a machine that is not there: trials take their time, log-uniform over `SPREAD`, by its own clock."""

    def __init__(self, workers: int, rng: np.random.Generator) -> None:
        self._workers, self._rng = workers, rng
        self._now = 0.0
        self._ends: list[tuple[float, int, Trial]] = []
        self.spans: list[tuple[float, float]] = []

    @property
    def free(self) -> int:
        return self._workers - len(self._ends)

    @property
    def workers(self) -> int:
        return self._workers

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        [[trial]] = stacks  # as each takes a second at least, and none is trained beside another
        end = self._now + SPREAD ** self._rng.random()
        self.spans.append((self._now, end))
        heapq.heappush(self._ends, (end, trial.number, trial))

    def wait(self, timeout_s: float) -> list[Outcome]:
        self._now, _, trial = heapq.heappop(self._ends)
        result = Result(Status.COMPLETED, scores=dict.fromkeys(SCORES, sum(trial.unit)))
        return [Outcome(trial, result, Place(BEGINNING, 1.0, "virtual", "virtual", None))]

    def close(self) -> None:
        self._ends = []


def report() -> str:
    """The idle share, simulated and real, as Markdown."""
    frame = pd.DataFrame([*simulated(CELLS), *_real()])
    keys = ["in flight a worker", "round, a worker", "lookahead"]
    wide = frame.set_index([*keys, "workers"])["idle"]
    machines = list(frame["workers"].unique())
    rows = [
        [f"{key:g}" for key in place] + [f"{wide[(*place, machine)]:.1%}" for machine in machines]
        for place in frame[keys].drop_duplicates().sort_values(keys).itertuples(index=False, name=None)
    ]
    return f"{TITLE}\n{table(keys + machines, rows)}\n"


def idle(spans: Sequence[tuple[float, float]], workers: int) -> float:
    """The share of the workers' time that went by without a trial, from the first one's begin to the last one's."""
    begins, ends = np.array(spans).T
    first, last = begins.min(), begins.max()
    return float(1 - (np.minimum(ends, last) - begins).sum() / (workers * (last - first)))


def simulated(cells: Sequence[Cell]) -> Iterator[dict[str, object]]:
    """The idle share of simulated workers."""
    for share, lookahead, workers in cells:
        engine = Virtual(workers, np.random.default_rng(0))
        round_size = round(share * workers)
        plan = plan_of(SPACE, "random", ROUNDS * round_size, round_size, lookahead=lookahead)
        store = MemoryStore(schemas(SPACE, SCORES))
        Driver(plan, store, engine, lambda event: None, lambda: False, lambda trial: None, None).run()
        yield _row(share, lookahead, f"{workers} workers, simulated", idle(engine.spans, workers))


def _real(workers: int = 2) -> Iterator[dict[str, object]]:
    for share, lookahead in SHARES:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "idle.yaml"
            file.write_text(REAL % {"round": round(share * workers), "lookahead": lookahead}, encoding="utf-8")
            run(load_config(file, KNOWN, ()), Path(folder), Execution(workers=workers), Hooks())
            trials = pd.read_parquet(Path(folder) / "idle" / "trials")
        begins = trials["started_at"].astype("int64") / 1e6
        spans = list(zip(begins, begins + trials["duration_s"], strict=True))
        yield _row(share, lookahead, f"{workers} workers, real", idle(spans, workers))


def _row(share: float, lookahead: int, workers: str, found: float) -> dict[str, object]:
    return {
        "in flight a worker": share * (1 + lookahead),
        "round, a worker": share,
        "lookahead": lookahead,
        "workers": workers,
        "idle": found,
    }
