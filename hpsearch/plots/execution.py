"""Figures of the work itself: the gate, how trials ended, and who ran them when."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hpsearch.plots.style import (
    BLUE,
    GREEN,
    MARKS,
    OCHRE,
    VERMILION,
    figure,
    nothing,
    plain,
    thinned,
    thinned_note,
    whole_ticks,
)
from hpsearch.records import Status
from hpsearch.results import Results

SMALLEST = 1e-16  # below double precision: an error of 0 is drawn here
LARGEST = 1.0  # of ‖g − ĝ‖ / (‖g‖ + ‖ĝ‖); an error that is no number is drawn here
RIGHT = 1e-7  # errors below are right by every reading of the literature; see docs/gradient-check.md
MOST_FAILURES = 500  # failed checks that are drawn one by one
MOST_BARS = 40  # groups of rounds


def gate(results: Results) -> go.Figure:
    """The errors of all gradient checks, tensor by tensor, against the bands by which they are judged."""
    title, rows = "The gate", results.gradchecks
    if rows.empty:
        return nothing(title, "No network has been checked yet.")
    tolerance = results.config.run.gradcheck.tolerance
    errors = rows.assign(error=rows["error"].fillna(LARGEST).clip(SMALLEST, LARGEST))
    found = errors.groupby("tensor")["error"].agg(["min", "median", "max"])
    found = found.loc[sorted(found.index, key=_by_layer, reverse=True)]
    failed = errors[~errors["passed"]]
    shown = failed.iloc[thinned(len(failed), MOST_FAILURES)]
    made = figure(
        title,
        "Relative errors of the gradient checks of every trial: each line reaches from the smallest to the largest of a "
        f"tensor, the dot is the median. Below {RIGHT:g} a gradient is right; above {tolerance:g} the trial is not trained, "
        "unless rounding explains it.",
        thinned_note(len(shown), len(failed), "failed checks"),
        height=130 + 24 * len(found),
        showlegend=bool(len(failed)),
    )
    _add_ranges(made, found)
    if len(shown):
        made.add_trace(_failed(shown))
    largest = min(3 * LARGEST, max(10 * tolerance, 3 * float(errors["error"].max())))
    for low, high, color in ((SMALLEST / 3, RIGHT, GREEN), (RIGHT, tolerance, OCHRE), (tolerance, largest, VERMILION)):
        if low < high:
            made.add_vrect(x0=low, x1=high, fillcolor=color, opacity=0.1, line_width=0)
    ends = np.log10([SMALLEST / 3, largest]).tolist()
    made.update_xaxes(type="log", title={"text": "relative error"}, range=ends, dtick=3, exponentformat="power")
    names = [plain(name) for name in found.index]
    made.update_yaxes(showgrid=False, type="category", categoryorder="array", categoryarray=names)
    return made


def _add_ranges(made: go.Figure, found: pd.DataFrame) -> None:
    """The smallest, median and largest error of each tensor."""
    names = [plain(name) for name in found.index]
    ends = [value for low, high in zip(found["min"], found["max"], strict=True) for value in (low, high, None)]
    lines = go.Scatter(x=ends, y=np.repeat(names, 3), mode="lines", line={"color": BLUE, "width": 3})
    made.add_trace(lines.update(hoverinfo="skip", showlegend=False))
    dots = go.Scatter(x=found["median"], y=names, mode="markers", marker={"color": BLUE, "size": 9}, name="median")
    made.add_trace(dots.update(hovertemplate="%{y}: median %{x:.2g}<extra></extra>"))


def _failed(checks: pd.DataFrame) -> go.Scatter:
    color, symbol = MARKS[Status.GATE_FAILED]
    return go.Scatter(
        x=checks["error"],
        y=[plain(name) for name in checks["tensor"]],
        mode="markers",
        name="failed",
        marker={"color": color, "symbol": symbol, "size": 10},
        customdata=checks["trial"],
        hovertemplate="trial %{customdata}: %{x:.2g}<extra></extra>",
    )


def statuses(results: Results) -> go.Figure:
    """How trials ended, round by round."""
    title, trials = "How trials ended", results.trials
    if trials.empty:
        return nothing(title, "No trial has ended yet.")
    rounds = int(trials["round"].max()) + 1
    width = -(-rounds // MOST_BARS)
    counts = pd.crosstab(trials["round"] // width, trials["status"])
    made = figure(
        title,
        "The trials of each round" + (f", {width} rounds to a bar." if width > 1 else "."),
        barmode="stack",
        height=300,
    )
    for status in MARKS:
        if status in counts:
            made.add_trace(
                go.Bar(
                    x=counts.index * width,
                    y=counts[status],
                    name=status.value.replace("_", " "),
                    marker={"color": MARKS[status][0]},
                    width=0.8 * width,
                    hovertemplate="%{y} from round %{x} on<extra></extra>"
                    if width > 1
                    else "%{y} of round %{x}<extra></extra>",
                )
            )
    made.update_xaxes(title={"text": "round"}, **whole_ticks(rounds))
    made.update_yaxes(title={"text": "trials"})
    return made


def timeline(results: Results) -> go.Figure:
    """Which worker trained which trial when."""
    title = "Timeline of the workers"
    trials = results.trials.dropna(subset=["started_at", "duration_s"])
    if trials.empty:
        return nothing(title, "No trial has ended yet.")
    shown = trials.sort_values("started_at").iloc[thinned(len(trials))]
    workers = sorted(trials["worker"].unique(), key=_by_layer)
    made = figure(
        title,
        "Each bar is a trial. Trials that one worker trained side by side begin together, and each bar is its share of the time.",
        thinned_note(len(shown), len(trials)),
        height=140 + min(600, 26 * len(workers)),
        barmode="overlay",
    )
    for status in MARKS:
        rows = shown[shown["status"] == status]
        if rows.empty:
            continue
        made.add_trace(
            go.Bar(
                base=rows["started_at"].dt.strftime("%Y-%m-%d %H:%M:%S.%f"),
                x=rows["duration_s"] * 1000,
                y=[plain(worker) for worker in rows["worker"]],
                orientation="h",
                name=status.value.replace("_", " "),
                marker={"color": MARKS[status][0], "line": {"width": 0}},
                opacity=0.8,
                customdata=np.stack([rows["trial"], rows["duration_s"].round(3)], axis=1),
                hovertemplate="trial %{customdata[0]:.0f}: %{customdata[1]} s<extra></extra>",
            )
        )
    made.update_xaxes(type="date", title={"text": "UTC"})
    made.update_yaxes(
        type="category", categoryorder="array", categoryarray=[plain(each) for each in workers], showgrid=False
    )
    return made


def _by_layer(name: str) -> tuple[tuple[int, str], ...]:
    """So that dense_10 comes after dense_9."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in name.replace(".", "_").split("_"))
