"""How Sphinx builds the site: `make docs`."""

import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from docs.reference import columns, commands, folder, names, settings, toctrees  # noqa: E402 - found by the line above
from hpsearch import __version__  # noqa: E402 - as above

project = "hpsearch"
copyright = "the authors of hpsearch"  # noqa: A001 - Sphinx's name
version = release = __version__
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/decisions/*.md", "benchmarks/results/*.md"]
exclude_patterns = [".*", "build", "results", "configs", "tests", "hpsearch", "trainer"]
html_theme = "furo"
html_title = f"hpsearch {release}"
html_extra_path = ["_root"]
myst_heading_anchors = 3

COMPLETED = {
    "docs/config": settings,
    "docs/commands": commands,
    "docs/parquet": columns,
    "docs/api": names,
    "docs/index": toctrees,
    "docs/decisions/index": folder,
    "benchmarks/results/README": folder,
}


def complete(app: Any, name: str, source: list[str]) -> None:
    """Put what the code says into the pages that have a place for it."""
    if name in COMPLETED:
        source[0] = COMPLETED[name](source[0])


def setup(app: Any) -> None:
    """Let Sphinx call us when it reads a page."""
    app.connect("source-read", complete)
