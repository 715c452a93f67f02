"""Figures of a sweep, for notebooks and for reports: each a Plotly figure made from `hpsearch.load(path)`."""

from hpsearch.plots.comparison import curves as comparison
from hpsearch.plots.execution import gate, statuses, timeline
from hpsearch.plots.regions import ordered_settings, zoom
from hpsearch.plots.search import history, learning_curves
from hpsearch.plots.settings import importance, parallel, setting

__all__ = [
    "comparison",
    "gate",
    "history",
    "importance",
    "learning_curves",
    "ordered_settings",
    "parallel",
    "setting",
    "statuses",
    "timeline",
    "zoom",
]
