"""What planning costs: the processor time that the zoom takes to propose, a trial, as the history grows."""

import time

from benchmarks.search.runs import objective
from benchmarks.search.tasks import SPACE
from hpsearch.records import Observation, Round
from hpsearch.samplers import SAMPLERS
from hpsearch.sweep import Plan, next_round

UNTIL = (50, 100, 200, 400)
ROUND = 4


def measure(task: str = "digits") -> dict[int, float]:
    """Milliseconds of processor time a trial that planning took, over the last 40 trials before each number of trials in `UNTIL`."""
    plan = Plan(
        space=SPACE,
        sampler=SAMPLERS["zoom"](),
        seed=0,
        trials=UNTIL[-1],
        round_size=ROUND,
        lookahead=0,
        metric="val_loss",
        maximise=False,
        stopping=None,
        epochs=lambda values: 1,
    )
    score = objective("simulated", task)
    rounds: list[Round] = []
    history: list[Observation] = []
    spent: list[float] = []
    for number in range(plan.rounds):
        begun = time.process_time()
        rounds.append(next_round(plan, rounds, history))
        trials = rounds[-1].trials[: plan.size(number)]
        spent += [1e3 * (time.process_time() - begun) / len(trials)] * len(trials)
        history += [
            Observation(trial.number, trial.round, trial.unit, loss)
            for trial, loss in zip(trials, score(trials), strict=True)
        ]
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
