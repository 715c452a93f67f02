"""How every figure looks: readable on white and on black, by the colour-blind, in print and on a phone."""

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from hpsearch.analysis import spread
from hpsearch.records import Status

BLUE, VERMILION, GREEN, PINK, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
"""Of M. Okabe and K. Ito 2008, "Color Universal Design": those that stand out on white and on black."""
OCHRE, GREY = "#B8860B", "#8A8F98"
CATEGORIES = (BLUE, VERMILION, GREEN, PINK, OCHRE, SKY, GREY)
"""Colours of things to be told apart."""
INK, GRID = "#767676", "rgba(128,128,128,0.25)"
SEQUENCE = [SKY, PINK, VERMILION]
"""From early to late."""
MARKS: Mapping[Status, tuple[str, str]] = {
    Status.COMPLETED: (BLUE, "circle"),
    Status.STOPPED: (GREY, "triangle-down"),
    Status.DIVERGED: (VERMILION, "x"),
    Status.GATE_FAILED: (PINK, "diamond"),
    Status.FAILED: (OCHRE, "square"),
}
"""Colour and symbol of each way to end: either tells them apart."""

MOST_MARKS = 2000  # in one figure: more are slow to draw and hide one another
LONGEST = 14  # characters of a mark on an axis
FEW = 20  # up to here the ticks of what is counted are placed by us
WIDE = 20.0  # positive scores that spread over more than this factor are drawn on a logarithmic axis


def figure(title: str, caption: str, note: str = "", *, height: int = 380, **layout: Any) -> go.Figure:
    """An empty figure with the common look; `caption` says how to read it, `note` what was left out.

    Both are in `layout.meta`, from where a page takes them.
    """
    made = go.Figure()
    made.update_layout(
        template="none",
        title={"text": title, "x": 0, "xref": "paper", "font": {"size": 16}},
        meta={"caption": caption, "note": note},
        height=height,
        margin={"l": 60, "r": 16, "t": 64, "b": 52},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(CATEGORIES),
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        hovermode="closest",
    )
    made.update_layout(**layout)
    look = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True, "title": {"standoff": 8}}
    made.update_xaxes(**look)
    made.update_yaxes(**look)
    return made


def nothing(title: str, sentence: str) -> go.Figure:
    """In place of a figure for which there is nothing to draw yet."""
    made = figure(title, sentence, height=120)
    made.add_annotation(text=sentence, showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False)
    return made


def plain(value: Any) -> str:
    """A value as text in a figure, in which no markup of it has any effect."""
    return escape(f"{value:.4g}" if isinstance(value, float) else str(value), quote=False)


def short(label: Any) -> str:
    """The same for a mark on an axis, where there is little room."""
    text = str(label)
    return plain(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def worth_seeing(trials: pd.DataFrame, metric: str) -> pd.Series:
    """The scores that an axis is to hold: of completed trials, if there are some; others may leave it."""
    completed = trials["status"] == Status.COMPLETED
    scores: pd.Series = trials[metric]
    return scores[completed] if completed.any() else scores


def score_axis(name: str, scores: Any) -> dict[str, Any]:
    """The axis that holds these scores: logarithmic where positive ones spread widely."""
    found = np.asarray(scores, float)
    found = found[np.isfinite(found)]
    titled = {"title": {"text": plain(name)}}
    if not len(found) or found.min() == found.max():
        return titled
    if found.min() <= 0 or found.max() <= WIDE * found.min():
        room = 0.05 * (found.max() - found.min())
        return titled | {"range": [found.min() - room, found.max() + room]}
    ends = math.log10(found.min()), math.log10(found.max())
    room = 0.05 * (ends[1] - ends[0])
    return titled | {"type": "log", "range": [ends[0] - room, ends[1] + room]} | log_ticks(*ends)


def log_ticks(low: float, high: float) -> dict[str, Any]:
    """Ticks between two powers of ten, in plain numbers: the powers, and 2 and 5 between them where there are few."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    steps = (1, 2, 5) if high - low < 2 else (1,)
    found = [step * 10.0**decade for decade in decades[:: 1 + len(decades) // 8] for step in steps]
    return {"tickvals": found, "ticktext": [f"{tick:g}" for tick in found]}


def whole_ticks(most: float) -> dict[str, Any]:
    """Ticks of what is counted: none between two whole numbers."""
    return {"dtick": max(1, round(most / 6))} if most <= FEW else {}


def thinned(count: int, most: int = MOST_MARKS) -> npt.NDArray[np.intp]:
    """Positions of those of `count` things that are drawn: evenly spread, the first and the last included."""
    return spread(count, most)


def thinned_note(shown: int, count: int, what: str = "trials") -> str:
    """What a figure says if it does not show everything."""
    return "" if shown >= count else f"{shown:,} of {count:,} {what} are drawn, evenly picked."
