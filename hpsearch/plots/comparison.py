"""The figure of a comparison: the curves of all sides, with intervals over their seeds."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from hpsearch.compare import Comparison, Side
from hpsearch.confirmation import Estimate
from hpsearch.plots.style import CATEGORIES, figure, plain, score_axis, thinned

MOST_POINTS = 400  # of a curve
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def curves(comparison: Comparison) -> go.Figure:
    """The mean of each side trial by trial or epoch by epoch, with its 95% interval over the seeds."""
    what = "The best so far" if comparison.along == "trial" else "Learning curves"
    made = figure(
        what, "Lines are means over seeds, bands their 95% intervals; a side with one seed has no band.", height=420
    )
    seen: list[float] = []
    for index, side in enumerate(comparison.sides):
        color, dash = CATEGORIES[index % len(CATEGORIES)], DASHES[index % len(DASHES)]
        at, means, widths = _mean_curve(side)
        start = 0 if comparison.along == "trial" else 1
        x = [start + each for each in at]
        seen += means
        if any(widths):
            low, high = np.subtract(means, widths), np.add(means, widths)
            band = go.Scatter(x=[*x, *x[::-1]], y=[*low, *high[::-1]], fill="toself", mode="none", fillcolor=color)
            made.add_trace(band.update(opacity=0.2, hoverinfo="skip", showlegend=False))
        line = {"color": color, "dash": dash, "width": 2}
        made.add_trace(go.Scatter(x=x, y=means, mode="lines", name=plain(side.name), line=line))
    made.update_yaxes(**score_axis(comparison.metric, seen))
    made.update_xaxes(title={"text": comparison.along})
    made.update_layout(showlegend=True)
    return made


def _mean_curve(side: Side) -> tuple[Sequence[int], list[float], list[float]]:
    """Where all members have a value: the positions, the means and the half widths of their intervals."""
    length = min((len(member.curve) for member in side.members), default=0)
    values = np.array([member.curve[:length] for member in side.members], float)
    whole = np.flatnonzero(np.isfinite(values).all(axis=0)) if length else np.zeros(0, int)
    at = whole[thinned(len(whole), MOST_POINTS)]
    if len(values) < 2:
        return at.tolist(), values[0, at].tolist() if length else [], [0.0] * len(at)
    estimates = [Estimate.of(column) for column in values[:, at].T.tolist()]
    return at.tolist(), [each.mean for each in estimates], [each.half_width for each in estimates]
