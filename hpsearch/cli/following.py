"""How a user follows a sweep, and stops it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hpsearch.cli.progress import Progress
from hpsearch.cli.stopping import StopRequest, answering_signals
from hpsearch.running import Hooks


@contextmanager
def following(
    go_on: str, time_budget_s: float | None, *, quiet: bool, write: Callable[[str], None] | None = None
) -> Iterator[tuple[Hooks, StopRequest]]:
    """Show how far a sweep is, and listen for Ctrl-C; `go_on` is what to do later, for the user.

    `write` is given each sentence, if they are not to go to standard error.
    """
    stop = StopRequest(go_on, time_budget_s)
    with answering_signals(stop.answer), Progress(quiet=quiet, write=write) as progress:
        yield Hooks(progress.say, progress.started, progress.ready, progress.observe, stop.due), stop
