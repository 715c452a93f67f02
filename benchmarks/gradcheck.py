"""The gradient check as an instrument: what it costs, and whether it accuses right networks.

    python -m benchmarks.gradcheck [cost] [alarms] [--networks 10000]

Cost: the share of the gate in the default digits sweep, whose every trial is run here in this process, and the time
for networks of several sizes. Alarms: random correct networks, of which none may fail. What it detects is measured by
benchmarks/mutation.py.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.pages import RESULTS
from hpsearch import gate
from hpsearch.config import load_config
from hpsearch.known import KNOWN
from hpsearch.running import Execution, Hooks, run
from tests.trainer.random_networks import sample
from trainer import Architecture
from trainer.gradcheck import Batch, check

SIZES = ((64, 32, 10), (64, 64, 64, 10), (784, 256, 128, 10), (3072, 2000, 800, 10))
REPEATS = 5
SEED = 7
NETWORKS = 10_000
Row = dict[str, object]


def cost() -> Iterator[Row]:
    """The gate's share of the default sweep, and milliseconds of a check by size."""
    spent: list[float] = []
    honest = check

    def timed(*arguments: object, **settings: object) -> object:
        started = time.perf_counter()
        report = honest(*arguments, **settings)
        spent.append(time.perf_counter() - started)
        return report

    with TemporaryDirectory() as folder, patch.object(gate, "check", timed):
        config = load_config(Path("configs/digits.yaml"), KNOWN, ())
        run(config, Path(folder), Execution(serial=True), Hooks())
        durations = pd.read_parquet(Path(folder) / config.run.name / "trials")["duration_s"]
    share = sum(spent) / float(durations.sum())
    yield {"measure": "cost", "what": f"share of the digits sweep ({len(spent)} trials)", "value": share, "unit": "1"}
    for widths in SIZES:
        times = [_seconds(widths, seed) for seed in range(REPEATS)]
        yield {
            "measure": "cost",
            "what": "-".join(map(str, widths)),
            "value": 1e3 * float(np.median(times)),
            "unit": "ms",
        }


def _seconds(widths: Sequence[int], seed: int) -> float:
    """Of one processor, so that a busy machine counts no more."""
    rng = np.random.default_rng(seed)
    architecture = Architecture(widths[0], widths[-1], tuple(widths[1:-1]), dropout=0.5, l2=1e-4)
    batch = Batch(rng.standard_normal((8, widths[0])), np.eye(widths[-1])[rng.integers(0, widths[-1], 8)])
    started = time.process_time()
    report = check(lambda dtype: architecture.build(capacity=8, dtype=dtype), batch, rng)
    if not report.passed:
        raise SystemExit(f"a correct network was accused: {report.guilty}")
    return time.process_time() - started


def alarms(networks: Sequence[int]) -> Iterator[Row]:
    """How many of these random correct networks, by number, are accused, and what decided."""
    accused = tensors = kinks = 0
    decided: dict[str, int] = {}
    for number in networks:
        rng = np.random.default_rng([SEED, number])
        report = sample(rng).check(rng)
        accused += not report.passed
        tensors += len(report.tensors)
        for tensor in report.tensors:
            decided[tensor.method] = decided.get(tensor.method, 0) + 1
            kinks += tensor.kinks
        if not report.passed:
            print(f"accused: network {number}, {report.guilty}", flush=True)
    counts = {f"of {len(networks)} correct networks accused": accused, "tensors compared": tensors, "kinks met": kinks}
    counts |= {f"tensors decided by {method}": count for method, count in decided.items()}
    yield from ({"measure": "alarms", "what": what, "value": count, "unit": "1"} for what, count in counts.items())


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=["cost", "alarms", []])
    parser.add_argument("--networks", type=int, default=NETWORKS)
    chosen = parser.parse_args()
    parts: dict[str, Callable[[], Iterator[Row]]] = {"cost": cost, "alarms": lambda: alarms(range(chosen.networks))}
    rows: list[Row] = []
    for name in chosen.parts or parts:
        for row in parts[name]():
            rows.append(row)
            print(_line(row), flush=True)
    if chosen.parts or chosen.networks != NETWORKS:
        return  # the recorded figures are of the whole
    pd.DataFrame(rows).astype({"value": float}).to_parquet(RESULTS / "gradcheck.parquet", index=False)
    lines = [
        "# The gradient check: what it costs, and whom it accuses",
        "",
        "| measure | what | value | unit |",
        "|---|---|---|---|",
        *map(_line, rows),
    ]
    (RESULTS / "gradcheck.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(row: Row) -> str:
    value = row["value"]
    return f"| {row['measure']} | {row['what']} | {f'{value:.3g}' if isinstance(value, float) else value} | {row['unit']} |"


if __name__ == "__main__":
    main()
