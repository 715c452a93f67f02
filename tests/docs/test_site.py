"""`make docs` builds the site without a warning, and the reference is in it."""

import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from docs.reference.columns import types
from docs.reference.settings import values
from tests.processes.program import REPOSITORY


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "-c", "docs", ".", str(folder)]
    run = subprocess.run(build, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return folder


def test_the_site_has_the_reference_that_the_code_gave(site: Path) -> None:
    settings, tables = (unescape((site / "docs" / f"{name}.html").read_text()) for name in ("config", "parquet"))
    for key in values():
        assert f">{key}<" in settings or f">{key.rpartition('.')[0]}<" in settings
    for column in {name for table in types().values() for name in table}:
        assert f">{column}<" in tables
    assert (site / "index.html").is_file()
