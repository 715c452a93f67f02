"""Configs: the only place where YAML is read or written."""

from hpsearch.config.config import Config, Source, check_config, load_config
from hpsearch.config.models import Babysit, Known, Run, Search, nearest
from hpsearch.config.yaml_text import Document, dump

__all__ = [
    "Babysit",
    "Config",
    "Document",
    "Known",
    "Run",
    "Search",
    "Source",
    "check_config",
    "dump",
    "load_config",
    "nearest",
]
