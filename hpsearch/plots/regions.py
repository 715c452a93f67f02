"""The figure of the zoom: the regions that the rounds searched."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from hpsearch.plots.axes import axis_of, having
from hpsearch.plots.style import SEQUENCE, figure, nothing, thinned, thinned_note, whole_ticks
from hpsearch.results import Results

MOST_BOXES = 12


def ordered_settings(results: Results, order: Sequence[str] = ()) -> list[str]:
    """The settings along which a region can be drawn, by title: those in `order` first, in that order."""
    titles = [
        title
        for title, setting in zip(results.space.titles, results.space.settings, strict=True)
        if setting.distribution.ordered
    ]
    return [title for title in order if title in titles] + [title for title in titles if title not in order]


def zoom(results: Results, first: str | None = None, second: str | None = None) -> go.Figure:
    """The regions that rounds searched over two settings, by title; the first two that have an order if none are named."""
    title, others = "The zoom, round by round", ordered_settings(results)
    first, second = (
        *filter(None, (first, second)),
        *(name for name in others if name not in (first, second)),
        None,
        None,
    )[:2]
    if first is None or second is None:
        return nothing(title, "It takes two settings that have an order to draw the regions that rounds searched.")
    regions = results.rounds[results.rounds["centre"].notna()]
    narrowed = regions["round"].unique()
    if not len(narrowed):
        return nothing(title, "No round has searched a narrower region than the whole space yet.")
    shown = narrowed[thinned(len(narrowed), MOST_BOXES)]
    where = [results.space.titles.index(name) for name in (first, second)]
    settings = [results.space.settings[place] for place in where]
    columns = [f"param_{results.space.names[setting.path]}" for setting in settings]
    trials = having(results, having(results, results.trials, where[0]), where[1])
    marks = trials.iloc[thinned(len(trials))]
    notes = [thinned_note(len(shown), len(narrowed), "narrowed rounds"), thinned_note(len(marks), len(trials))]
    made = figure(
        title,
        "Each box is the region around the leaders from which a round drew most of its trials; each mark is a trial. "
        "Those of whole numbers and members are spread around their place.",
        " ".join(filter(None, notes)),
        height=460,
    )
    latest = max(1, int(results.rounds["round"].max()))
    axes = [axis_of(name, setting.distribution) for name, setting in zip((first, second), settings, strict=True)]
    places = [axis.positions(marks[column].tolist()) for axis, column in zip(axes, columns, strict=True)]
    made.add_trace(_marks(marks, places, latest))
    for number in shown:
        region = regions[regions["round"] == number].set_index("setting")
        if {first, second} <= set(region.index):
            across, upwards = (
                [axis.place(region.loc[name, end]) for end in ("low", "high")]
                for axis, name in zip(axes, (first, second), strict=True)
            )
            made.add_trace(_box(across, upwards, int(number), latest))
    made.update_layout(xaxis=axes[0].layout, yaxis=axes[1].layout, showlegend=False)
    return made


def _marks(trials: pd.DataFrame, places: Sequence[Sequence[float]], latest: int) -> go.Scatter:
    return go.Scatter(
        x=places[0],
        y=places[1],
        mode="markers",
        customdata=np.stack([trials["trial"], trials["round"]], axis=1),
        hovertemplate="trial %{customdata[0]}, round %{customdata[1]}<extra></extra>",
        marker={
            "color": trials["round"],
            "cmin": 0,
            "cmax": latest,
            "colorscale": SEQUENCE,
            "size": 6,
            "opacity": 0.8,
            "colorbar": {"title": {"text": "round"}, "thickness": 10, "outlinewidth": 0} | whole_ticks(latest),
        },
    )


def _box(across: Sequence[float], upwards: Sequence[float], number: int, latest: int) -> go.Scatter:
    (left, right), (bottom, top) = across, upwards
    [color] = sample_colorscale(SEQUENCE, [number / latest])
    return go.Scatter(
        x=[left, right, right, left, left],
        y=[bottom, bottom, top, top, bottom],
        mode="lines",
        line={"color": color, "width": 2},
        hoverinfo="text",
        text=f"round {number}",
    )
