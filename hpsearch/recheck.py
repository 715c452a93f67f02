"""An old sweep's leaders on new data: whether the old best still leads, or a new sweep is due."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import partial

from hpsearch.config import Config, dump, load_config
from hpsearch.confirmation import FEWEST_SEEDS, LEVEL, Estimate, Leader, confirm, leaders_of, with_shared_seeds
from hpsearch.data import load_data
from hpsearch.errors import HpsearchError, UsageError
from hpsearch.folders import config_of
from hpsearch.json_text import as_json
from hpsearch.known import KNOWN, maximise
from hpsearch.location import Location
from hpsearch.objective import Task, Worker
from hpsearch.space import Scalar, Space
from hpsearch.store import SweepFolder
from hpsearch.store.files import explaining, write_text


class Verdict(StrEnum):
    """What new data says of an old sweep."""

    LEADS = "the old best still leads"
    DUE = "a new sweep is due"


@dataclass(frozen=True)
class Recheck:
    """What came of a recheck."""

    data: str  # the new data
    old_best: int  # the trial that the sweep has as its best
    leaders: Sequence[Leader]  # by their means on the new data
    gains: Mapping[int, Estimate]
    """By how much each other trial is better than the old best, with intervals that hold together at 95%."""
    verdict: Verdict
    config: Location | None  # of the new sweep, if one is due

    @property
    def better(self) -> list[int]:
        """The trials that are better than the old best beyond the noise of the seeds."""
        return [number for number, gain in self.gains.items() if gain.mean - gain.half_width > 0]

    def as_json(self) -> str:
        """As JSON text."""
        return as_json({**asdict(self), "better": self.better}) + "\n"


def recheck(path: Location, data: str, clock: Callable[[], float], *, top: int, seeds: int) -> Recheck:
    """Train the `top` leaders of a sweep on new data with the same `seeds` fresh seeds each, and write `recheck/`.

    `data` is what a config's data.source can be, or a whole block in braces as a config's `data` can be. The old best
    leads until another completes with every seed and is better beyond the noise of the seeds, or it does not complete
    itself. No test row is looked at. Raises UsageError if the data cannot be used or is not new, HpsearchError if
    there are no two leaders to compare.
    """
    folder = SweepFolder.existing(path)
    recorded = leaders_of(folder, config_of(folder), top)
    if len(recorded) < 2:
        raise HpsearchError(f"only one trial of {path} can be rechecked, so there is nothing to compare it with")
    key = "data" if data.lstrip().startswith("{") else "data.source"
    config = load_config(
        folder.config, KNOWN, [f"{key}={data if key == 'data' else json.dumps(data, ensure_ascii=False)}"]
    )
    found = load_data(config)
    if found.dataset.fingerprint() == folder.read_manifest()["data"]["fingerprint"]:
        raise UsageError(
            f"--data {data} is the very data that {path} was searched on; to confirm its leaders there, run: "
            f"hpsearch best {path} --top {top} --seeds {seeds}"
        )
    worker = Worker.here("recheck", config.run.resources.cpus, clock)
    again = partial(with_shared_seeds, sweep_seed=config.run.seed, count=seeds)
    leaders = confirm(Task.of(config, found), recorded, again, worker)
    result = judged(data, recorded[0][0].number, leaders, maximise=maximise(config.run.search.metric))
    with explaining(path):
        return _written(path, config, result)


def gains_over(old: Leader, others: Sequence[Leader], *, maximise: bool) -> dict[int, Estimate]:
    """By how much others are better than the old best: means of the differences seed by seed, where all completed.

    The intervals of k comparisons hold together at 95%: each is taken at 1 − 0.05/k (Bonferroni).
    """
    sign = 1 if maximise else -1
    level = 1 - (1 - LEVEL) / max(1, len(others))
    differences = {
        other.trial.number: [
            sign * (new - before)
            for new, before in zip(other.scores, old.scores, strict=True)
            if new is not None and before is not None
        ]
        for other in others
    }
    return {
        number: Estimate.of(values, level)
        for number, values in differences.items()
        if len(values) == len(old.scores) >= FEWEST_SEEDS
    }


def judged(data: str, old_best: int, leaders: Sequence[Leader], *, maximise: bool) -> Recheck:
    """What the leaders' scores on new data say of the trial that was the best."""
    old = next(leader for leader in leaders if leader.trial.number == old_best)
    gains = gains_over(old, [leader for leader in leaders if leader is not old], maximise=maximise)
    found = Recheck(data, old_best, leaders, gains, Verdict.LEADS, None)
    return replace(found, verdict=Verdict.DUE) if found.better or None in old.scores else found


def _written(path: Location, config: Config, found: Recheck) -> Recheck:
    """Fill `recheck/`, in which nothing of an earlier recheck stays."""
    folder = path / "recheck"
    folder.mkdir(exist_ok=True)
    file = folder / "config.yaml"
    file.unlink(missing_ok=True)
    if found.verdict is Verdict.DUE:
        write_text(file, _next_config(config, found.leaders))
        found = replace(found, config=file)
    write_text(folder / "report.json", found.as_json())
    return found


def _next_config(config: Config, leaders: Sequence[Leader]) -> str:
    """The config of a new sweep on the new data, which begins with those leaders that complete and lie in its ranges."""
    known = [dict(leader.trial.values) for leader in leaders if None not in leader.scores]
    tree = config.tree
    return dump(
        {
            **tree,
            "name": f"{config.run.name}-again",
            "plugins": [f"../{file}" for file in tree["plugins"]],  # paths start from the config's folder
            "search": {**tree["search"], "start_with": [values for values in known if _in(config.space, values)]},
        }
    )


def _in(space: Space, values: Mapping[str, Scalar]) -> bool:
    """Whether a configuration lies in a space; one that was found in wider ranges may not."""
    try:
        space.point(values)
    except ValueError:
        return False
    return True
