"""The folder of a sweep, in the terms of its config."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from hpsearch.config import Config, load_config
from hpsearch.known import KNOWN, maximise
from hpsearch.settings import steered
from hpsearch.space import Space
from hpsearch.store.folder import SweepFolder
from hpsearch.store.schema import schemas
from hpsearch.summary import Summary, ranking, summarise
from hpsearch.widening import space_of, widenings

TRAINING = "training"
"""The manifest's word for the folder of a single training."""


def config_of(folder: SweepFolder) -> Config:
    """The config of a sweep; raises UsageError if it is no longer the one that the sweep began with."""
    folder.require_config_as_written()
    return load_config(folder.config, KNOWN)


def schemas_of(config: Config) -> dict[str, pa.Schema]:
    """The schema of each table of a config's sweep."""
    run, search = config.run, config.run.search
    loss, *others = run.recorded
    settings = list(steered(run)) if run.babysit else []
    columns = [loss, *run.spreads, *others]
    return schemas(config.space, columns, repeats=search.repeats, widen=search.widen, steered=settings)


def is_training(folder: SweepFolder) -> bool:
    """Whether a folder is that of a single training, and not of a sweep."""
    return TRAINING in folder.read_manifest()


def summary_of(folder: SweepFolder, config: Config, trials: pa.Table | None = None) -> Summary:
    """What stands in a sweep's folder now, or stood there when its table of trials was read."""
    search = config.run.search
    trials = folder.read_tables(["trials"])["trials"] if trials is None else trials
    planned = folder.planned_trials(search.trials)
    summary = summarise(
        folder.path, trials, planned, search.metric, maximise=maximise(search.metric), repeats=search.repeats
    )
    space, best = current_space(folder, config), summary.best
    values = folder.read_trial(best["trial"], best["round"]).values if best else {}
    widened = widenings(config.space, space)
    return replace(summary, settings=values, edges=config.edges(values, space), widened=widened)


def current_space(folder: SweepFolder, config: Config) -> Space:
    """The space of a sweep's last round."""
    rounds = folder.read_rounds() if config.run.search.widen else []
    return space_of(config.space, rounds[-1]) if rounds else config.space


def ranked_trials(folder: SweepFolder, config: Config) -> pa.Table:
    """Every trial, the best first, those that did not complete last; repeats of a configuration stand together."""
    search, trials = config.run.search, folder.read_tables(["trials"])["trials"]
    best = ranking(trials, search.metric, maximise=maximise(search.metric), repeats=search.repeats)
    key = "configuration" if search.repeats > 1 else "trial"
    places = {number: place for place, number in enumerate(best[key].to_pylist())}
    place = pa.array([places.get(number, len(places)) for number in trials[key].to_pylist()], pa.int64())
    order = pc.sort_indices(trials.append_column("place", place), [("place", "ascending"), ("trial", "ascending")])
    return trials.take(order)
