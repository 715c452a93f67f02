"""Samplers: one a file. To add one, write its file and list it here."""

from collections.abc import Mapping

from hpsearch.samplers.base import Ask, Cost, Point, Proposal, Sampler, Settings, UnitInterval
from hpsearch.samplers.boxes import Boxes
from hpsearch.samplers.grid import Grid
from hpsearch.samplers.optuna import CmaEs, Gp, Tpe
from hpsearch.samplers.random import Random
from hpsearch.samplers.sobol import Sobol
from hpsearch.samplers.zoom import Zoom

SAMPLERS: Mapping[str, type[Sampler]] = {
    sampler.kind: sampler for sampler in (Zoom, Boxes, Random, Sobol, Grid, Tpe, Gp, CmaEs)
}

__all__ = ["SAMPLERS", "Ask", "Cost", "Point", "Proposal", "Sampler", "Settings", "UnitInterval"]
