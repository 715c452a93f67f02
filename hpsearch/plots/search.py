"""Figures of the search: how the score came down, trial by trial and epoch by epoch."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hpsearch.analysis import best_so_far
from hpsearch.plots.style import (
    BLUE,
    GREY,
    MARKS,
    VERMILION,
    figure,
    nothing,
    score_axis,
    thinned,
    thinned_note,
    whole_ticks,
    worth_seeing,
)
from hpsearch.records import Status
from hpsearch.results import Results

OUTLIERS = 0.02  # of the scores may lie outside of the axis of learning curves
MOST_CURVES = 40  # of stopped trials
BANDS = ((0.1, 0.9, 0.15), (0.25, 0.75, 0.25))  # quantiles from and to, and how opaque


def history(results: Results) -> go.Figure:
    """The score of every trial in the order in which they were planned, and the best so far."""
    title, trials = "Optimisation history", results.trials
    if trials.empty:
        return nothing(title, "No trial has ended yet.")
    scored = trials[trials["status"].isin([Status.COMPLETED, Status.STOPPED])]
    shown = scored.iloc[thinned(len(scored))]
    made = figure(
        title,
        "Each mark is a trial; the line is the best so far. Stopped trials may lie outside; marks along the top are trials without a score.",
        thinned_note(len(shown), len(scored)),
    )
    for status in (Status.STOPPED, Status.COMPLETED):
        made.add_trace(_marks(shown[shown["status"] == status], results.metric, status))
    best = best_so_far(results)
    made.add_trace(
        go.Scatter(
            x=best.index, y=best, mode="lines", name="best so far", line={"shape": "hv", "color": VERMILION, "width": 2}
        )
    )
    _add_rug(made, trials)
    made.update_yaxes(**score_axis(results.metric, worth_seeing(shown, results.metric)))
    made.update_xaxes(title={"text": "trial"}, **whole_ticks(trials["trial"].max()))
    return made


def learning_curves(results: Results) -> go.Figure:
    """The score epoch by epoch: the best trial, quantiles of those that completed, and those that were stopped."""
    title, metric, best = "Learning curves", results.metric, results.best
    if results.epochs.empty:
        return nothing(title, "No trial has finished an epoch yet.")
    status = results.trials.set_index("trial")["status"]
    of_trial = results.epochs["trial"].map(status)
    completed = results.epochs[of_trial == Status.COMPLETED]
    stopped = results.epochs[of_trial == Status.STOPPED]
    numbers = stopped["trial"].unique()
    numbers = numbers[thinned(len(numbers), MOST_CURVES)]
    made = figure(
        title,
        "Bands hold the middle 80% and 50% of the completed trials at each epoch; thin lines are stopped trials. The very worst may lie outside.",
        thinned_note(len(numbers), int((status == Status.STOPPED).sum()), "stopped trials"),
    )
    made.add_trace(_curves(stopped[stopped["trial"].isin(numbers)], metric))
    _add_bands(made, completed, metric)
    if best is not None:
        number = int(best["trial"])
        own = results.epochs[results.epochs["trial"] == number]
        line = {"color": VERMILION, "width": 2.5}
        made.add_trace(go.Scatter(x=own["epoch"], y=own[metric], mode="lines", name=f"best, trial {number}", line=line))
    made.update_yaxes(**score_axis(metric, _worth_seeing(results, completed if len(completed) else stopped)))
    made.update_xaxes(title={"text": "epoch"}, tick0=1, **whole_ticks(results.epochs["epoch"].max()))
    return made


def _marks(trials: pd.DataFrame, metric: str, status: Status) -> go.Scatter:
    color, symbol = MARKS[status]
    return go.Scatter(
        x=trials["trial"],
        y=trials[metric],
        mode="markers",
        name=status.value,
        marker={"color": color, "symbol": symbol, "size": 6, "opacity": 0.75},
        hovertemplate="trial %{x}: %{y:.4g}<extra></extra>",
    )


def _add_rug(made: go.Figure, trials: pd.DataFrame) -> None:
    """Marks along the top for trials that have no score."""
    for status in (Status.DIVERGED, Status.GATE_FAILED, Status.FAILED):
        rows = trials[trials["status"] == status]
        rows = rows.iloc[thinned(len(rows))]
        if rows.empty:
            continue
        color, symbol = MARKS[status]
        made.add_trace(
            go.Scatter(
                x=rows["trial"],
                y=[0.985] * len(rows),
                yaxis="y2",
                mode="markers",
                name=status.value.replace("_", " "),
                marker={"color": color, "symbol": symbol, "size": 7},
                hovertemplate="trial %{x}<extra></extra>",
            )
        )
    made.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})


def _curves(epochs: pd.DataFrame, metric: str) -> go.Scatter:
    """Many curves as one trace, with a gap after each."""
    gap: dict[str, Any] = {"epoch": [None], metric: [None]}
    parts = [{"epoch": [*own["epoch"], None], metric: [*own[metric], None]} for _, own in epochs.groupby("trial")] or [
        gap
    ]
    return go.Scatter(
        x=[epoch for part in parts for epoch in part["epoch"]],
        y=[score for part in parts for score in part[metric]],
        mode="lines",
        name="stopped",
        line={"color": GREY, "width": 1},
        opacity=0.55,
        hoverinfo="skip",
    )


def _worth_seeing(results: Results, epochs: pd.DataFrame) -> pd.Series:
    """The scores that the axis is to hold: a few terrible ones may leave it."""
    scores = epochs[results.metric]
    low, high = (OUTLIERS, 1) if results.maximise else (0, 1 - OUTLIERS)
    return scores[scores.between(scores.quantile(low), scores.quantile(high))]


def _add_bands(made: go.Figure, completed: pd.DataFrame, metric: str) -> None:
    grouped = completed[np.isfinite(completed[metric])].groupby("epoch")[metric]
    for low, high, opacity in BANDS:
        bottom, top = grouped.quantile(low), grouped.quantile(high)
        made.add_trace(
            go.Scatter(
                x=[*bottom.index, *top.index[::-1]],
                y=[*bottom, *top[::-1]],
                fill="toself",
                mode="none",
                fillcolor=BLUE,
                opacity=opacity,
                name=f"{100 * (high - low):.0f}% of completed",
                hoverinfo="skip",
            )
        )
    median = grouped.median()
    made.add_trace(go.Scatter(x=median.index, y=median, mode="lines", name="median", line={"color": BLUE, "width": 2}))
