"""Measures a random sample of every benchmark again, and writes what came of it to one page.

    python -m benchmarks.remeasure [gradcheck mutation …] [--seed N] [--size 1.0] [--output FILE]

The sample is drawn by the seed, which is the day's number unless it is given, so that over time everything is measured
again. Ends with exit code 1 if a figure lies outside its interval.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.pages import RESULTS, conditions
from benchmarks.remeasure.figures import Figure, Sample
from benchmarks.remeasure.measures import BENCHMARKS

PAGE = RESULTS / "README.md"
INTRODUCTION = """\
# What was measured

README and docs quote measured figures from the pages beside this one; a test holds every quote to its page. This page says
whether they still hold: `make bench` draws a random sample of every benchmark, measures it again, and compares.
`make bench-full` measures everything, and writes all pages anew. A time may be twice as long, because machines differ and are
busy; a ratio of times that were measured in one run may differ by a factor of 1.6; what is counted or simulated must be the
same, but for its last digits; what is trained may differ by two standard errors between seeds, as another machine's last bits
make another training of it.
"""


def page(figures: Sequence[Figure], sample: Sample, minutes: Mapping[str, float], left_out: Sequence[str]) -> str:
    """The page in Markdown."""
    held = sum(figure.holds for figure in figures)
    when = f"Of sample {sample.seed} of size {sample.size:g}, {sum(minutes.values()):.0f} minutes"
    facts = [
        f"{when}: **{held} of {len(figures)} figures lie in their intervals.**",
        f"{conditions()} Load {os.getloadavg()[1]:.1f} at the end.",
        f"Minutes: {', '.join(f'{name} {spent:.1f}' for name, spent in minutes.items())}.",
        *([f"Not measured on this machine: {'; '.join(left_out)}."] if left_out else []),
    ]
    head = "| benchmark | figure | measured now | recorded | interval | now | holds |\n|---|---|---|---|---|---|---|"
    return "\n\n".join([INTRODUCTION.strip(), *facts, "\n".join([head, *(figure.row() for figure in figures)])]) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "benchmarks", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)}; all, if left out"
    )
    parser.add_argument(
        "--seed", type=int, default=datetime.now(UTC).toordinal(), help="draws the sample; else the day's number"
    )
    parser.add_argument("--size", type=float, default=1.0, help="of the sample; 1 takes less than an hour")
    parser.add_argument(
        "--output", type=Path, help=f"the page; else {PAGE.name} beside the results, if all are measured"
    )
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.benchmarks) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    sample, figures, minutes = Sample(chosen.seed, chosen.size), list[Figure](), dict[str, float]()
    left_out: list[str] = []
    for name in chosen.benchmarks or BENCHMARKS:
        begun = time.perf_counter()
        for found in (each for measure in BENCHMARKS[name] for each in measure(sample)):
            if isinstance(found, Figure):
                figures.append(found)
            else:
                left_out.append(found)
            print(found.row() if isinstance(found, Figure) else f"not measured: {found}", flush=True)
        minutes[name] = (time.perf_counter() - begun) / 60
    if output := chosen.output or (None if chosen.benchmarks else PAGE):
        output.write_text(page(figures, sample, minutes, left_out), encoding="utf-8")
    return int(not all(figure.holds for figure in figures))


if __name__ == "__main__":
    raise SystemExit(main())
