"""The best configuration: trained again, compared with what was recorded, and only then shown the test rows."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from statistics import fmean

from hpsearch.config import Config, dump
from hpsearch.confirmation import FEWEST_SEEDS, Estimate, Leader, confirm, leaders_of, with_fresh_seeds
from hpsearch.data import Data, LoadData, load_data, require_same_data
from hpsearch.errors import HpsearchError
from hpsearch.folders import config_of, schemas_of, summary_of
from hpsearch.json_text import as_json
from hpsearch.location import Location
from hpsearch.objective import Task, Worker, blas_threads, train_trial
from hpsearch.records import Status, Trial
from hpsearch.refit import Refit, Refitted, refit
from hpsearch.settings import architecture_of, plugins_of, rows_of
from hpsearch.store import SweepFolder
from hpsearch.store.compare import Difference, count_compared, differences, tables_of_outcome, tables_of_trial
from hpsearch.store.files import append_json_lines, explaining, read_json_lines, replace_file, write_text
from hpsearch.words import Say
from trainer import Model, Network, evaluate
from trainer.data import Rows

MODEL, REFITTED = "model.npz", "model-refit.npz"
"""The files of the re-run model, and of the one that was trained on the validation rows as well.

With folds there is no model but the second, and it is in the first's file.
"""


class Verdict(StrEnum):
    """Whether a re-run gave what was recorded."""

    IDENTICAL = "identical"
    OTHER_PLATFORM = "other platform"
    NOT_REPRODUCED = "not reproduced"


@dataclass(frozen=True)
class Rerun:
    """The best trial, trained again."""

    trial: Trial
    verdict: Verdict
    compared: int  # recorded values that were compared
    differences: tuple[Difference, ...]
    scores: Mapping[str, float]  # of the re-run, on training and validation rows
    best_epoch: int | None  # whose weights the model has; None if the training did not complete
    recorded_platform: str
    platform: str

    @property
    def stands(self) -> bool:
        """Whether nothing speaks against the recorded numbers."""
        return self.verdict is not Verdict.NOT_REPRODUCED


@dataclass(frozen=True)
class Look:
    """A look at the test rows."""

    number: int  # the how-manieth of this sweep
    scores: Mapping[str, float]  # test_loss, test_<metric>; after a confirmation their means over its seeds
    half_widths: Mapping[str, float]  # of the means' 95% intervals; empty without a confirmation
    seeds: int  # how many networks were looked at


@dataclass(frozen=True)
class Best:
    """What came of a re-run."""

    leaders: Sequence[Leader]  # by their means over fresh seeds; empty without a confirmation
    ranked_first: int  # the trial that had the best score in the sweep
    rerun: Rerun
    look: Look | None
    refit: Refit | None  # None if none was asked for and there are no folds, or the re-run did not reproduce
    saved: Sequence[str]  # the files of models in `best/`

    def as_json(self) -> str:
        """As JSON text."""
        content = {
            **asdict(self.rerun),
            "ranked_first": self.ranked_first,
            "confirmation": [asdict(leader) for leader in self.leaders],
            "test": None if self.look is None else asdict(self.look),
            "refit": None if self.refit is None else asdict(self.refit),
            "saved": self.saved,
        }
        return as_json(content) + "\n"


Judged = tuple[Network, Rows]
"""A network, and the test rows, scaled as it needs them."""


@dataclass(frozen=True)
class _Sweep:
    """What a re-run needs of a sweep."""

    folder: SweepFolder
    config: Config
    data: Data
    task: Task
    worker: Worker

    @classmethod
    def of(cls, path: Location, clock: Callable[[], float], load_data: LoadData) -> "_Sweep":
        folder = SweepFolder.existing(path)
        config = config_of(folder)
        data = load_data(config)
        require_same_data(folder.read_manifest(), config.run, data)
        worker = Worker.here("best", config.run.resources.cpus, clock)
        return cls(folder, config, data, Task.of(config, data), worker)


def rerun_best(
    path: Location,
    clock: Callable[[], float],
    *,
    top: int = 1,
    seeds: int = 0,
    refitted: bool = False,
    load_data: LoadData = load_data,
    say: Say = lambda sentence: None,
) -> Best:
    """Retrain the best trial of a sweep, compare every recorded number, and write `best/` once everything is known.

    With `seeds`, the `top` leaders are first trained with so many fresh seeds, and the best is the one with the best
    mean. A re-run that should have given the recorded numbers and did not gets no look at the test rows and leaves
    no model; else there is, with `refitted`, also one that was trained on training and validation rows together. With
    folds that one is the model, also for the test rows, as each fold's network has seen a part of the rows alone. Raises
    HpsearchError if there is no best trial or it cannot be refitted, UsageError if the data has changed.
    """
    sweep = _Sweep.of(path, clock, load_data)
    ranked_first, leaders = _leaders(sweep, top, seeds, say)
    best = leaders[0].trial if leaders else ranked_first
    rerun, network = _retrained(sweep, best)
    models, refitting = {}, None
    if network is not None:
        models[MODEL] = _model(sweep.config, best, sweep.data, network)
    if rerun.stands and rerun.best_epoch and (refitted or sweep.data.folds):
        refitting = refit(sweep.config, sweep.data, best, rerun.best_epoch)
        models[REFITTED if models else MODEL] = refitting.model
    scores = _test_scores(sweep, _judged(sweep, best, network, refitting, seeds)) if models else []
    with explaining(path):
        look = _look(sweep, best, scores)
        _write(sweep, best, models)
        figures = None if refitting is None else refitting.figures
        found = Best(leaders, ranked_first.number, rerun, look, figures, tuple(models))
        write_text(path / "best" / "report.json", found.as_json())
    return found


def _leaders(sweep: _Sweep, top: int, seeds: int, say: Say) -> tuple[Trial, Sequence[Leader]]:
    """The trial that has the best score, and the `top` leaders by their means over fresh seeds; without, none."""
    summary, path = summary_of(sweep.folder, sweep.config), sweep.folder.path
    if summary.done < summary.planned:
        say(
            f"{path} is not finished: {summary.done} of {summary.planned} trials are done, and others may be better. Go on "
            f"by: hpsearch resume {path}"
        )
    recorded = leaders_of(sweep.folder, sweep.config, top)
    if not seeds:
        return recorded[0][0], []
    say(f"Training {len(recorded)} configurations with {seeds} fresh seeds each")
    again = partial(with_fresh_seeds, sweep_seed=sweep.config.run.seed, count=seeds)
    return recorded[0][0], confirm(sweep.task, recorded, again, sweep.worker)


def outdated(path: Location) -> str | None:
    """A sentence, if the model in a sweep's `best/` is of an earlier state of the sweep; None if it is not."""
    try:
        report = json.loads((path / "best" / "report.json").read_text(encoding="utf-8"))
        trained, then = report["trial"]["number"], report["ranked_first"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # of `hpsearch train`, or made by hand
    folder = SweepFolder.existing(path)
    now = summary_of(folder, config_of(folder)).best
    if now is None or now["trial"] == then:
        return None
    return (
        f"This is the model of trial {trained}, from when trial {then} led; the best is trial {now['trial']} now: "
        f"hpsearch best {path}"
    )


def keep_trained(
    folder: SweepFolder, data: Data, trial: Trial, network: Network, worker: Worker, *, test: bool
) -> Look | None:
    """Fill `best/` with a network that was trained a moment ago; with `test`, also look at the test rows."""
    config = config_of(folder)
    sweep = _Sweep(folder, config, data, Task.of(config, data), worker)
    scores = _test_scores(sweep, [(network, data.prepared.test)]) if test else []
    with explaining(folder.path):
        look = _look(sweep, trial, scores)
        _write(sweep, trial, {MODEL: _model(config, trial, data, network)})
    return look


def _retrained(sweep: _Sweep, trial: Trial) -> tuple[Rerun, Network | None]:
    """The re-run, and its network if it stands and there are no folds."""
    recorded = tables_of_trial(sweep.folder.read_tables(), trial.number)
    outcome, network = train_trial(sweep.task, trial, sweep.worker)
    tables = tables_of_outcome(outcome, schemas_of(sweep.config))
    found = differences(recorded, tables)
    recorded_platform = recorded["trials"]["platform"][0].as_py()
    verdict = Verdict.NOT_REPRODUCED if found else Verdict.IDENTICAL
    rerun = Rerun(
        trial=trial,
        verdict=verdict if recorded_platform == sweep.worker.platform else Verdict.OTHER_PLATFORM,
        compared=count_compared(recorded),
        differences=tuple(found),
        scores=outcome.result.scores,
        best_epoch=outcome.result.best_epoch if outcome.result.status is Status.COMPLETED else None,
        recorded_platform=recorded_platform,
        platform=sweep.worker.platform,
    )
    return rerun, network if rerun.stands else None


def _write(sweep: _Sweep, trial: Trial, models: Mapping[str, Model]) -> None:
    """Fill `best/`, in which nothing of an earlier re-run stays but its looks; its report goes first."""
    folder = sweep.folder.path / "best"
    folder.mkdir(exist_ok=True)
    (folder / "report.json").unlink(missing_ok=True)
    for name in (MODEL, REFITTED):
        (folder / name).unlink(missing_ok=True)
        if name in models:
            replace_file(folder / name, models[name].save)
    settings = sweep.config.settled(trial.values)
    settings["plugins"] = [f"../{file}" for file in settings["plugins"]]  # paths start from the config's folder
    write_text(folder / "config.yaml", dump(settings))


def _model(config: Config, trial: Trial, data: Data, network: Network) -> Model:
    run, prepared = config.trial(trial.values), data.prepared
    architecture = architecture_of(run, prepared.train, prepared.classes, plugins_of(config))
    return Model.of(architecture, network, prepared)


def _test_scores(sweep: _Sweep, judged: Iterable[Judged]) -> list[Mapping[str, float]]:
    """The scores of each network on the test rows; none if there are no such rows."""
    run = sweep.config.run
    if not run.data.test:
        return []
    with blas_threads(run.resources.cpus):
        return [evaluate(network, rows_of(network.loss.kind, rows), run.metrics) for network, rows in judged]


def _look(sweep: _Sweep, trial: Trial, found: Sequence[Mapping[str, float]]) -> Look | None:
    """Write down that these scores of the test rows are about to be shown; None if there are none."""
    if not found:
        return None
    file = sweep.folder.path / "best" / "looks.jsonl"
    file.parent.mkdir(exist_ok=True)
    columns = {f"test_{name}": [scores[name] for scores in found] for name in found[0]}
    estimates = {name: Estimate.of(values) for name, values in columns.items() if len(values) >= FEWEST_SEEDS}
    look = Look(
        number=1 + (sum(1 for _ in read_json_lines(file)) if file.exists() else 0),
        scores={name: fmean(values) for name, values in columns.items()},
        half_widths={name: estimate.half_width for name, estimate in estimates.items()},
        seeds=len(found),
    )
    append_json_lines(
        file,
        [
            {
                "look": look.number,
                "at": _utc(sweep.worker.clock()),
                "trial": trial.number,
                "seeds": look.seeds,
                **look.scores,
            }
        ],
    )
    return look


def _judged(
    sweep: _Sweep, trial: Trial, network: Network | None, refitting: Refitted | None, seeds: int
) -> Iterator[Judged]:
    """The network that was saved first; or one for each fresh seed with which the training completes."""
    if not seeds and network is not None:
        yield network, sweep.data.prepared.test
    elif not seeds and refitting is not None:
        yield refitting.network, refitting.test
    for again in with_fresh_seeds(trial, sweep.config.run.seed, seeds):
        if network is not None:
            trained = train_trial(sweep.task, again, sweep.worker)[1]
            if trained is not None:
                yield trained, sweep.data.prepared.test
        elif refitting is not None:
            with suppress(HpsearchError):  # as a training that does not complete
                refitted = refit(sweep.config, sweep.data, again, refitting.figures.epochs)
                yield refitted.network, refitted.test


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
