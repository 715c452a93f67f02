"""How good the search is, trial by trial, against random search and Optuna.

    python -m benchmarks.search tables                        # real trainings at fixed points; grows the forests
    python -m benchmarks.search run --objective simulated     # searches of a forest, in seconds
    python -m benchmarks.search run --objective real          # searches that train every trial
    python -m benchmarks.search wall                          # searches on two workers, by the clock
    python -m benchmarks.search stopping                      # searches that stop trials early, by epochs
    python -m benchmarks.search idle                          # how long workers wait for a round's last trial
    python -m benchmarks.search cost                          # what planning costs
    python -m benchmarks.search report

Only the search differs: one space of nine settings, rounds of eight but for "one by one", the same data, epochs and trial seeds. A run adds
what is not there yet, seed by seed. Letters and MNIST are read from the folder HPSEARCH_SHARED_DATA; without it they
are left out. Optuna is in the extra `bench`.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
from collections.abc import Sequence

from benchmarks.pages import RESULTS
from benchmarks.search import cost, idle, stopping, wall
from benchmarks.search.report import markdown
from benchmarks.search.runs import ROUND, VARIANTS, results, run
from benchmarks.search.tables import make_table, table_file
from benchmarks.search.tasks import TASKS

METHODS = ("zoom", "boxes", "random", "sobol", "optuna.tpe", *VARIANTS)
SHARED = ("letters", "mnist")
TITLES = {"simulated": "Forests grown on 1 600 real trainings a task", "real": "Real training of every trial"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Make tables, search, or report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["tables", "run", "wall", "stopping", "idle", "cost", "report"])
    parser.add_argument("--objective", choices=["simulated", "real"], default="simulated")
    there = [task for task in TASKS if task not in SHARED or "HPSEARCH_SHARED_DATA" in os.environ]
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=there)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args(arguments)
    if options.what == "tables":
        for task in options.tasks:
            make_table(task).to_parquet(table_file(task), index=False)
    elif options.what == "run":
        run(options.objective, options.methods, options.tasks, options.seeds)
    elif options.what == "wall":
        wall.run(options.tasks, options.seeds)
    elif options.what == "stopping":
        stopping.run(options.tasks, options.seeds)
    elif options.what == "idle":
        _write("idle", idle.report())
    elif options.what == "cost":
        _write("search_cost", cost.markdown(cost.measure()))
    else:
        report()


def report() -> None:
    """Print and write what was found so far."""
    parts = []
    for kind in ("simulated", "real"):
        frame = results(kind)
        if len(frame):
            parts.append(f"## {TITLES[kind]}: {frame['seed'].nunique()} seeds\n\n{markdown(frame)}")
    tuned = ", ".join(task.name for task in TASKS.values() if task.tuned_on)
    parts += [each.report() for each in (stopping, wall) if each.FILE.exists()]
    text = (
        f"# The search, trial by trial\n\nAll methods propose in rounds of {ROUND}, and know the losses of all earlier rounds; "
        f'but for "one by one". Constants of the zoom were tuned on the forests of {tuned}.\n\n' + "\n".join(parts)
    )
    _write("search", text)


def _write(name: str, text: str) -> None:
    print(text)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
