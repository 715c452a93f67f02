"""Figures of the settings: each against the score, all together, and how much each matters."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hpsearch.analysis import Importance, points
from hpsearch.plots.axes import Axis, axis_of, having
from hpsearch.plots.style import (
    BLUE,
    GREY,
    MARKS,
    SKY,
    VERMILION,
    figure,
    nothing,
    plain,
    score_axis,
    short,
    thinned,
    thinned_note,
    worth_seeing,
)
from hpsearch.records import Status
from hpsearch.results import Results
from hpsearch.space import Choice

MOST_LINES = 300  # of parallel coordinates
GROUPS = (("the middle", BLUE, 0.2, 0.8), ("worst fifth", GREY, 0.8, 1.0), ("best fifth", VERMILION, 0.0, 0.2))
"""Of the ranks, in the order in which they are drawn: name, colour, from and to."""
MOST_SHARES = 12  # settings and pairs in the figure of importance


def setting(results: Results, title: str) -> go.Figure:
    """The score against one setting, on the scale on which that was searched; `title` is one of `results.space.titles`."""
    place = results.space.titles.index(title)
    searched = results.space.settings[place]
    column = f"param_{results.space.names[searched.path]}"
    scored = results.trials[results.trials["status"].isin([Status.COMPLETED, Status.STOPPED])]
    trials = having(results, scored, place)
    if trials.empty:
        return nothing(plain(title), "No trial with this setting has a score yet.")
    shown, axis = trials.iloc[thinned(len(trials))], axis_of(title, searched.distribution)
    made = figure(plain(title), "", thinned_note(len(shown), len(trials)), height=280, showlegend=False)
    for status in (Status.STOPPED, Status.COMPLETED):
        made.add_trace(_marks(shown[shown["status"] == status], column, results.metric, axis, status))
    best = results.best
    if best is not None and best["trial"] in set(trials["trial"]):
        star = go.Scatter(x=[axis.place(best[column])], y=[best[results.metric]], mode="markers", name="best")
        marker = {"color": VERMILION, "symbol": "star", "size": 14}
        made.add_trace(star.update(hovertemplate=f"the best, trial {best['trial']}<extra></extra>", marker=marker))
    made.update_layout(
        xaxis={**axis.layout, "title": None}, yaxis=score_axis(results.metric, worth_seeing(shown, results.metric))
    )
    return made


def _marks(trials: pd.DataFrame, column: str, metric: str, axis: Axis, status: Status) -> go.Scatter:
    color, symbol = MARKS[status]
    numbered = zip(trials["trial"], trials[column], strict=True)
    return go.Scatter(
        x=axis.positions(trials[column].tolist()),
        y=trials[metric],
        mode="markers",
        name=status.value,
        customdata=np.array([[number, plain(value)] for number, value in numbered]),
        hovertemplate="trial %{customdata[0]}: %{customdata[1]}, %{y:.4g}<extra></extra>",
        marker={"color": color, "symbol": symbol, "size": 6, "opacity": 0.7},
    )


def parallel(results: Results) -> go.Figure:
    """All settings at once: a line a completed trial, coloured by its rank."""
    title, space = "Parallel coordinates", results.space
    completed = results.trials[results.trials["status"] == Status.COMPLETED]
    completed = completed.sort_values(results.metric, ascending=not results.maximise, kind="stable")
    if len(completed) < 2 or not space.settings:
        return nothing(title, "It takes two completed trials and a searched setting to draw this.")
    kept = thinned(len(completed), MOST_LINES)
    units = points(space, completed.iloc[kept])
    units = np.where(space.presence(units), units, np.nan)
    made = figure(
        title,
        "Each line is a completed trial; each setting stands on its own scale, low values at the bottom. "
        "A line is broken where a trial has no such setting.",
        thinned_note(len(kept), len(completed), "completed trials"),
        height=440,
    )
    places = np.arange(len(kept)) / len(kept)
    for name, color, low, high in GROUPS:
        lines = units[(places >= low) & (places < high)]
        made.add_trace(
            go.Scatter(
                x=np.tile([*range(len(space.settings)), np.nan], len(lines)),
                y=np.hstack([lines, np.full((len(lines), 1), np.nan)]).ravel(),
                mode="lines",
                name=name,
                line={"color": color, "width": 1},
                opacity=0.9 if low == 0 else 0.5,
                hoverinfo="skip",
            )
        )
    _label_axes(made, results)
    return made


def _label_axes(made: go.Figure, results: Results) -> None:
    """The name of each axis below, its ends or members beside it."""
    titles = [plain(title) for title in results.space.titles]
    made.update_xaxes(
        tickvals=list(range(len(titles))),
        ticktext=titles,
        range=[-0.3, len(titles) - 0.4],
        tickangle=-30 if len(titles) > 4 else 0,
    )
    made.update_yaxes(visible=False, range=[-0.08, 1.08])
    for index, searched in enumerate(results.space.settings):
        distribution = searched.distribution
        if isinstance(distribution, Choice):
            marks = [(distribution.to_unit(label), short(label)) for label in distribution.labels]
        else:
            ends = (distribution.from_unit(u) for u in (0.0, 1.0))
            marks = [(distribution.to_unit(end), plain(end)) for end in ends]
        for u, text in marks:
            shift = 0 if isinstance(distribution, Choice) else 11 if u > 0.5 else -11
            made.add_annotation(
                x=index,
                y=u,
                text=text,
                showarrow=False,
                yshift=shift,
                font={"size": 11},
                bgcolor="rgba(255,255,255,0.8)",
            )


def importance(found: Importance | None) -> go.Figure:
    """How much of the score's order each setting explains, alone and with others; `found` is from `analysis`."""
    title = "Importance of the settings"
    if found is None:
        return nothing(title, "There are too few trials with a score to say which settings matter.")
    rows = [*found.alone, *(pair for pair in found.pairs if pair.low > 0.01)][:MOST_SHARES][::-1]
    made = figure(
        title,
        "The share of the score's order over the whole space that a setting explains by itself, and that pairs (×) "
        "explain beyond that; the lines are 90% intervals over resampled trials.",
        f"From {found.trials:,} trials, by random forests; of trials that they had not seen they explain "
        f"{max(0, found.explained):.0%} of the order.",
        height=110 + 28 * len(rows),
        showlegend=False,
    )
    made.add_trace(
        go.Bar(
            x=[share.mean for share in rows],
            y=[plain(share.name) for share in rows],
            orientation="h",
            marker={"color": [SKY if "×" in share.name else BLUE for share in rows]},
            error_x={
                "type": "data",
                "array": [share.high - share.mean for share in rows],
                "arrayminus": [share.mean - share.low for share in rows],
                "color": GREY,
                "thickness": 1.5,
            },
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    )
    made.update_xaxes(tickformat=".0%", rangemode="tozero")
    made.update_yaxes(showgrid=False)
    return made
