"""What planning costs: the processor time that the zoom takes to propose, a trial, as the history grows."""

import time
from collections.abc import Sequence

from benchmarks.plans import plan_of
from benchmarks.search.runs import objective, planned
from benchmarks.search.tasks import SPACE
from hpsearch.records import Trial

UNTIL = (50, 100, 200, 400)
ROUND = 4


def measure(task: str = "digits") -> dict[int, float]:
    """Milliseconds of processor time a trial that planning took, over the last 40 trials before each number of trials in `UNTIL`."""
    plan, score = plan_of(SPACE, "zoom", UNTIL[-1], ROUND), objective("simulated", task)
    spent: list[float] = []
    begun = time.process_time()

    def scored(trials: Sequence[Trial]) -> list[float | None]:
        nonlocal begun
        spent.extend([1e3 * (time.process_time() - begun) / len(trials)] * len(trials))
        losses = score(trials)
        begun = time.process_time()
        return losses

    for _ in planned(plan, scored):
        pass
    return {until: sum(spent[until - 40 : until]) / 40 for until in UNTIL}


def markdown(found: dict[int, float]) -> str:
    """As a table."""
    head = [
        "# What planning costs",
        "",
        f"The zoom on nine settings, rounds of {ROUND}, one BLAS thread, processor time.",
        "",
    ]
    rows = [f"| {until} | {cost:.2f} |" for until, cost in found.items()]
    return "\n".join([*head, "| trials so far | ms a trial |", "|---|---|", *rows, ""])
