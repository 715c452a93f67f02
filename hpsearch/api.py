"""Sweeps from Python, for notebooks and scripts: the commands `run`, `resume` and `best` as functions."""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hpsearch.cli.following import following
from hpsearch.config import Config, Source, load_config
from hpsearch.confirmation import FEWEST_SEEDS
from hpsearch.data import LoadData, given_data, load_data
from hpsearch.errors import Interrupted, UsageError
from hpsearch.known import KNOWN
from hpsearch.location import Location, location
from hpsearch.rerun import Best, rerun_best
from hpsearch.running import Execution, Hooks
from hpsearch.running import resume as resume_sweep
from hpsearch.running import run as run_sweep
from hpsearch.summary import Summary

Progress = bool | Callable[[str], None]
"""Whether to show progress as in a terminal, on standard error; or what is given each line of it, such as `print`."""


def run(
    config: Source,
    data: Any = None,
    *,
    results: Location | str = "results",
    overrides: Sequence[str] = (),
    workers: int | None = None,
    serial: bool = False,
    address: str | None = None,
    time_budget: float | None = None,
    progress: Progress = True,
) -> Summary:
    """Run a sweep, as `hpsearch run` does, and write it to `results`/name.

    config: the path of a file; YAML text, which is the string that has a line break in it; or the settings as a dict.
    data: in place of the config's data.source. A pair (X, y), X (rows, features) an array or a DataFrame; or a
    DataFrame that has the columns of data.target in it. The same data gives the same rows as from a file.
    overrides: settings as in `--set`. time_budget: seconds after which no trial is begun.

    Returns what stands in the folder: `path`, `counts`, `best`, `settings`. Raises UsageError for what cannot be used,
    other errors of hpsearch.errors where the work fails, and Interrupted after Ctrl-C: the sweep can be resumed.
    """
    checked, load = _with_data(config, data, overrides)
    execution = _execution(workers, time_budget, serial=serial, address=address)

    def work(hooks: Hooks) -> Summary:
        return run_sweep(checked, location(str(results)), execution, hooks, load)

    return _followed(work, location(str(results)) / checked.run.name, data, time_budget, progress)


def resume(
    sweep: Location | str,
    data: Any = None,
    *,
    trials: int | None = None,
    repair: bool = False,
    workers: int | None = None,
    serial: bool = False,
    address: str | None = None,
    time_budget: float | None = None,
    progress: Progress = True,
) -> Summary:
    """Run what is missing of a sweep, as `hpsearch resume` does; with `trials`, extend it to so many in all.

    data: again what `run` was given, if it was given some; other data is refused. All else as in `run`.
    """
    execution = _execution(workers, time_budget, serial=serial, address=address)
    path, load = location(str(sweep)), _loading(data)

    def work(hooks: Hooks) -> Summary:
        return resume_sweep(path, execution, hooks, trials, repair=repair, load_data=load)

    return _followed(work, path, data, time_budget, progress)


def best(sweep: Location | str, data: Any = None, *, top: int = 1, seeds: int = 0, refit: bool = False) -> Best:
    """Train a sweep's best trial again, compare every recorded number, look at the test rows: as `hpsearch best` does.

    data: as in `resume`. With `seeds`, the `top` leaders are first trained with so many fresh seeds, and the best mean
    decides. refit: save a second model, trained on training and validation rows together. The verdict is `rerun.verdict`,
    the test rows' scores are `look.scores`; the model is in the folder's `best/model.npz`. Nothing is saved, and `look` is
    None, if the recorded numbers did not come back.
    """
    if seeds and seeds < FEWEST_SEEDS:
        raise UsageError(f"seeds must be 0, or at least {FEWEST_SEEDS} for an interval; it is {seeds}")
    if top < 1 or (top > 1 and not seeds):
        raise UsageError(f"top must be at least 1, and above 1 needs seeds, as in top=5, seeds=10; it is {top}")
    return rerun_best(location(str(sweep)), time.time, top=top, seeds=seeds, refitted=refit, load_data=_loading(data))


def _with_data(config: Source, data: Any, overrides: Sequence[str]) -> tuple[Config, LoadData]:
    """The config, with given data in place of its source, and what loads the data."""
    if data is None:
        return load_config(config, KNOWN, overrides), load_data
    known = given_data(data)
    overrides = [*overrides, f"data.source={known.name}"]
    checked = load_config(config, KNOWN, overrides)
    target, named = list(known.target), checked.run.data.target
    if target and named and named != target:
        raise UsageError(f"data.target is {named}, and y is given under the name {target}; leave one of them out")
    if target and not named:
        checked = load_config(config, KNOWN, [*overrides, f"data.target={json.dumps(target, ensure_ascii=False)}"])
    return checked, partial(load_data, given=known)


def _loading(data: Any) -> LoadData:
    return load_data if data is None else partial(load_data, given=given_data(data))


def _execution(workers: int | None, time_budget: float | None, *, serial: bool, address: str | None) -> Execution:
    for name, value in (("workers", workers), ("time_budget", time_budget)):
        if value is not None and value <= 0:
            raise UsageError(f"{name} must be above 0; it is {value}")
    return Execution(serial, workers, address)


def _followed(
    work: Callable[[Hooks], Summary], path: Location, data: Any, time_budget: float | None, progress: Progress
) -> Summary:
    """What comes of a sweep's work, while the user follows it; raises Interrupted if Ctrl-C cut it short."""
    go_on = f"hpsearch resume {path}" if data is None else f"hpsearch.resume({str(path)!r}, data=…)"
    write = progress if callable(progress) else None
    with following(go_on, time_budget, quiet=progress is False, write=write) as (hooks, stop):
        summary = work(hooks)
    if stop.requested() and summary.done < summary.planned:
        raise Interrupted(f"stopped with {summary.done} of {summary.planned} trials done; go on by: {go_on}")
    return summary
