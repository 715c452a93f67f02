"""A sweep's state as text or JSON, and what it means for the exit code."""

from typing import Any

import typer

from hpsearch import json_text
from hpsearch.cli import tables
from hpsearch.cli.exit_codes import ExitCode
from hpsearch.cli.saying import say
from hpsearch.errors import Interrupted
from hpsearch.records import Status
from hpsearch.summary import Summary
from hpsearch.words import counted


def finish(summary: Summary, on_failure: str, *, interrupted: bool, as_json: bool) -> None:
    """Show how a sweep ended and end the process accordingly."""
    if interrupted and summary.done < summary.planned:
        raise Interrupted(
            f"stopped with {summary.done} of {summary.planned} trials done; go on by: hpsearch resume {summary.path}"
        )
    show(summary, as_json=as_json)
    failed = summary.counts.get(Status.GATE_FAILED, 0)
    if summary.done < summary.planned and not (failed and on_failure == "abort"):
        tell = say if as_json else typer.echo
        tell(f"The time budget is used up; go on by: hpsearch resume {summary.path}")
    if failed and (failed == summary.done or on_failure == "abort"):
        raise typer.Exit(ExitCode.GATE_FAILED)
    if not summary.counts.get(Status.COMPLETED):
        raise typer.Exit(ExitCode.FAILED)


def show(summary: Summary, *, as_json: bool, running: bool = False) -> None:
    """Print a sweep's state."""
    typer.echo(json_text.as_json(_content(summary, running)) if as_json else _text(summary, running))


def _content(summary: Summary, running: bool) -> dict[str, Any]:
    return {
        "path": str(summary.path),
        "planned": summary.planned,
        "done": summary.done,
        "running": running,
        "counts": {status.value: count for status, count in summary.counts.items()},
        "metric": summary.metric,
        "best": summary.best,
        "widened": summary.widened,
        "edges": summary.edges,
    }


def _text(summary: Summary, running: bool) -> str:
    counts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(summary.counts.items()))
    state = "running" if running else "finished" if summary.done >= summary.planned else "not finished"
    lines = [
        f"{summary.path}: {state}, {summary.done:,} of {counted(summary.planned, 'trial')} done"
        + (f": {counts}" if counts else "")
    ]
    if summary.best:
        scores = {name: value for name, value in summary.best.items() if name.startswith(("val_", "train_"))}
        lines += [_best(summary, summary.best), *tables.aligned({**scores, **summary.settings}), *_ranges(summary)]
    if summary.done > summary.counts.get(Status.COMPLETED, 0):
        lines.append(f"Why trials did not complete: hpsearch trials {summary.path} --all")
    return "\n".join(lines)


def _best(summary: Summary, best: Any) -> str:
    if summary.repeats == 1:
        return f"Best trial: {best['trial']}"
    last = best["trial"] + summary.repeats - 1
    return f"Best configuration: {best['configuration']}, means over its trials {best['trial']} to {last}"


def _ranges(summary: Summary) -> list[str]:
    return [f"  {each[0].upper()}{each[1:]}." for each in (*summary.widened, *summary.edges)]
