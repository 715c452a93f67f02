"""Engines: where trials run. Ray is imported only once an engine on Ray is asked for."""

from hpsearch.engine.base import Engine

__all__ = ["Engine"]
