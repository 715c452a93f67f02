"""A single training as its user sees it: a line an epoch, a line a segment, and how it ended."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from hpsearch.cli.best import look_at_test_rows
from hpsearch.cli.exit_codes import ExitCode
from hpsearch.cli.saying import say
from hpsearch.cli.stopping import answering_signals
from hpsearch.cli.tables import aligned
from hpsearch.errors import Interrupted
from hpsearch.json_text import as_json
from hpsearch.records import Status
from hpsearch.words import counted

if TYPE_CHECKING:
    from hpsearch.babysitting import Verdict
    from hpsearch.location import Location
    from hpsearch.segments import Boundary, Watch
    from hpsearch.store import SweepFolder
    from hpsearch.training import Trained


class Following:
    """Writes to standard error, which leaves standard output to the result."""

    def __init__(self, epochs: int, *, quiet: bool, asks: bool = False) -> None:
        self._epochs, self._quiet, self._asks = epochs, quiet, asks

    def watch(self) -> "Watch":
        """What the training tells."""
        from hpsearch.segments import Watch

        return Watch(epoch=self._epoch, decided=self._decided)

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        if not self._quiet:
            say(sentence)

    def _epoch(self, epoch: Any) -> None:
        names = ["train_loss", "val_loss", *(name for name in epoch.scores if name not in {"train_loss", "val_loss"})]
        scores = [f"{name} {epoch.scores[name]:.4g}" for name in names]
        self.say(" · ".join([f"epoch {epoch.epoch}/{self._epochs}", *scores]))

    def _decided(self, boundary: "Boundary", verdict: "Verdict") -> None:
        decided = fate(boundary, verdict.keep, verdict.settings)
        self.say(decided if self._asks else f"{heading(boundary)}: {decided}")


def heading(boundary: "Boundary") -> str:
    """Which segment it was, and what it did to the score."""
    segment, sign = boundary.segment, boundary.sign
    before = "" if segment.begun_from == 0 else f"{sign * segment.before:.4g} → "
    after = "no finite number" if segment.failed else f"{sign * segment.after:.4g}"
    return f"Segment {segment.number}, epochs {segment.first} to {segment.last}, {boundary.metric} {before}{after}"


def fate(boundary: "Boundary", keep: bool, settings: Mapping[str, float]) -> str:
    """What becomes of a segment, and what changes in the next one."""
    begun = boundary.segment.begun_from
    text = "keep" if keep else f"back to {f'epoch {begun}' if begun else 'the start'}"
    if not boundary.left:
        return text
    now = boundary.standing(keep=keep)
    changes = [f"{name} {now[name]:.4g} → {new:.4g}" for name, new in settings.items() if new != now[name]]
    return f"{text}, then {', '.join(changes) if changes else 'the same settings'}"


@contextmanager
def ending_at_signals(path: "Location", answers: "Location | None" = None) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into the sentence that says how to go on: a training is short enough to begin anew."""

    def end(_number: int, _frame: FrameType | None) -> None:
        if (path / "manifest.json").exists():
            raise Interrupted(f"stopped; train it again, with the same numbers, by: hpsearch resume {path}")
        if answers is not None and answers.exists():
            raise Interrupted(f"stopped; the answers so far are kept, go on by: hpsearch train {answers} --ask")
        raise Interrupted("stopped before anything was written")

    with answering_signals(end):
        yield


def train_again(folder: "SweepFolder", epochs: int, *, as_json_text: bool, quiet: bool) -> None:
    """Train what was interrupted, and end the process accordingly."""
    from hpsearch.training import resume_training

    with ending_at_signals(folder.path):
        trained = resume_training(folder, Following(epochs, quiet=quiet).watch())
    finish_training(trained, as_json_text=as_json_text)


def finish_training(trained: "Trained", *, as_json_text: bool) -> None:
    """Show how a training ended, and end the process accordingly."""
    result = trained.outcome.result
    typer.echo(as_json(_content(trained)) if as_json_text else "\n".join(_text(trained)))
    if result.status is Status.GATE_FAILED:
        raise typer.Exit(ExitCode.GATE_FAILED)
    if result.status is not Status.COMPLETED:
        raise typer.Exit(ExitCode.FAILED)


def _content(trained: "Trained") -> dict[str, Any]:
    from dataclasses import asdict

    result = trained.outcome.result
    return {
        "path": str(trained.path),
        "status": result.status.value,
        "scores": dict(result.scores),
        "best_epoch": result.best_epoch,
        "epochs_run": len(result.epochs),
        "error": result.error,
        "test": None if trained.look is None else asdict(trained.look),
    }


def _text(trained: "Trained") -> Iterator[str]:
    result = trained.outcome.result
    epochs = counted(len(result.epochs), "epoch")
    if result.status is not Status.COMPLETED:
        yield f"{trained.path}: {result.status.replace('_', ' ')} after {epochs}"
        yield f"  {result.error}"
        return
    yield f"{trained.path}: completed after {epochs}, with the weights of epoch {result.best_epoch}"
    yield from aligned(result.scores)
    if trained.look is not None:
        yield from look_at_test_rows(trained.look)
    yield f"Written to {trained.path / 'best'}: config.yaml, model.npz"
