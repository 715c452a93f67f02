"""The folder of a sweep, in the terms of its config."""

import pyarrow as pa

from hpsearch.config import Config, load_config
from hpsearch.known import KNOWN
from hpsearch.settings import steered
from hpsearch.store.folder import SweepFolder
from hpsearch.store.schema import schemas


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
