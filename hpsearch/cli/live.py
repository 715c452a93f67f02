"""The live view of a running sweep on a terminal: a bar, counts, the best so far, the pace."""

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hpsearch.cli.tally import Tally, pace
from hpsearch.records import Status
from hpsearch.words import counted

COLOURS = {
    Status.COMPLETED: "green",
    Status.STOPPED: "cyan",
    Status.GATE_FAILED: "red",
    Status.DIVERGED: "yellow",
    Status.FAILED: "red",
}


class LiveView:
    """A few lines at the bottom of the terminal, gone when it is closed; what others print appears above them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)

    def open(self, text: str) -> None:
        """Begin with a line of text."""
        self._live.start()
        self._update(_one_line(text))

    def say(self, sentence: str) -> None:
        """Print a sentence above the view."""
        self._console.print(Text(sentence))

    def show(self, tally: Tally) -> None:
        """Draw the sweep's state."""
        best = _best(tally)
        self._update(Group(_bar(tally), _counts(tally), *([best] if best else [])))

    def close(self) -> None:
        """Clear the view."""
        self._live.stop()

    def _update(self, view: RenderableType) -> None:
        self._live.update(view, refresh=True)


def _bar(tally: Tally) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(ratio=1)
    grid.add_column(no_wrap=True)
    share = tally.done / tally.planned
    grid.add_row(
        ProgressBar(total=tally.planned, completed=tally.done),
        Text(" · ".join([f"{tally.done}/{tally.planned} trials", f"{share:.0%}", *pace(tally)])),
    )
    return grid


def _counts(tally: Tally) -> Text:
    parts = [
        Text(f"{tally.counts[status]} {status.value.replace('_', ' ')}", style=colour)
        for status, colour in COLOURS.items()
        if tally.counts[status]
    ]
    where = f" on {len(tally.nodes)} nodes" if len(tally.nodes) > 1 else ""
    parts.append(Text(f"{tally.running} running by {counted(tally.workers, 'worker')}{where}", style="dim"))
    return _one_line(Text(" · ").join(parts))


def _best(tally: Tally) -> Text | None:
    if tally.best is None:
        return None
    number, score = tally.best
    settings = "  ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in tally.best_settings.items()
        if value is not None
    )
    return _one_line(
        Text.assemble((f"best {tally.metric} {score:.4g}", "bold"), f" ({tally.unit} {number})  {settings}")
    )


def _one_line(text: str | Text) -> Text:
    """Cut where the terminal ends."""
    line = Text(text) if isinstance(text, str) else text
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
