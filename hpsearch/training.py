"""One training run without a search: a sweep's folder with one trial in it, and the model of that."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hpsearch.answers import Answers, Ask
from hpsearch.config import Config, load_config
from hpsearch.data import Data, load_data
from hpsearch.errors import UsageError
from hpsearch.folders import TRAINING, config_of, schemas_of
from hpsearch.known import KNOWN
from hpsearch.location import Location
from hpsearch.objective import Ended, Task, Worker, train_trial
from hpsearch.records import Outcome, Round, Trial
from hpsearch.rerun import Look, keep_trained
from hpsearch.running import manifest_of, require_same
from hpsearch.seeds import trial_seed
from hpsearch.segments import Watch
from hpsearch.settings import steered
from hpsearch.store import ParquetStore, SweepFolder, create_folder, require_new
from hpsearch.words import Say

ONE_TRIAL = ("search.trials=1", "search.repeats=1", "search.start_with=[]")
"""What makes the sweep of a config without distributions a single training."""


@dataclass(frozen=True)
class Order:
    """What is to be trained, and where the result goes."""

    config: Config  # of `load_single`
    file: Location  # that it was read from
    results: Location
    test: bool = False  # whether to look at the test rows at the end

    @property
    def path(self) -> Location:
        """The training's folder."""
        return self.results / self.config.run.name

    @property
    def answers(self) -> Location:
        """Where a person's answers are until the folder is there: the config, with what was decided so far."""
        return self.results / f"{self.config.run.name}.answers.yaml"


@dataclass(frozen=True)
class Trained:
    """What came of a training."""

    path: Location
    outcome: Outcome
    look: Look | None  # at the test rows


def load_single(file: Location, overrides: Sequence[str], *, babysit: bool) -> Config:
    """The config of one training, babysat if that is wanted; raises UsageError if something in it is searched."""
    config = load_config(file, KNOWN, [*overrides, *ONE_TRIAL])
    if babysit and config.run.babysit is None:
        config = load_config(file, KNOWN, [*overrides, *ONE_TRIAL, "babysit={}"])
    for setting in config.space.settings:
        key = ".".join(map(str, setting.path))
        raise UsageError(
            f"{key} is a distribution, and `hpsearch train` trains one network: give it a value by `--set {key}=…`, or "
            f"search it by `hpsearch run {file}`"
        )
    if config.run.data.folds is not None:
        raise UsageError(
            f"data.validation: folds are {config.run.data.folds} networks, and `hpsearch train` trains one; give a share of "
            f"the rows by `--set data.validation=0.2`, or run `hpsearch run {file}`"
        )
    if config.run.babysit is None:
        return config
    _require_babysitting(config)
    babysitting = config.run.babysit.model_dump(mode="json")  # its defaults too, on which the result depends
    return replace(config, tree={**config.tree, "babysit": babysitting})


def _require_babysitting(config: Config) -> None:
    used = steered(config.run)
    for index, decision in enumerate(config.run.babysit.decisions if config.run.babysit else ()):
        for name in decision.settings:
            if name not in used:
                raise UsageError(
                    f"babysit.decisions.{index}: this training does not use {name}, or it is 0 in the config; there are "
                    f"{', '.join(used)}"
                )


def train(order: Order, watch: Watch, say: Say) -> Trained:
    """Train, and keep the outcome and the model; raises UsageError if there is something in their place already."""
    require_new(order.path)
    data = _data(order, say)
    return _finished(_created(order.path, order.config, data), data, watch, test=order.test)


def train_asking(order: Order, watch: Watch, say: Say, ask: Ask) -> Trained:
    """As `train`, with a person's decisions, which become part of the config; each is on the disk before it counts."""
    require_new(order.path)
    answers = Answers.begin(order.config, order.file, order.answers)
    data = _data(order, say)
    watch = replace(watch, decide=lambda boundary: answers.decide(boundary, ask))
    done = train_trial(Task.of(order.config, data), _trial(order.config), _worker(order.config), watch)
    folder = _created(order.path, answers.config(), data)
    trained = _finished(folder, data, watch, test=order.test, done=done)
    answers.discard()
    return trained


def resume_training(folder: SweepFolder, watch: Watch) -> Trained:
    """Train what was interrupted, from the beginning; raises UsageError if the data or the machine are others now."""
    config = config_of(folder)
    data = load_data(config)
    require_same(folder.read_manifest(), config, data)
    return _finished(folder, data, watch, test=False)


def _data(order: Order, say: Say) -> Data:
    data = load_data(order.config)
    if order.test and not len(data.prepared.test):
        raise UsageError("--test: there are no test rows to look at; leave --test out, or set data.test above 0")
    for note in data.prepared.notes:
        say(note)
    return data


def _created(path: Location, config: Config, data: Data) -> SweepFolder:
    manifest = {**manifest_of(config, data), TRAINING: True}
    return create_folder(path, config.text(), manifest, schemas_of(config), dict(config.known.plugins))


def _finished(folder: SweepFolder, data: Data, watch: Watch, *, test: bool, done: Ended | None = None) -> Trained:
    """Train the folder's trial, if that is not `done`, and keep what came of it."""
    config = config_of(folder)
    trial, worker = _trial(config), _worker(config)
    with ParquetStore(folder, schemas_of(config), time.monotonic) as store:
        if not store.rounds():
            store.add_round(Round(0, (trial,), global_share=1.0, region=()))
        outcome, network = done or train_trial(Task.of(config, data), trial, worker, watch)
        store.add_outcomes([outcome])
    look = None
    if network is not None:
        look = keep_trained(folder, data, trial, network, worker, test=test)
    return Trained(folder.path, outcome, look)


def _trial(config: Config) -> Trial:
    return Trial(number=0, round=0, seed=trial_seed(config.run.seed, 0, 0), unit=(), values={})


def _worker(config: Config) -> Worker:
    return Worker.here("train", config.run.resources.cpus, time.time)
