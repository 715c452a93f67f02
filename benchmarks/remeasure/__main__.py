"""Measures a random sample of every benchmark again, and writes what came of it to one page.

    python -m benchmarks.remeasure [gradcheck mutation …] [--seed N] [--size 1.0] [--output FILE]

The sample is drawn by the seed, which is the day's number unless it is given, so that over time everything is measured
again. Ends with exit code 1 if a figure lies outside its interval.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import platform
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.remeasure.figures import RESULTS, Figure, Sample
from benchmarks.remeasure.measures import BENCHMARKS
from hpsearch import __version__
from hpsearch.numeric_platform import numeric_platform

PACKAGES = ("numpy", "pandas", "pyarrow", "ray", "scikit-learn", "optuna")
PAGE = RESULTS / "README.md"
INTRODUCTION = """\
# What was measured

README and docs quote measured figures from the pages beside this one; a test holds every quote to its page. This page says
whether they still hold: `make bench` draws a random sample of every benchmark, measures it again, and compares.
`make bench-full` measures everything, and writes all pages anew. What an interval is: a time may be twice as long,
because machines differ and are busy; a ratio of times that were measured in one run may differ by a factor of 1.6; what is
counted or simulated must be the same.
"""


def page(figures: Sequence[Figure], sample: Sample, today: datetime, minutes: Mapping[str, float]) -> str:
    """The page in Markdown."""
    held = sum(figure.holds for figure in figures)
    own = [f"Python {platform.python_version()}", f"hpsearch {__version__}"]
    versions = ", ".join([*own, *(f"{name} {version(name)}" for name in PACKAGES)])
    when = f"{today:%Y-%m-%d}, sample {sample.seed} of size {sample.size:g}, {sum(minutes.values()):.0f} minutes"
    machine = f"{_processor()}, {os.cpu_count()} processors, {platform.system()}"
    facts = [
        f"{when}: **{held} of {len(figures)} figures lie in their intervals.**",
        f"Machine: {machine}, numeric platform `{numeric_platform(1)}`, load {os.getloadavg()[1]:.1f} at the end.",
        f"Versions: {versions}.",
        f"Minutes: {', '.join(f'{name} {spent:.1f}' for name, spent in minutes.items())}.",
    ]
    head = "| benchmark | figure | measured now | recorded | interval | now | holds |\n|---|---|---|---|---|---|---|"
    return "\n\n".join([INTRODUCTION.strip(), *facts, "\n".join([head, *(figure.row() for figure in figures)])]) + "\n"


def _processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "benchmarks", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)}; all, if left out"
    )
    today = datetime.now(UTC)
    parser.add_argument("--seed", type=int, default=today.toordinal(), help="draws the sample; else the day's number")
    parser.add_argument("--size", type=float, default=1.0, help="of the sample; 1 takes less than an hour")
    parser.add_argument(
        "--output", type=Path, help=f"the page; else {PAGE.name} beside the results, if all are measured"
    )
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.benchmarks) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    sample, figures, minutes = Sample(chosen.seed, chosen.size), list[Figure](), dict[str, float]()
    for name in chosen.benchmarks or BENCHMARKS:
        begun = time.perf_counter()
        for figure in BENCHMARKS[name](sample):
            figures.append(figure)
            print(figure.row(), flush=True)
        minutes[name] = (time.perf_counter() - begun) / 60
    if output := chosen.output or (None if chosen.benchmarks else PAGE):
        output.write_text(page(figures, sample, today, minutes), encoding="utf-8")
    return int(not all(figure.holds for figure in figures))


if __name__ == "__main__":
    raise SystemExit(main())
