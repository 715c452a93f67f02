"""What there is to see of the sweeps in a results folder, as pieces of HTML."""

import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from hpsearch.analysis import Importance, importance
from hpsearch.dashboard.paced import Paced
from hpsearch.errors import HpsearchError
from hpsearch.report.page import Page, Section, Words, content
from hpsearch.report.sweep import page_about
from hpsearch.report.verdicts import number
from hpsearch.results import Results, load
from hpsearch.store import SweepFolder, is_being_written
from hpsearch.words import counted

LEAST_S, REST = 0.5, 2.0
"""Progress and pages are made anew no sooner than this, and take a third of a processor each at most."""
IMPORTANCE_S, IMPORTANCE_REST = 10.0, 19.0
"""Forests are by far the dearest part of a page, and their answer changes slowly."""
LISTING_S = 0.5
"""A list does not wait longer for sweeps that were never read; those say so, and are read for the next one."""

STATES = ("running", "not finished", "finished", "reading", "unreadable")
"""In the order in which sweeps are listed."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Progress:
    """A line about a sweep."""

    state: str  # one of STATES
    text: str
    done: int = 0
    planned: int = 0

    @classmethod
    def of(cls, results: Results) -> "Progress":
        """How far a sweep is, and the best so far."""
        summary, best = results.summary, results.best
        state = "running" if results.running else "finished" if summary.done >= summary.planned else "not finished"
        others = [f"{count:,} {status.replace('_', ' ')}" for status, count in sorted(summary.counts.items())]
        words = [f"{summary.done:,} of {counted(summary.planned, 'trial')}", *others]
        if best is not None:
            unit = "configuration" if summary.repeats > 1 else "trial"
            words.append(f"best {results.metric} {number(best[results.metric])} ({unit} {best[unit]:,})")
        return cls(state, " · ".join(words), summary.done, summary.planned)

    def html(self) -> str:
        """The state, a bar, and the words."""
        bar = f'<progress max="{self.planned}" value="{self.done}"></progress>' if self.planned else ""
        kind = self.state.replace(" ", "-")
        return f'<span class="state {kind}">{self.state}</span>{bar}<p>{escape(self.text)}</p>'


UNREAD = Progress("reading", "It is being read for the first time.")


class Sweep:
    """What was last seen of one sweep's folder, for any number of viewers."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._progress: Paced[Progress] = Paced(LEAST_S, REST, clock)
        self._page: Paced[str] = Paced(LEAST_S, REST, clock)
        self._importance: Paced[Importance | None] = Paced(IMPORTANCE_S, IMPORTANCE_REST, clock)
        self._trials: int | None = None  # on the page; None while there is none that could be made

    @property
    def is_read(self) -> bool:
        """Whether its progress was ever asked for."""
        return self._progress.is_made

    def progress(self) -> Progress:
        """How far it is; if it cannot be read, why."""
        return self._progress(self._state, self._read_progress)

    def page(self) -> str:
        """The report's page as HTML; if it cannot be read, a page that says why."""
        return self._page(self._state, self._read_page, self._lacks_importance)

    def _state(self) -> Hashable:
        """Another one whenever a file has changed, or a process has begun or ended work on the sweep."""
        try:
            return is_being_written(SweepFolder(self.path)), tuple(_files(self.path))
        except OSError as error:
            return str(error)

    def _read_progress(self) -> Progress:
        try:
            return Progress.of(load(self.path))
        except Exception as error:  # noqa: BLE001 - one sweep's damage is not to take the others from sight
            return Progress("unreadable", _why(error))

    def _lacks_importance(self) -> bool:
        """Whether the page was made while the importance of its trials was not to be found yet, and now it is."""
        return self._trials is not None and self._importance.is_behind(self._trials)

    def _read_page(self) -> str:
        self._trials = None
        try:
            results = load(self.path)
            seed = results.config.run.seed
            found = self._importance(
                lambda: len(results.trials), lambda: importance(results, np.random.default_rng(seed))
            )
            self._trials = len(results.trials)
            return content(page_about(results, found))
        except Exception as error:  # noqa: BLE001 - as above
            return content(Page(self.path.name, "", [Section("This sweep cannot be read", [Words([_why(error)])])]))


class Sweeps:
    """The sweeps in a results folder, or the one sweep whose folder that is."""

    def __init__(self, folder: Path, clock: Clock = time.monotonic) -> None:
        self._folder, self._clock, self._lock = folder, clock, threading.Lock()
        self._known: dict[str, tuple[Hashable, Sweep]] = {}

    def all(self) -> dict[str, Sweep]:
        """The sweeps that are there now, by name; what begins with a dot is still being made."""
        alone = (self._folder / "manifest.json").is_file()
        folders = [self._folder.resolve()] if alone else [each for each in self._folder.iterdir() if each.is_dir()]
        shown = [path for path in sorted(folders) if not path.name.startswith(".")]
        with self._lock:
            self._known = {path.name: self._current(path, self._known.get(path.name)) for path in shown}
            return {name: sweep for name, (_, sweep) in self._known.items()}

    def named(self, name: str) -> Sweep | None:
        """The sweep of this name; None if there is none, or the results folder is gone."""
        try:
            return self.all().get(name)
        except OSError:
            return None

    def list_html(self) -> str:
        """A line a sweep, those that run first."""
        try:
            lines = list(self._lines())
        except OSError as error:
            return f"<p>{escape(f'{self._folder} cannot be read: {error.strerror or error}.')}</p>"
        if not lines:
            return f"<p>{escape(f'There is no sweep in {self._folder} yet; one that begins will show here.')}</p>"
        lines.sort(key=lambda line: (STATES.index(line[1].state), line[0]))
        return '<ul class="sweeps">' + "".join(_line(name, progress) for name, progress in lines) + "</ul>"

    def _lines(self) -> Iterator[tuple[str, Progress]]:
        end = self._clock() + LISTING_S
        for name, sweep in sorted(self.all().items(), key=lambda item: item[1].is_read):  # or those would wait for ever
            yield name, sweep.progress() if sweep.is_read or self._clock() < end else UNREAD

    def _current(self, path: Path, known: tuple[Hashable, Sweep] | None) -> tuple[Hashable, Sweep]:
        """What is known of this folder; nothing if another sweep has taken its place."""
        identity = _identity(path)
        return known if known is not None and known[0] == identity else (identity, Sweep(path, self._clock))


def _identity(path: Path) -> Hashable:
    try:
        found = (path / "manifest.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns


def _files(path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of change of everything in a folder and the folders in it."""
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            found = entry.stat()
            yield entry.path, found.st_size, found.st_ctime_ns
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry))


def place_of(name: str) -> str:
    """Where a sweep is shown; a folder's name may hold any bytes."""
    return f"/sweeps/{quote(os.fsencode(name), safe='')}"


def _line(name: str, progress: Progress) -> str:
    return f'<li><a href="{place_of(name)}">{escape(name)}</a>{progress.html()}</li>'


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, HpsearchError | OSError) else f"{type(error).__name__}: {error}"
