"""What courses teach about tuning a network, measured.

    python -m benchmarks.experiments                          # all of them in small, into docs/experiments.md
    python -m benchmarks.experiments dropout batch_norm       # some of them
    python -m benchmarks.experiments dropout --size full --images cifar-10-batches-bin

`--images` is a data.source of images: MNIST's IDX files or a folder of CIFAR-10, for the experiments that are about
images. Without it these take scikit-learn's digits, as the others do; the page says which.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd

from benchmarks.experiments import EXPERIMENTS, measured
from benchmarks.experiments.base import FEWEST_SEEDS, Conditions, Size
from benchmarks.experiments.page import keep, write_page


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, keep what was measured, and write the page of everything that is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*EXPERIMENTS, []], metavar="NAME", help=", ".join(EXPERIMENTS))
    parser.add_argument("--size", choices=list(Size), type=Size, default=Size.SMALL)
    parser.add_argument("--images", help="a data.source of images")
    parser.add_argument("--seeds", type=int, default=FEWEST_SEEDS)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    conditions = Conditions(options.size, options.images)
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        for name in options.names or EXPERIMENTS:
            cells = [pool.submit(measured, name, conditions, seed) for seed in range(options.seeds)]
            found = pd.concat([cell.result() for cell in cells], ignore_index=True)
            keep(name, found, conditions)
            print(EXPERIMENTS[name].title)
            print(*(f"  {effect}" for effect in EXPERIMENTS[name].effects(found)), sep="\n", flush=True)
    write_page()


if __name__ == "__main__":
    main()
