"""Samplers: one a file. To add one, write its file and list it here."""

from collections.abc import Mapping

from hpsearch.samplers.base import Point, Proposal, Sampler, UnitInterval
from hpsearch.samplers.random import Random
from hpsearch.samplers.zoom import Zoom

SAMPLERS: Mapping[str, type[Sampler]] = {sampler.kind: sampler for sampler in (Zoom, Random)}

__all__ = ["SAMPLERS", "Point", "Proposal", "Sampler", "UnitInterval"]
