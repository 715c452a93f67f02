"""A sweep reported to a tracking server while it runs; whatever goes wrong there, the sweep goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from queue import SimpleQueue
from threading import Thread

from hpsearch.config import Config, dump
from hpsearch.driver import Event
from hpsearch.errors import UsageError
from hpsearch.records import Outcome
from hpsearch.store import SweepFolder
from hpsearch.store.rows import Row, rows_of
from hpsearch.summary import Summary

WAIT_S = 30.0
"""How long the end of a sweep waits for a server that is slow."""

HURRIED_S = 2.0
"""How long an end by an error waits, or one by a second Ctrl-C."""

Observer = Callable[[Event], None]


def require_tracker(config: Config) -> None:
    """Raise UsageError if the tracker that a config asks for is not installed."""
    if config.run.tracking == "mlflow" and find_spec("mlflow") is None:
        raise UsageError(
            "tracking: mlflow needs the package mlflow, which this environment lacks: pip install 'hpsearch[mlflow]', or "
            "leave tracking out"
        )


@contextmanager
def tracked(
    config: Config, folder: SweepFolder, state: Callable[[], Summary], say: Callable[[str], None], observer: Observer
) -> Iterator[Observer]:
    """An observer that reports what it is told as well, if the config asks for it; `state` is the sweep's at the end.

    A failure is said once. An error of the sweep itself is hardly kept waiting: just as long as a server that is well
    takes to hear of the end.
    """
    if config.run.tracking is None:
        yield observer
        return
    reporter = _Reporter(config, folder, state)

    def both(event: Event) -> None:
        observer(event)
        reporter.observe(event)
        reporter.complain(say)

    try:
        yield both
    except BaseException:
        reporter.close(HURRIED_S)
        raise
    reporter.close(WAIT_S)
    reporter.complain(say)


class _Reporter:
    """Reports in a thread of its own, so that nobody waits for a server."""

    def __init__(self, config: Config, folder: SweepFolder, state: Callable[[], Summary]) -> None:
        self._config, self._folder, self._state = config, folder, state
        self._outcomes: SimpleQueue[Outcome | None] = SimpleQueue()
        self._failure: str | None = None
        self._said = False
        self._thread = Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def observe(self, event: Event) -> None:
        for outcome in event.outcomes if self._failure is None else ():  # else nobody takes them
            self._outcomes.put(outcome)

    def complain(self, say: Callable[[str], None]) -> None:
        """Say what failed, the first time."""
        if self._failure and not self._said:
            self._said = True
            say(f"MLflow: {self._failure}. The sweep is not touched by this, but it is not tracked any more.")

    def close(self, wait_s: float) -> None:
        """Report the rest, if that does not take longer."""
        self._outcomes.put(None)
        self._thread.join(wait_s)
        if self._thread.is_alive():
            self._failure = f"the server has not taken all trials {wait_s:.0f} s after the last"

    def _work(self) -> None:
        try:
            self._report()
        except Exception as error:  # noqa: BLE001 - nothing of a server's may reach the sweep
            self._failure = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"

    def _report(self) -> None:
        from hpsearch.integrations.mlflow import MlflowRuns

        manifest, tables = self._folder.read_manifest(), self._folder.read_tables()
        folder = self._folder.path.resolve().name  # by which a sweep and its retry differ
        runs = MlflowRuns(self._config.run.name, f"{folder} {manifest['created_at']}")
        epochs: dict[int, list[Row]] = {}
        for row in tables["epochs"].to_pylist():
            epochs.setdefault(row["trial"], []).append(row)
        for trial in tables["trials"].to_pylist():
            if trial["trial"] not in runs.logged:
                runs.log(trial, epochs.get(trial["trial"], []))
                runs.logged.add(trial["trial"])
        while (outcome := self._outcomes.get()) is not None:
            if outcome.trial.number not in runs.logged:
                rows = rows_of(outcome)
                runs.log({**rows["trials"][0], "started_at": outcome.place.started_at}, rows["epochs"])
        summary = self._state()
        runs.finish(summary.best, self._best_config(summary), whole=summary.done >= summary.planned)

    def _best_config(self, summary: Summary) -> str | None:
        """The config of the best trial, with values in place of distributions."""
        if summary.best is None:
            return None
        trial = self._folder.read_trial(summary.best["trial"], summary.best["round"])
        return dump(self._config.settled(trial.values))
